"""Other instruments out of those there are: pictures of notes made louder, brighter, unsteady, noisy, or two at once.

A soundfont holds few instruments, a hundred against NSynth's thousand. What a room, a tone control, a player's hand,
another string or pipe would change is a sum in decibels, so it is added to the picture, at little cost. Pitch stays.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from nsynthlib.pitch import midi_to_hz
from nsynthlib.spectral import SAMPLE_RATE, LogMel, mel_corners
from nsynthlib.texture import noise, turned

QUIETER, LOUDER = -6.0, 26.0  # decibels: NSynth's notes are about 18 dB louder than a soundfont's
COLOURS, COLOUR_DB = 32, 5.0  # cosines over the bands; the k-th has a standard deviation of COLOUR_DB / k ** 0.75
PARTIALS, PARTIAL_DB = 64, 12.0  # partials with a gain of their own; its standard deviation is at most PARTIAL_DB
MISSING_DB = 20.0  # every second partial is weaker by as much, at most: a stopped pipe, a clarinet, a square wave
DECAY_DB = 12.0  # decibels a note's length, at most
WAVER_DB, WAVER_CYCLES = 1.5, 28  # tremolo: standard deviation of its depth, and most cycles in a note's length
HISS_DB, NOISE_DB = 45.0, 5.6  # how far hiss may lie above the floor; standard deviation of any noise's bins
BELOW_DB = 24.0  # how far the quieter of two instruments may lie below the other


def vary(db: Tensor, pitch: Tensor, log_mel: LogMel, share: float, generator: torch.Generator) -> Tensor:
    """Pictures ``[batch, bands, frames]`` in [floor_db, 0], about ``share`` of them changed; silence stays silent.

    Args:
        pitch: MIDI numbers of the notes, int64 ``[batch]``.
        generator: on the CPU, whatever the pictures' device, so that a seed gives the same changes everywhere.
    """
    chance = Chance(len(db), generator)
    chosen = chance.often(share)
    tone = QUIETER + (LOUDER - QUIETER) * chance.uniform(1) + _colour(chance, db.shape[1])
    over_bands = tone.to(db) + _between(_partials(chance).to(db), _orders(log_mel, db.device)[pitch])
    change = over_bands[:, :, None] + _course(chance, db.shape[2]).to(db)[:, None]
    floor = log_mel.floor_db
    return torch.where((db > floor) & (chosen > 0).to(db.device)[:, :, None], (db + change).clamp(floor, 0.0), db)


def blend(db: Tensor, others: Tensor, log_mel: LogMel, generator: torch.Generator) -> Tensor:
    """Each of ``db`` together with one of ``others``, of the same shape and pitch, whose peak lies 0 to 24 dB below.

    Powers add, as those of two instruments do; where both are silent the sum is.
    """
    below = -BELOW_DB * Chance(len(db), generator).uniform(1, 1).to(db)
    level = db.amax((1, 2), keepdim=True) - others.amax((1, 2), keepdim=True) + below
    floor = log_mel.floor_db
    both = _power_sum(db, others + level).clamp(floor, 0.0)
    return torch.where((db > floor) | (others > floor), both, db)


def hiss(db: Tensor, log_mel: LogMel, generator: torch.Generator) -> Tensor:
    """Each of ``db`` with the steady noise of a recording, of any colour, below or above what is silent in it.

    Soundfonts are silent between their partials, microphones are not.
    """
    chance = Chance(len(db), generator)
    level = log_mel.floor_db + HISS_DB * chance.uniform(1) + _colour(chance, db.shape[1])
    seeds = torch.randint(db.shape[2], (len(db),), generator=generator)
    steady = level.to(db)[:, :, None] + NOISE_DB * turned(noise(log_mel).to(db), seeds.to(db.device))
    return _power_sum(db, steady).clamp(log_mel.floor_db, 0.0)


class Chance:
    """Random numbers for a batch of notes, ``[batch, ...]``."""

    def __init__(self, batch: int, generator: torch.Generator) -> None:
        self.batch, self.generator = batch, generator

    def uniform(self, *shape: int) -> Tensor:
        return torch.rand(self.batch, *shape, generator=self.generator)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(self.batch, *shape, generator=self.generator)

    def often(self, share: float) -> Tensor:
        """1 for about ``share`` of the notes, 0 for the others, ``[batch, 1]``."""
        return (self.uniform(1) < share).float()


def _power_sum(one: Tensor, other: Tensor) -> Tensor:
    """Decibels of two sounds together that have nothing to do with each other."""
    nats = math.log(10) / 10
    return torch.logaddexp(one * nats, other * nats) / nats


def _colour(chance: Chance, bands: int) -> Tensor:
    """Another body or room: decibels ``[batch, bands]``, smooth over the bands."""
    order = torch.arange(1.0, COLOURS + 1)
    cosines = torch.cos(order[:, None] * torch.linspace(0, math.pi, bands))
    return COLOUR_DB * (chance.normal(COLOURS) / order**0.75) @ cosines


def _partials(chance: Chance) -> Tensor:
    """Another string, reed or pipe: decibels ``[batch, 1 + PARTIALS]`` of each partial, the 0th below the first."""
    gains = PARTIAL_DB * chance.uniform(1) * chance.normal(1 + PARTIALS)
    second = (torch.arange(1 + PARTIALS) % 2 == (chance.uniform(1) < 0.5)).float()
    second[:, 1] = 0.0
    return (gains - MISSING_DB * chance.uniform(1) * chance.often(0.3) * second) * chance.often(0.75)


def _course(chance: Chance, frames: int) -> Tensor:
    """Another decay, and tremolo: decibels ``[batch, frames]``."""
    time = torch.linspace(0, 1, frames)
    decay = -DECAY_DB * chance.uniform(1) * chance.often(0.5) * time
    phase = 2 * math.pi * (WAVER_CYCLES * chance.uniform(1) * time + chance.uniform(1))
    return decay + WAVER_DB * chance.normal(1) * chance.often(0.3) * phase.sin()


def _between(gains: Tensor, order: Tensor) -> Tensor:
    """``gains`` ``[batch, 1 + PARTIALS]`` at orders ``[batch, bands]``, on straight lines from partial to partial."""
    lower = order.long().clamp_max(PARTIALS - 1)
    return torch.lerp(gains.gather(1, lower), gains.gather(1, lower + 1), order - lower)


@lru_cache(maxsize=4)
def _orders(log_mel: LogMel, device: torch.device) -> Tensor:
    """Which partial of each pitch every band is nearest to, ``[128, n_mels]``: its frequency over the fundamental's."""
    hz = mel_corners(log_mel.n_mels, 0.0, SAMPLE_RATE / 2, log_mel.mel_scale)[1:-1]
    fundamental = np.array([midi_to_hz(pitch) for pitch in range(128)])
    table = np.minimum(hz / fundamental[:, None], PARTIALS)
    return torch.from_numpy(table.astype(np.float32)).to(device)
