"""What a note is asked to be: pitch, family and velocity, and where the partials of a pitch lie."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.audio.pitch import midi_to_hz, read_pitch
from nsynthlib.data.labels import FAMILIES
from nsynthlib.spectral import LogMel
from nsynthlib.values import one_of, whole

NEGLIGIBLE = 1e-30  # too little to change a sum; and numbers below 1e-38 make a CPU's convolutions half as fast


class Condition(NamedTuple):
    """Pitch, family and velocity of notes: int64 ``[batch]`` each; family as index into ``FAMILIES``."""

    pitch: Tensor
    family: Tensor
    velocity: Tensor

    def to(self, device: torch.device | str) -> Condition:
        return Condition(*(field.to(device) for field in self))


def read_velocity(velocity: float) -> int:
    """A whole number from 1 to 127; UsageError for anything else."""
    return whole("velocity", velocity, 1, 127)


def read_family(family: str) -> str:
    """A name in ``FAMILIES``; UsageError for anything else."""
    return one_of("family", family, FAMILIES)


def condition_of(pitch: float | str, family: str, velocity: float) -> Condition:
    """Condition of one note, ``[1]`` each.

    Args:
        pitch: MIDI number, 0-127, or a note's name, see :func:`read_pitch`.
        family: a name in ``FAMILIES``.
        velocity: 1-127.

    Raises:
        UsageError: naming the value that is none of these.
    """
    key, name, strength = read_pitch(pitch), read_family(family), read_velocity(velocity)
    return Condition(torch.tensor([key]), torch.tensor([FAMILIES.index(name)]), torch.tensor([strength]))


def comb_table(log_mel: LogMel) -> Tensor:
    """Where each pitch's partials fall, ``[128, n_mels]`` in [0, 1]: a bump of 0.8 bands' width on every partial."""
    band = np.arange(log_mel.n_mels)
    table = np.zeros((128, log_mel.n_mels), dtype=np.float32)
    for pitch in range(128):
        f0 = midi_to_hz(pitch)
        centres = log_mel.bands(np.arange(f0, SAMPLE_RATE / 2, f0))
        bumps = np.exp(-((band[:, None] - centres) ** 2) / (2 * 0.8**2))
        table[pitch] = bumps.max(1, initial=0.0)
    table[table < NEGLIGIBLE] = 0.0
    return torch.from_numpy(table)
