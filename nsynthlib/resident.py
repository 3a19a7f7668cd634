"""Training notes, kept where the network is, and given out a batch at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
from torch import Tensor

from nsynthlib.augmentation import blend, hiss, vary
from nsynthlib.data import Note, labels_of, load_samples
from nsynthlib.errors import DataError
from nsynthlib.models import Condition
from nsynthlib.settings import Settings
from nsynthlib.spectral import LogMel


class Notes:
    """Training notes, resident on the device with their conditions.

    A GPU keeps their sound as int16 and makes pictures when a batch is taken, for next to nothing. A CPU would spend a
    fifth of its time on that, so it makes them once and keeps them in half precision (to 0.03 dB), in less memory.
    """

    def __init__(self, notes: Sequence[Note], device: torch.device, log_mel: LogMel) -> None:
        if not notes:
            raise DataError("there are no notes to learn from")
        samples = load_samples(notes)
        digest = hashlib.sha256("\n".join(n.name for n in notes).encode())
        digest.update(samples.numpy().tobytes())
        self.sha256 = digest.hexdigest()
        self.log_mel = log_mel
        labels = Condition(**labels_of(notes))
        self.condition = labels.to(device)
        self.pitch = labels.pitch
        self.by_pitch = self.pitch.argsort(stable=True)
        self.of_pitch = self.pitch.bincount(minlength=128)
        if device.type == "cpu":
            self.kept = torch.empty(len(notes), *log_mel.shape, dtype=torch.float16)
            for rows in torch.arange(len(notes)).split(64):
                self.kept[rows] = self._drawn(samples[rows]).half()
        else:
            self.kept = samples.to(device)

    def __len__(self) -> int:
        return len(self.kept)

    def batch(self, rows: Tensor) -> tuple[Tensor, Condition]:
        """Pictures in decibels ``[batch, n_mels, frames]``, float32, and conditions of the notes ``rows``."""
        rows = rows.to(self.kept.device)
        kept = self.kept[rows]
        pictures = kept.float() if kept.is_floating_point() else self._drawn(kept)
        return pictures, Condition(*(field[rows] for field in self.condition))

    def varied(self, rows: Tensor, settings: Settings, generator: torch.Generator) -> tuple[Tensor, Condition]:
        """:meth:`batch` with some pictures changed as if by other instruments, see :mod:`nsynthlib.augmentation`."""
        pictures, condition = self.batch(rows)
        chosen = some(len(rows), settings.blended, generator)
        if len(chosen):
            others, _ = self.batch(self._same_pitch(rows[chosen], generator))
            pictures[chosen] = blend(pictures[chosen], others, self.log_mel, generator)
        pictures = vary(pictures, condition.pitch, self.log_mel, settings.varied, generator)
        chosen = some(len(rows), settings.hissing, generator)
        if len(chosen):
            pictures[chosen] = hiss(pictures[chosen], self.log_mel, generator)
        return pictures, condition

    def _same_pitch(self, rows: Tensor, generator: torch.Generator) -> Tensor:
        """For each of ``rows`` any note of its pitch."""
        pitch = self.pitch[rows]
        first = self.of_pitch.cumsum(0) - self.of_pitch
        place = (torch.rand(len(rows), generator=generator) * self.of_pitch[pitch]).long()
        return self.by_pitch[first[pitch] + place]

    def _drawn(self, samples: Tensor) -> Tensor:
        with torch.autocast(samples.device.type, enabled=False):
            return self.log_mel.picture(samples.float() / 32768)


def some(count: int, share: float, generator: torch.Generator) -> Tensor:
    """About ``share`` of the places 0 to ``count`` - 1, by chance."""
    return (torch.rand(count, generator=generator) < share).nonzero()[:, 0]
