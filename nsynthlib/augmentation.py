"""Other instruments out of those there are: pictures of notes made louder, brighter, shorter, unsteady.

A soundfont holds few instruments, a hundred against NSynth's thousand. What a room, a tone control, a player's hand or
another string would change is a gentle sum in decibels, so it is added to the picture, at no cost to speak of. Pitch
stays, and what was silent stays silent.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

QUIETER, LOUDER = -6.0, 26.0  # decibels: NSynth's notes are about 18 dB louder than a soundfont's
COLOURS, COLOUR_DB = 8, 5.0  # cosines over the bands; the k-th has a standard deviation of COLOUR_DB / k
DECAY_DB = 12.0  # decibels a note's length, at most
WAVER_DB, WAVER_CYCLES = 1.5, 28  # tremolo: standard deviation of its depth, and most cycles in a note's length


def vary(db: Tensor, floor_db: float, share: float, generator: torch.Generator) -> Tensor:
    """Pictures ``[batch, bands, frames]`` in [floor_db, 0], about ``share`` of them changed.

    Args:
        generator: on the CPU, whatever the pictures' device, so that a seed gives the same changes everywhere.
    """
    batch, bands, frames = db.shape

    def uniform(*shape: int) -> Tensor:
        return torch.rand(batch, *shape, generator=generator)

    def normal(*shape: int) -> Tensor:
        return torch.randn(batch, *shape, generator=generator)

    order = torch.arange(1.0, COLOURS + 1)
    cosines = torch.cos(order[:, None] * torch.linspace(0, math.pi, bands))
    gain = QUIETER + (LOUDER - QUIETER) * uniform(1) + COLOUR_DB * (normal(COLOURS) / order) @ cosines
    time = torch.linspace(0, 1, frames)
    decay = -DECAY_DB * uniform(1) * (uniform(1) < 0.5) * time
    phase = 2 * math.pi * (WAVER_CYCLES * uniform(1) * time + uniform(1))
    waver = WAVER_DB * normal(1) * (uniform(1) < 0.3) * phase.sin()
    chosen = (uniform(1) < share).float()
    change = (gain * chosen).to(db)[:, :, None] + ((decay + waver) * chosen).to(db)[:, None]
    return torch.where(db > floor_db, (db + change).clamp(floor_db, 0.0), db)
