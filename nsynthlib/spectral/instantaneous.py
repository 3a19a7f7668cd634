"""Magnitude and instantaneous frequency: a picture of the phase that is smooth where a partial is steady."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def to_instantaneous_frequency(spectrum: Tensor) -> tuple[Tensor, Tensor]:
    """Magnitude and instantaneous frequency, ``[..., bins, frames]`` each (Engel et al. 2019, GANSynth, section 2.2).

    The frequency is how far the phase turns from the frame before, the short way round, in half turns: [-1, 1].
    In hertz it is ``frequency * sample_rate / (2 * hop_length)``, up to whole multiples of the frame rate. The first
    frame holds the phase itself, in half turns too.
    """
    phase = spectrum.angle()
    turn = torch.diff(phase, dim=-1, prepend=torch.zeros_like(phase[..., :1]))
    return spectrum.abs(), torch.remainder(turn / math.pi + 1, 2) - 1


def from_instantaneous_frequency(magnitude: Tensor, frequency: Tensor) -> Tensor:
    """Complex spectrum ``[..., bins, frames]`` of what :func:`to_instantaneous_frequency` gave, exactly."""
    return torch.polar(magnitude, math.pi * frequency.cumsum(-1))
