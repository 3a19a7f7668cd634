"""How wrong a spectrogram is: the error that training, refinement and a figure share.

The squared error of decibels treats every bin alike. Most bins of a note are quiet, and nobody hears them; and the mean
of decibels lies below the decibels of the mean, so a model of them is too weak where it is unsure. Half of the error is
therefore counted by level, and asks for the mean of the amplitude.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

BETA = 142.0  # weight of the KL divergence against the log-likelihood of all bins
LEVEL_SHARE = 0.5  # of the error that is counted by level
LEVEL_MIN = 0.03  # weight of a silent bin beside 1 at the note's peak, before the mean is made 1
NATS = math.log(10) / 20  # of amplitude in a decibel
STEEPEST = 1.0  # nats: what is more than 8.7 dB too weak counts on a straight line


def bin_error(mean: Tensor, target: Tensor, level_share: float = LEVEL_SHARE) -> Tensor:
    """Squared decibels by which every bin is wrong; all are ``[batch, bands, frames]``, ``mean`` and ``target`` in dB.

    ``1 - level_share`` of it is the squared error. The rest is weighted by :func:`level_weight`, and is the
    Itakura-Saito divergence (Itakura and Saito 1968) of the amplitudes in decibels: near 0 the same, but what is too
    weak costs more than what is too loud, so that its best guess is the mean of the amplitude.

    >>> import torch
    >>> target = torch.full((1, 4, 2), -20.0)
    >>> bin_error(target + 3, target, level_share=0.0)[0, 0]  # squared decibels
    tensor([9., 9.])
    """
    error = target - mean
    squared = error.square()
    if not level_share:
        return squared
    return torch.lerp(squared, level_weight(target) * itakura_saito(error), level_share)


def level_weight(target: Tensor) -> Tensor:
    """10^(level / 40) of every bin, its level below the note's peak in dB, at least 0.03; mean 1 in each note."""
    below = target - target.amax((-2, -1), keepdim=True)
    weight = torch.exp(below * (math.log(10) / 40)).clamp_min(LEVEL_MIN)
    return weight / weight.mean((-2, -1), keepdim=True)


def itakura_saito(error: Tensor) -> Tensor:
    """2 (exp(e) - e - 1) for e nats of amplitude, as squared decibels; straight from 8.7 dB too weak on.

    ``error`` is target less mean, in decibels.
    """
    nats = error * NATS
    curved = nats.clamp_max(STEEPEST).expm1() - nats
    return 2 / NATS**2 * (curved + math.exp(STEEPEST) * (nats - STEEPEST).clamp_min(0))
