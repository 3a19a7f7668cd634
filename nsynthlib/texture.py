"""Breath, noise and beating: what moves from frame to frame, and a decoder that draws the mean leaves out.

The mean of all that could be there is smooth. So a second head of the decoder tells how far each bin strays from the
mean, and a picture of noise, as uneven as the spectrogram of any noise is, strays that far. Neighbours in that picture
belong together because windows and bands overlap, which independent numbers would not.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from nsynthlib.spectral import LogMel

FRAMES = 9  # of the moving average: what is slower belongs to the mean
EDGE = 8  # frames that a noise is longer at either end
LEAST = -6.0  # log of the smallest deviation, in network units


def fast(picture: Tensor) -> Tensor:
    """``picture`` ``[..., bands, frames]`` less its moving average over 9 frames."""
    flat = picture.flatten(0, -3) if picture.dim() > 2 else picture
    mean = F.avg_pool1d(flat, FRAMES, 1, FRAMES // 2, count_include_pad=False)
    return picture - mean.view_as(picture)


def deviation_loss(log_sigma: Tensor, residual: Tensor) -> Tensor:
    """Mean negative log-likelihood of the fast part of a residual under Gaussians of width exp(log_sigma).

    Both are ``[batch, bands, frames]`` in network units. The residual is a fact here: it gets no gradient.
    """
    strays = fast(residual.detach())
    return (log_sigma + 0.5 * (strays / log_sigma.exp()).square()).mean()


@lru_cache(maxsize=4)
def noise(log_mel: LogMel) -> Tensor:
    """A picture of white noise, its fast part, every band with mean 0 and standard deviation 1: ``[n_mels, frames]``.

    Always the same; seeds turn it, see :func:`turned`.
    """
    with torch.inference_mode(False), torch.no_grad():
        longer = log_mel.samples + 2 * EDGE * log_mel.hop_length  # at its ends a noise begins and stops
        audio = 0.1 * torch.randn(longer, generator=torch.Generator().manual_seed(0))
        picture = fast(log_mel.picture(audio))[:, EDGE : EDGE + log_mel.shape[1]]
        return (picture - picture.mean(-1, keepdim=True)) / picture.std(-1, keepdim=True).clamp_min(1e-6)


def turned(picture: Tensor, seeds: Tensor) -> Tensor:
    """``picture`` ``[bands, frames]`` turned in time by as much as each of ``seeds`` ``[batch]`` says."""
    frames = picture.shape[-1]
    at = (torch.arange(frames, device=seeds.device) + 37 * seeds[:, None]) % frames
    return picture[:, at].transpose(0, 1)
