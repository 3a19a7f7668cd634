"""One note: its labels, and where its sound is read from."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE, SAMPLES
from nsynthlib.audio.html import player_html
from nsynthlib.data import packing
from nsynthlib.data.audio import ConversionWarning, read_samples
from nsynthlib.errors import DataError

LABELS = ("name", "pitch", "velocity", "family", "source", "instrument")


@dataclass(frozen=True)
class Note:
    """One note: its labels, and where its sound is read from when asked.

    ``pitch`` is a MIDI number (0-127, 60 is middle C), ``velocity`` how hard the key was struck (0-127). ``path`` is
    the note's own file, or the packed file that holds it as ``row``.

    >>> note = pocket().filter(family="organ", pitch="C4")[0]
    >>> note.instrument, note.pitch, note.velocity
    ('organ_acoustic_019', 60, 75)
    >>> note.audio.shape, note.samples.dtype
    (torch.Size([64000]), dtype('int16'))
    """

    name: str
    pitch: int
    velocity: int
    family: str
    source: str
    instrument: str
    path: Path
    row: int | None = None

    def _repr_html_(self) -> str:
        """Its player, in a notebook."""
        about = f"{self.name}: {self.family.replace('_', ' ')}, MIDI {self.pitch}, velocity {self.velocity}"
        return player_html(self.audio.numpy(), SAMPLE_RATE, about)

    @property
    def audio(self) -> Tensor:
        """Samples, float32 ``[64000]`` in [-1, 1).

        Raises:
            DataError: if the file is missing, or is not mono at 16 kHz and four seconds long.
        """
        audio = self.samples.astype(np.float32)
        audio *= 1 / 32768  # in place: the second pass finds the samples still in the cache
        return torch.from_numpy(audio)

    @property
    def samples(self) -> np.ndarray:
        """Samples, int16 ``[64000]``; errors as for :attr:`audio`. Other widths are converted, with a warning, which
        also tells of floats that lay beyond full scale."""
        if self.row is not None:
            return packing.packed_samples(self.path)[self.row]
        samples, stored = read_samples(self.path)
        if stored:
            line = f"{self.path}: holds {stored.width} samples, read as 16-bit"
            line += f"; it reaches {stored.peak:.3g} times full scale and was clipped" if stored.clips else ""
            warnings.warn(line, ConversionWarning, stacklevel=2)
        return samples


def load_samples(notes: Sequence[Note]) -> Tensor:
    """All notes' sound, int16 ``[n, 64000]``.

    Raises DataError if any cannot be read, with the first one's fault and how many there are; none is left out.

    >>> load_samples(pocket()[:3]).shape
    torch.Size([3, 64000])
    """
    out = np.empty((len(notes), SAMPLES), dtype=np.int16)
    faults: list[DataError] = []
    for row, note in zip(out, notes, strict=True):
        try:
            row[:] = note.samples
        except DataError as fault:
            faults.append(fault)
    if len(faults) > 1:
        raise DataError(f"{faults[0]}; so are {len(faults) - 1} more: `nsynthlib data check` names them all")
    if faults:
        raise faults[0]
    return torch.from_numpy(out)
