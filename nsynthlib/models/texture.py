"""Breath, noise and beating: what moves from frame to frame, and a decoder that gives the mean leaves out.

The mean of all that could be there is smooth. So a second head of the decoder tells how far each bin of a real note
strays from its own moving average (:func:`~nsynthlib.training.fit_log_sigma` fits it to a trained model), and a
spectrogram of noise, as uneven as that of any noise is, strays that far. Neighbours in it belong together because
windows and bands overlap, which independent numbers would not; a part of it is slower, as partials that beat are.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from nsynthlib.audio.format import HELD_SECONDS, SAMPLE_RATE
from nsynthlib.constants import CONSTANTS
from nsynthlib.spectral import LogMel

FRAMES: int = CONSTANTS["smoothing_frames"]  # of the moving average: what is slower belongs to the mean
LOCAL = (5, 17)  # bands and frames: as far as a deviation is measured about a bin
EDGE = 8  # frames that a noise is longer at either end
NOISES = 4  # pictures of noise
SLOW_SHARE, SLOW_FRAMES = 0.3, 3  # of the noise's power, and the moving average by which that part is slower
LOG_SIGMA_MIN = -6.0  # log of the smallest deviation, in network units


def highpass(x: Tensor) -> Tensor:
    """``x`` ``[..., bands, frames]`` less its moving average over 9 frames."""
    flat = x.flatten(0, -3) if x.dim() > 2 else x
    mean = F.avg_pool1d(flat, FRAMES, 1, FRAMES // 2, count_include_pad=False)
    return x - mean.view_as(x)


def fast_part(target: Tensor, x_mean: Tensor, steady: Tensor) -> Tensor:
    """How notes ``[batch, bands, frames]`` stray from what a smooth mean can draw.

    Where a note is ``steady`` (bool ``[frames]``) it is the note's own fast part. About its attack and its release that
    would be the envelope's jump, which the mean draws; there it is the fast part of what the mean leaves.
    """
    return torch.where(steady, highpass(target), highpass(target - x_mean))


def local_deviation(fast: Tensor) -> Tensor:
    """Standard deviation of the fast part ``[batch, bands, frames]`` about each bin, over 5 bands and 17 frames."""
    bands, frames = LOCAL
    power = F.avg_pool2d(fast.square()[:, None], LOCAL, 1, (bands // 2, frames // 2), count_include_pad=False)
    return power[:, 0].sqrt()


@lru_cache(maxsize=4)
def steady_frames(log_mel: LogMel) -> Tensor:
    """Bool ``[frames]``: whose moving average holds neither a note's beginning nor its release."""
    frame = torch.arange(log_mel.shape[1])
    released = HELD_SECONDS * SAMPLE_RATE / log_mel.hop_length
    return (frame >= FRAMES) & ((frame - released).abs() >= FRAMES)


@lru_cache(maxsize=4)
def reference_noise(log_mel: LogMel) -> Tensor:
    """Four pictures of noise, every band with mean 0 and standard deviation 1: ``[4, n_mels, frames]``.

    Each is the fast part of white noise and, for three tenths of the power, of noise that moves more slowly. Always
    the same; seeds choose one and shift it in time, see :func:`rolled`.
    """
    with torch.inference_mode(False), torch.no_grad():
        longer = log_mel.samples + 2 * EDGE * log_mel.hop_length  # at its ends a noise begins and stops
        generator = torch.Generator().manual_seed(0)
        audio = 0.1 * torch.randn(NOISES, longer, generator=generator)
        fast = _unit(highpass(log_mel(audio))[..., EDGE : EDGE + log_mel.shape[1]])
        independent = torch.randn(fast.shape, generator=generator)
        slow = _unit(F.avg_pool1d(independent, SLOW_FRAMES, 1, SLOW_FRAMES // 2))
        return _unit((1 - SLOW_SHARE) ** 0.5 * fast + SLOW_SHARE**0.5 * slow)


def _unit(x: Tensor) -> Tensor:
    """With mean 0 and standard deviation 1 in every band."""
    return (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True).clamp_min(1e-6)


def rolled(x: Tensor, seeds: Tensor) -> Tensor:
    """One of the pictures ``x`` ``[n, bands, frames]`` for each of ``seeds`` ``[batch]``, rolled in time by it."""
    frames = x.shape[-1]
    at = (torch.arange(frames, device=seeds.device) + 37 * seeds[:, None]) % frames
    return x[seeds % x.shape[0]].gather(2, at[:, None].expand(-1, x.shape[1], -1))
