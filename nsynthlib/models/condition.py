"""What a note is asked to be: pitch, family and velocity."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from nsynthlib.audio.pitch import read_pitch
from nsynthlib.data.labels import FAMILIES
from nsynthlib.errors import UsageError
from nsynthlib.values import number, one_of, shown, whole

MOST_CENTS = 50.0


class Condition(NamedTuple):
    """Pitch, family and velocity of notes, ``[batch]`` each.

    The pitch is a MIDI number, whole or with the fraction by which a note is out of tune; the family an index into
    ``FAMILIES``, int64; the velocity MIDI's.

    >>> condition = condition_of("A4", "guitar", 75)
    >>> condition.to("cpu")
    Condition(pitch=tensor([69.]), family=tensor([3]), velocity=tensor([75]))
    """

    pitch: Tensor
    family: Tensor
    velocity: Tensor

    def to(self, device: torch.device | str) -> Condition:
        """The same, each tensor moved to ``device``."""
        return Condition(*(field.to(device) for field in self))


def read_velocity(velocity: float) -> int:
    """A whole number from 1 to 127; UsageError for anything else."""
    return whole("velocity", velocity, 1, 127)


def read_family(family: str) -> str:
    """A name in ``FAMILIES``; UsageError for anything else."""
    return one_of("family", family, FAMILIES)


def read_tuning(tuning: float) -> float:
    """Cents from -50 to 50; UsageError for anything else."""
    given = number(tuning)
    if given is None or not -MOST_CENTS <= given <= MOST_CENTS:
        raise UsageError(f"tuning {shown(tuning)} is out of range; choose one from -50 to 50 cents")
    return float(given)


def condition_of(pitch: float | str, family: str, velocity: float, tuning: float = 0.0) -> Condition:
    """Condition of one note, ``[1]`` each.

    Args:
        pitch: MIDI number, 0-127, or a note's name, see :func:`read_pitch`.
        family: a name in ``FAMILIES``.
        velocity: 1-127.
        tuning: cents above the pitch, from -50 to 50.

    Raises:
        UsageError: naming the value that is none of these.

    >>> condition_of("C4", "organ", 100, tuning=20)
    Condition(pitch=tensor([60.2000]), family=tensor([6]), velocity=tensor([100]))
    >>> condition_of("C4", "organ", 200)
    Traceback (most recent call last):
        ...
    nsynthlib.errors.UsageError: velocity 200 is no whole number from 1 to 127; choose one that is
    """
    key, name, strength = read_pitch(pitch), read_family(family), read_velocity(velocity)
    return Condition(
        torch.tensor([key + read_tuning(tuning) / 100]),
        torch.tensor([FAMILIES.index(name)]),
        torch.tensor([strength]),
    )
