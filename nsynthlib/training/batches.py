"""Training notes, kept where the network is, and given out a batch at a time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from nsynthlib.data import Note, labels_of, load_samples
from nsynthlib.errors import DataError, UsageError
from nsynthlib.models.condition import Condition
from nsynthlib.spectral import LogMel
from nsynthlib.training.augmentation import add_noise, augment, mix
from nsynthlib.training.settings import Settings
from nsynthlib.values import shown


class BatchSource:
    """Training notes, resident on the device with their conditions.

    A GPU keeps their sound as int16 and makes spectrograms when a batch is taken, for next to nothing. A CPU would
    spend a fifth of its time on that, so it makes them once and keeps them in half precision (to 0.03 dB), in less
    memory.
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
                self.kept[rows] = self._spectrograms(samples[rows]).half()
        else:
            self.kept = samples.to(device)

    def __len__(self) -> int:
        return len(self.kept)

    def batch(self, rows: Tensor) -> tuple[Tensor, Condition]:
        """Decibels ``[batch, n_mels, frames]``, float32, and conditions of the notes ``rows``."""
        rows = rows.to(self.kept.device)
        kept = self.kept[rows]
        db = kept.float() if kept.is_floating_point() else self._spectrograms(kept)
        return db, Condition(*(field[rows] for field in self.condition))

    def augmented_batch(self, rows: Tensor, settings: Settings, generator: torch.Generator) -> tuple[Tensor, Condition]:
        """:meth:`batch`, some of it changed as if by other instruments, see :mod:`nsynthlib.training.augmentation`."""
        db, condition = self.batch(rows)
        chosen = random_subset(len(rows), settings.mix_prob, generator)
        if len(chosen):
            others, _ = self.batch(self._same_pitch(rows[chosen], generator))
            db[chosen] = mix(db[chosen], others, self.log_mel, generator)
        db = augment(db, condition.pitch, self.log_mel, settings.augment_prob, generator)
        chosen = random_subset(len(rows), settings.noise_prob, generator)
        if len(chosen):
            db[chosen] = add_noise(db[chosen], self.log_mel, generator)
        return db, condition

    def _same_pitch(self, rows: Tensor, generator: torch.Generator) -> Tensor:
        """For each of ``rows`` any note of its pitch."""
        pitch = self.pitch[rows]
        first = self.of_pitch.cumsum(0) - self.of_pitch
        place = (torch.rand(len(rows), generator=generator) * self.of_pitch[pitch]).long()
        return self.by_pitch[first[pitch] + place]

    def _spectrograms(self, samples: Tensor) -> Tensor:
        """Decibels ``[n, n_mels, frames]`` of int16 ``[n, 64000]``."""
        with torch.autocast(samples.device.type, enabled=False):
            return self.log_mel(samples.float() / 32768)


def check_asked(notes: Any, run: str | os.PathLike[str]) -> Path:
    """``run`` as the path of a folder.

    Raises UsageError if it is a file, or ``notes`` are not those to learn from and those to check by; DataError if
    there are none of either.
    """
    if not isinstance(notes, (tuple, list)) or len(notes) != 2 or not all(isinstance(part, Sequence) for part in notes):
        raise UsageError(f"notes must be two sets, to learn from and to check by, as split() gives, not {shown(notes)}")
    for part, task in zip(notes, ("learn from", "check by"), strict=True):
        if not len(part):
            raise DataError(f"there are no notes to {task}")
    if not isinstance(run, (str, os.PathLike)):
        raise UsageError(f"run must be the path of a folder, not {shown(run)}")
    folder = Path(run)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a new folder for the run")
    return folder


def random_subset(count: int, probability: float, generator: torch.Generator) -> Tensor:
    """Of the places 0 to ``count`` - 1 each with ``probability``, int64 ``[chosen]``."""
    return (torch.rand(count, generator=generator) < probability).nonzero()[:, 0]
