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

    >>> import torch
    >>> settings = STFT(1024, 256)
    >>> sine = torch.sin(2 * torch.pi * 450 * torch.arange(16_000) / 16_000)
    >>> magnitude, frequency = to_instantaneous_frequency(stft(sine, settings))
    >>> magnitude.shape
    torch.Size([513, 63])
    >>> hertz = float(frequency[29, 30]) * 16_000 / (2 * 256)
    >>> round(hertz % 62.5, 1), 450 % 62.5  # frames come 62.5 times a second
    (12.5, 12.5)
    """
    phase = spectrum.angle()
    turn = torch.diff(phase, dim=-1, prepend=torch.zeros_like(phase[..., :1]))
    return spectrum.abs(), torch.remainder(turn / math.pi + 1, 2) - 1


def from_instantaneous_frequency(magnitude: Tensor, frequency: Tensor) -> Tensor:
    """Complex spectrum ``[..., bins, frames]`` of what :func:`to_instantaneous_frequency` gave, exactly.

    >>> import torch
    >>> spectrum = stft(torch.randn(4096, generator=torch.manual_seed(0)), STFT(1024, 256))
    >>> again = from_instantaneous_frequency(*to_instantaneous_frequency(spectrum))
    >>> torch.allclose(spectrum, again, atol=1e-4)
    True
    """
    return torch.polar(magnitude, math.pi * frequency.cumsum(-1))
