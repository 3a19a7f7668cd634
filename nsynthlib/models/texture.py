"""Breath, noise and beating: what moves from frame to frame, and a decoder that gives the mean leaves out.

The mean of all that could be there is smooth. So a second head of the decoder tells how far each bin strays from the
mean, and a spectrogram of noise, as uneven as that of any noise is, strays that far. Neighbours in it belong together
because windows and bands overlap, which independent numbers would not.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from nsynthlib.spectral import LogMel

FRAMES = 9  # of the moving average: what is slower belongs to the mean
EDGE = 8  # frames that a noise is longer at either end
LOG_SIGMA_MIN = -6.0  # log of the smallest deviation, in network units


def highpass(x: Tensor) -> Tensor:
    """``x`` ``[..., bands, frames]`` less its moving average over 9 frames."""
    flat = x.flatten(0, -3) if x.dim() > 2 else x
    mean = F.avg_pool1d(flat, FRAMES, 1, FRAMES // 2, count_include_pad=False)
    return x - mean.view_as(x)


@lru_cache(maxsize=4)
def reference_noise(log_mel: LogMel) -> Tensor:
    """White noise, its fast part, every band with mean 0 and standard deviation 1: ``[n_mels, frames]``.

    Always the same; seeds shift it in time, see :func:`rolled`.
    """
    with torch.inference_mode(False), torch.no_grad():
        longer = log_mel.samples + 2 * EDGE * log_mel.hop_length  # at its ends a noise begins and stops
        audio = 0.1 * torch.randn(longer, generator=torch.Generator().manual_seed(0))
        db = highpass(log_mel(audio))[:, EDGE : EDGE + log_mel.shape[1]]
        return (db - db.mean(-1, keepdim=True)) / db.std(-1, keepdim=True).clamp_min(1e-6)


def rolled(x: Tensor, seeds: Tensor) -> Tensor:
    """``x`` ``[bands, frames]`` rolled in time by as much as each of ``seeds`` ``[batch]`` says."""
    frames = x.shape[-1]
    at = (torch.arange(frames, device=seeds.device) + 37 * seeds[:, None]) % frames
    return x[:, at].transpose(0, 1)
