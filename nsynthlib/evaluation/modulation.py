"""Texture: what moves quickly in a note, its breath, beating and noise, told by a few numbers."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

GROUPS = 16
WINDOW = 9  # frames, 0.3 s: what moves more slowly is the note's envelope
SUSTAIN, RELEASE = slice(16, 88), slice(98, 122)  # frames of 32 ms: 0.5-2.8 s, and 3.1-3.9 s after the key is let go


def modulation_statistics(bands: Tensor, floor: float) -> Tensor:
    """How a spectrogram ``[n_mels, frames]`` in decibels moves about its 9-frame moving average, ``[48]``.

    For each of 16 groups of bands the standard deviation in decibels in the sustain, the same in the release, and the
    correlation of neighbouring frames in the sustain (0 where nothing moves). ``floor`` is the quietest value counted.
    """
    db = bands.clamp_min(floor)
    mean = F.avg_pool1d(db[:, None], WINDOW, 1, WINDOW // 2, count_include_pad=False)[:, 0]
    fast = (db - mean).unflatten(0, (GROUPS, -1))
    sustain, release = fast[..., SUSTAIN], fast[..., RELEASE]
    power = sustain.square().mean((1, 2))
    together = (sustain[..., 1:] * sustain[..., :-1]).mean((1, 2))
    correlation = together / power.clamp_min(1e-6)
    return torch.cat([power.sqrt(), release.square().mean((1, 2)).sqrt(), correlation])
