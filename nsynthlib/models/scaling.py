"""Between decibels and the numbers a network works with, and the gate that keeps silence silent."""

from __future__ import annotations

import torch
from torch import Tensor

GATE_DB = 2.0  # above the floor


def scale(db: Tensor, floor_db: float) -> Tensor:
    """Decibels in [floor_db, 0] to network units in [-1, 1].

    >>> import torch
    >>> scale(torch.tensor([-100.0, -50.0, 0.0]), floor_db=-100)
    tensor([-1.,  0.,  1.])
    """
    return 1 - 2 * db / floor_db


def unscale(x: Tensor, floor_db: float) -> Tensor:
    """Network units to decibels, the inverse of :func:`scale`.

    >>> import torch
    >>> unscale(torch.tensor([-1.0, 0.0, 1.0]), floor_db=-100)
    tensor([-100.,  -50.,   -0.])
    """
    return (1 - x) * floor_db / 2


def gate(db: Tensor, floor_db: float) -> Tensor:
    """Decibels in [floor_db, 0]: silent what lies within 2 dB of the floor, and what lies 4 dB above it as it was.

    A bin that is mostly silent has a mean just above the floor, and over a whole spectrogram that is heard as a hiss.

    >>> import torch
    >>> gate(torch.tensor([-99.0, -97.0, -60.0, 1.0]), floor_db=-100)
    tensor([-100.,  -98.,  -60.,    0.])
    """
    above = db - floor_db
    return torch.minimum(above, 2 * (above - GATE_DB)).clamp(0.0, -floor_db) + floor_db
