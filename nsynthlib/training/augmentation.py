"""Other instruments out of those there are: notes made louder, brighter, unsteady, noisy, or two at once.

A soundfont holds few instruments, a hundred against NSynth's thousand. What a room, a tone control, a player's hand,
another string or pipe would change is a sum in decibels, so it is added to the log-mel spectrogram. Pitch stays.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.audio.pitch import midi_to_hz
from nsynthlib.models.texture import reference_noise, rolled
from nsynthlib.spectral import LogMel, mel_corners

GAIN_MIN_DB, GAIN_MAX_DB = -6.0, 26.0  # NSynth's notes are about 18 dB louder than a soundfont's
EQ_COSINES, EQ_DB = 32, 5.0  # cosines over the bands; the k-th has a standard deviation of EQ_DB / k ** 0.75
PARTIALS, PARTIAL_DB = 64, 12.0  # partials with a gain of their own; its standard deviation is at most PARTIAL_DB
MISSING_DB = 20.0  # every second partial is weaker by as much, at most: a stopped pipe, a clarinet, a square wave
DECAY_DB = 12.0  # decibels a note's length, at most
TREMOLO_DB, TREMOLO_CYCLES = 1.5, 28  # tremolo: standard deviation of its depth, and most cycles in a note's length
NOISE_RANGE_DB = 45.0  # how far added noise may lie above the floor
NOISE_DB = 5.6  # standard deviation of any noise's bins
MIX_RANGE_DB = 24.0  # how far the quieter of two instruments may lie below the other


def augment(
    db: Tensor,
    pitch: Tensor,
    log_mel: LogMel,
    probability: float,
    generator: torch.Generator,
    part: Part | None = None,
) -> Tensor:
    """Spectrograms ``[batch, bands, frames]`` in [floor_db, 0], each changed with ``probability``; silence stays so.

    Args:
        pitch: MIDI numbers of the notes, int64 ``[batch]``.
        generator: on the CPU, whatever the spectrograms' device, so that a seed gives the same changes everywhere.
        part: of a larger batch, where these are not all of its notes: each changes as it would among all.
    """
    random = BatchRandom(part or Part.whole(len(db)), generator)
    chosen = random.bernoulli(probability)
    tone = GAIN_MIN_DB + (GAIN_MAX_DB - GAIN_MIN_DB) * random.uniform(1) + _equaliser(random, db.shape[1])
    over_bands = tone.to(db) + _interpolate(_partial_gains(random).to(db), _partial_orders(log_mel, db.device)[pitch])
    change = over_bands[:, :, None] + _envelope(random, db.shape[2]).to(db)[:, None]
    floor = log_mel.floor_db
    return torch.where((db > floor) & (chosen > 0).to(db.device)[:, :, None], (db + change).clamp(floor, 0.0), db)


def mix(db: Tensor, others: Tensor, log_mel: LogMel, generator: torch.Generator, part: Part | None = None) -> Tensor:
    """Each of ``db`` together with one of ``others``, of the same shape and pitch, whose peak lies 0 to 24 dB below.

    Powers add, as those of two instruments do; where both are silent the sum is. ``part`` as in :func:`augment`.
    """
    below = -MIX_RANGE_DB * BatchRandom(part or Part.whole(len(db)), generator).uniform(1, 1).to(db)
    level = db.amax((1, 2), keepdim=True) - others.amax((1, 2), keepdim=True) + below
    floor = log_mel.floor_db
    both = _power_sum(db, others + level).clamp(floor, 0.0)
    return torch.where((db > floor) | (others > floor), both, db)


def add_noise(db: Tensor, log_mel: LogMel, generator: torch.Generator, part: Part | None = None) -> Tensor:
    """Each of ``db`` with the steady noise of a recording, of any colour, below or above what is silent in it.

    Soundfonts are silent between their partials, microphones are not. ``part`` as in :func:`augment`.
    """
    random = BatchRandom(part or Part.whole(len(db)), generator)
    level = log_mel.floor_db + NOISE_RANGE_DB * random.uniform(1) + _equaliser(random, db.shape[1])
    seeds = random.integers(db.shape[2])
    steady = level.to(db)[:, :, None] + NOISE_DB * rolled(reference_noise(log_mel).to(db), seeds.to(db.device))
    return _power_sum(db, steady).clamp(log_mel.floor_db, 0.0)


class Part(NamedTuple):
    """Which notes of a batch one process has: their places, int64 ``[notes]`` in rising order, of ``batch`` notes."""

    batch: int
    rows: Tensor

    @classmethod
    def whole(cls, batch: int) -> Part:
        return cls(batch, torch.arange(batch))

    def of(self, chosen: Tensor) -> tuple[Tensor, Part]:
        """Of a batch's notes ``chosen``, places in rising order: where they are among this part's, and which are."""
        (inside,) = torch.isin(chosen, self.rows).nonzero(as_tuple=True)
        return torch.searchsorted(self.rows, chosen[inside]), Part(len(chosen), inside)


class BatchRandom:
    """Random numbers for the notes of a part, ``[notes, ...]``: drawn for the whole batch, so that no note's depend on
    which others are in its part."""

    def __init__(self, part: Part, generator: torch.Generator) -> None:
        self.part, self.generator = part, generator

    def uniform(self, *shape: int) -> Tensor:
        return torch.rand(self.part.batch, *shape, generator=self.generator)[self.part.rows]

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(self.part.batch, *shape, generator=self.generator)[self.part.rows]

    def integers(self, below: int) -> Tensor:
        """From 0 to ``below`` - 1, int64 ``[notes]``."""
        return torch.randint(below, (self.part.batch,), generator=self.generator)[self.part.rows]

    def bernoulli(self, probability: float) -> Tensor:
        """1 with ``probability`` for each note, 0 for the others, ``[notes, 1]``."""
        return (self.uniform(1) < probability).float()


def _power_sum(one: Tensor, other: Tensor) -> Tensor:
    """Decibels of two sounds together that have nothing to do with each other."""
    nats = math.log(10) / 10
    return torch.logaddexp(one * nats, other * nats) / nats


def _equaliser(random: BatchRandom, bands: int) -> Tensor:
    """Another body or room: decibels ``[batch, bands]``, smooth over the bands."""
    order = torch.arange(1.0, EQ_COSINES + 1)
    cosines = torch.cos(order[:, None] * torch.linspace(0, math.pi, bands))
    return EQ_DB * (random.normal(EQ_COSINES) / order**0.75) @ cosines


def _partial_gains(random: BatchRandom) -> Tensor:
    """Another string, reed or pipe: decibels ``[batch, 1 + PARTIALS]`` of each partial, the 0th below the first."""
    gains = PARTIAL_DB * random.uniform(1) * random.normal(1 + PARTIALS)
    second = (torch.arange(1 + PARTIALS) % 2 == (random.uniform(1) < 0.5)).float()
    second[:, 1] = 0.0
    return (gains - MISSING_DB * random.uniform(1) * random.bernoulli(0.3) * second) * random.bernoulli(0.75)


def _envelope(random: BatchRandom, frames: int) -> Tensor:
    """Another decay, and tremolo: decibels ``[batch, frames]``."""
    time = torch.linspace(0, 1, frames)
    decay = -DECAY_DB * random.uniform(1) * random.bernoulli(0.5) * time
    phase = 2 * math.pi * (TREMOLO_CYCLES * random.uniform(1) * time + random.uniform(1))
    return decay + TREMOLO_DB * random.normal(1) * random.bernoulli(0.3) * phase.sin()


def _interpolate(gains: Tensor, order: Tensor) -> Tensor:
    """``gains`` ``[batch, 1 + PARTIALS]`` at orders ``[batch, bands]``, on straight lines from partial to partial."""
    lower = order.long().clamp_max(PARTIALS - 1)
    return torch.lerp(gains.gather(1, lower), gains.gather(1, lower + 1), order - lower)


@lru_cache(maxsize=4)
def _partial_orders(log_mel: LogMel, device: torch.device) -> Tensor:
    """Which partial of each pitch every band is nearest to, ``[128, n_mels]``: its frequency over the fundamental's."""
    hz = mel_corners(log_mel.n_mels, 0.0, SAMPLE_RATE / 2, log_mel.mel_scale)[1:-1]
    fundamental = np.array([midi_to_hz(pitch) for pitch in range(128)])
    table = np.minimum(hz / fundamental[:, None], PARTIALS)
    return torch.from_numpy(table.astype(np.float32)).to(device)
