"""Training notes, kept where the network is, and given out a batch at a time.

They are drawn evenly: a set holds what its makers had most of, ten pianos for a flute, and one set is ten times as
large as another.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nsynthlib.audio.tuning import measure_tuning
from nsynthlib.data import Note, labels_of, load_samples
from nsynthlib.data.labels import FAMILIES
from nsynthlib.errors import DataError, UsageError
from nsynthlib.models.condition import Condition
from nsynthlib.spectral import LogMel
from nsynthlib.training.augmentation import Part, add_noise, augment, mix
from nsynthlib.training.settings import Settings
from nsynthlib.values import shown

GPU_SHARE = 0.6  # of a GPU's free memory that notes may fill: network, gradients and activations take the rest


class BatchSource:
    """Training notes, resident on the device with their conditions.

    A GPU keeps their sound as int16 and makes spectrograms when a batch is taken, for next to nothing. Where they would
    fill more than ``GPU_SHARE`` of its free memory, they stay in the computer's, and batches travel. A CPU would spend
    a fifth of its time on spectrograms, so it makes them once and keeps them in half precision (to 0.03 dB), in less
    memory.
    """

    def __init__(self, notes: Sequence[Note], device: torch.device, log_mel: LogMel) -> None:
        if not notes:
            raise DataError("there are no notes to learn from")
        samples = load_samples(notes)
        digest = hashlib.sha256("\n".join(n.name for n in notes).encode())
        digest.update(samples.view(-1).numpy().data)  # where it lies: a copy of all NSynth is 37 GB
        self.sha256 = digest.hexdigest()
        self.log_mel = log_mel
        labels = labels_of(notes)
        self.pitch, self.family = labels["pitch"], labels["family"]
        tuning = torch.cat([_tuning(samples[rows].to(device), self.pitch[rows]).cpu() for rows in _chunks(len(notes))])
        self.condition = Condition(self.pitch + tuning / 100, self.family, labels["velocity"]).to(device)
        self.weights = even_weights(notes)
        kind = self.pitch * len(FAMILIES) + self.family
        self.alike, self.of_kind = kind.argsort(stable=True), kind.bincount(minlength=128 * len(FAMILIES))
        if device.type == "cpu":
            self.kept = torch.empty(len(notes), *log_mel.shape, dtype=torch.float16)
            for rows in _chunks(len(notes)):
                self.kept[rows] = self._spectrograms(samples[rows]).half()
        else:
            fits = samples.nbytes <= GPU_SHARE * torch.cuda.mem_get_info(device)[0]
            self.kept = samples.to(device) if fits else samples

    def __len__(self) -> int:
        return len(self.kept)

    def batch(self, rows: Tensor) -> tuple[Tensor, Condition]:
        """Decibels ``[batch, n_mels, frames]``, float32, and conditions of the notes ``rows``."""
        device = self.condition.pitch.device
        kept = self.kept[rows.to(self.kept.device)].to(device)
        db = kept.float() if kept.is_floating_point() else self._spectrograms(kept)
        return db, Condition(*(field[rows.to(device)] for field in self.condition))

    def augmented_batch(
        self, rows: Tensor, settings: Settings, generator: torch.Generator, of: slice = slice(None)
    ) -> tuple[Tensor, Condition]:
        """:meth:`batch`, some of it changed as if by other instruments, see :mod:`nsynthlib.training.augmentation`.

        Args:
            of: the places in ``rows`` that are wanted; their notes come as they would with all the others.
        """
        part = Part(len(rows), torch.arange(len(rows))[of].contiguous())
        db, condition = self.batch(rows[of])
        chosen = random_subset(len(rows), settings.mix_prob, generator)
        if len(chosen):
            others, (places, mixed) = self._same_kind(rows[chosen], generator), part.of(chosen)
            db[places] = mix(db[places], self.batch(others[mixed.rows])[0], self.log_mel, generator, mixed)
        db = augment(db, condition.pitch.round().long(), self.log_mel, settings.augment_prob, generator, part)
        chosen = random_subset(len(rows), settings.noise_prob, generator)
        if len(chosen):
            places, noisy = part.of(chosen)
            db[places] = add_noise(db[places], self.log_mel, generator, noisy)
        return db, condition

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Rows of ``count`` notes, int64, drawn with replacement by ``weights``."""
        return torch.multinomial(self.weights, count, replacement=True, generator=generator)

    def _same_kind(self, rows: Tensor, generator: torch.Generator) -> Tensor:
        """For each of ``rows`` any note of its pitch and family."""
        kind = self.pitch[rows] * len(FAMILIES) + self.family[rows]
        first = self.of_kind.cumsum(0) - self.of_kind
        place = (torch.rand(len(rows), generator=generator) * self.of_kind[kind]).long()
        return self.alike[first[kind] + place]

    def _spectrograms(self, samples: Tensor) -> Tensor:
        """Decibels ``[n, n_mels, frames]`` of int16 ``[n, 64000]``."""
        with torch.autocast(samples.device.type, enabled=False):
            return self.log_mel(samples.float() / 32768)


def even_weights(notes: Sequence[Note]) -> Tensor:
    """How often each note is drawn, float64 ``[n]`` adding to 1.

    Families are drawn alike, the sets (folders) that hold a family alike, and the instruments of a set alike.
    """
    keys = [(note.family, note.path.parent if note.row is None else note.path, note.instrument) for note in notes]
    of_instrument = Counter(keys)  # notes
    of_set = Counter(key[:2] for key in of_instrument)  # instruments
    of_family = Counter(key[0] for key in of_set)  # sets
    each = [1 / (of_instrument[key] * of_set[key[:2]] * of_family[key[0]] * len(of_family)) for key in keys]
    return torch.tensor(each, dtype=torch.float64)


def draw_evenly(notes: Sequence[Note], count: int, seed: int = 0) -> list[Note]:
    """``count`` of the notes by :func:`even_weights`, each at most once, in the order they had."""
    weights = even_weights(notes).numpy()
    drawn = np.random.default_rng(seed).choice(len(notes), min(count, len(notes)), replace=False, p=weights)
    return [notes[i] for i in sorted(drawn)]


def _tuning(samples: Tensor, pitch: Tensor) -> Tensor:
    return measure_tuning(samples.float() / 32768, pitch)


def _chunks(count: int) -> tuple[Tensor, ...]:
    return torch.arange(count).split(64)


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
