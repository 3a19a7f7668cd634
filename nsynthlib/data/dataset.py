"""Notes as PyTorch takes them."""

from __future__ import annotations

from typing import Any

from torch.utils.data import Dataset

from nsynthlib.data.labels import FAMILIES
from nsynthlib.data.sets import NSynth


class NoteDataset(Dataset[dict[str, Any]]):
    """A map-style data set for ``torch.utils.data.DataLoader``, with any number of workers.

    An item is a dictionary: ``audio`` float32 ``[64000]`` in [-1, 1), ``pitch``, ``velocity`` and ``family`` (index
    into ``FAMILIES``) as integers, ``name``. A note that cannot be read raises DataError; none is skipped.

    >>> from torch.utils.data import DataLoader
    >>> batch = next(iter(DataLoader(NoteDataset(pocket()), batch_size=4)))
    >>> batch["audio"].shape, batch["pitch"].shape
    (torch.Size([4, 64000]), torch.Size([4]))
    """

    def __init__(self, notes: NSynth) -> None:
        self.notes = notes

    def __len__(self) -> int:
        return len(self.notes)

    def __getitem__(self, i: int) -> dict[str, Any]:
        note = self.notes[i]
        return {
            "audio": note.audio,
            "pitch": note.pitch,
            "velocity": note.velocity,
            "family": FAMILIES.index(note.family),
            "name": note.name,
        }
