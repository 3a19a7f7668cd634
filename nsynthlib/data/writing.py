"""A new set of notes in NSynth's layout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from nsynthlib.data.audio import write_wav
from nsynthlib.data.labels import index_entry, note_name
from nsynthlib.errors import UsageError
from nsynthlib.files import new_folder, write_json


@dataclass(frozen=True)
class NewNote:
    """A note that was made here and is to be written: its labels, its sound ``[64000]`` in [-1, 1], and what its entry
    tells beside NSynth's own fields.

    >>> import torch
    >>> note = NewNote("flute_synthetic_000", 0, pitch=72, velocity=100, audio=torch.zeros(64_000))
    >>> note.name
    'flute_synthetic_000-072-100'
    """

    instrument: str
    instrument_id: int
    pitch: int
    velocity: int
    audio: Tensor
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Of the note and its file, see :func:`~nsynthlib.data.note_name`."""
        return note_name(self.instrument, self.pitch, self.velocity)


def write_notes(folder: Path, notes: Iterable[NewNote]) -> int:
    """Write ``notes`` to a new ``folder`` in NSynth's layout and return how many; all of them appear, or none.

    Raises:
        UsageError: if ``folder`` exists already, or two notes have one name.

    >>> import torch
    >>> from pathlib import Path
    >>> tone = 0.5 * torch.sin(2 * torch.pi * 523.25 * torch.arange(64_000) / 16_000)
    >>> write_notes(Path("mine"), [NewNote("flute_synthetic_000", 0, 72, 100, tone)])
    1
    >>> NSynth("mine")[0].family
    'flute'
    """
    with new_folder(folder) as partial:
        return len(write_set(partial, notes))


def write_set(folder: Path, notes: Iterable[NewNote]) -> dict[str, dict[str, Any]]:
    """Write ``notes`` into ``folder``, which holds no set yet, and return the entries of its index by name."""
    (folder / "audio").mkdir()
    entries: dict[str, dict[str, Any]] = {}
    for note in notes:
        if note.name in entries:
            raise UsageError(f"two notes are named {note.name!r}")
        write_wav(folder / "audio" / f"{note.name}.wav", note.audio)
        entries[note.name] = index_entry(note.name, len(entries), note.instrument_id) | dict(note.more)
    entries = dict(sorted(entries.items()))
    write_json(folder / "examples.json", entries)
    return entries
