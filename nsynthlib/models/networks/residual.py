"""The residual network: one encoder and one decoder whose blocks a condition scales and shifts.

A spectrogram is cut into patches of 8 bands × 8 frames, each a position with 64 channels, so that no convolution runs
at full resolution. Between levels the grid halves in both directions. There is no normalisation layer: each block
starts as the identity (its last convolution is zero: Zhang, Dauphin and Ma 2019), which costs less.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nsynthlib.models.networks.comb import fold_comb

PATCH = 8  # bands, and frames
LOG_SIGMA_INIT = -3.5  # log of the deviation to begin with: 1.5 dB of 100, about what real notes have


class Block(nn.Module):
    """``x + conv(silu(film(conv(silu(x)))))``: FiLM scales and shifts each channel by a vector (Perez et al. 2018).

    Args:
        channels: of ``x`` ``[batch, channels, rows, columns]``, which keeps its shape.
        comb_channels: of ``comb``, which the first convolution also sees.
        cond_dim: length of the conditioning vector; 0 for a block without one.
    """

    def __init__(self, channels: int, comb_channels: int, cond_dim: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels + comb_channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)
        self.film = nn.Linear(cond_dim, 2 * channels) if cond_dim else None

    def forward(self, x: Tensor, comb: Tensor | None, cond: Tensor) -> Tensor:
        hidden = F.silu(x)  # [batch, channels, rows, columns]
        hidden = self.conv1(hidden if comb is None else torch.cat([hidden, comb], 1))
        if self.film is not None:
            gain, shift = self.film(cond)[..., None, None].chunk(2, 1)  # [batch, channels, 1, 1] each
            hidden = hidden * (1 + gain) + shift
        return x + self.conv2(F.silu(hidden))  # [batch, channels, rows, columns]


class ResidualEncoder(nn.Module):
    """Spectrogram ``[batch, 1, rows, columns]`` to features ``[batch, features]``.

    ``comb`` ``[batch, rows]`` tells every level where the partials lie, ``cond`` ``[batch, cond_dim]`` is the rest of
    the condition. A model without a condition has no comb and an empty vector.
    """

    def __init__(self, channels: tuple[int, ...], comb: bool, cond_dim: int) -> None:
        super().__init__()
        self.comb_factors = [PATCH * 2**level for level in range(len(channels))]
        self.width = channels[-1]
        self.conv_in = nn.Conv2d(PATCH**2, channels[0], 1)
        self.blocks = nn.ModuleList(
            Block(c, factor if comb else 0, cond_dim) for c, factor in zip(channels, self.comb_factors, strict=True)
        )
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in pairwise(channels))

    def forward(self, x: Tensor, comb: Tensor | None, cond: Tensor) -> Tensor:
        hidden = self.conv_in(F.pixel_unshuffle(x, PATCH))  # [batch, channels[0], rows / 8, columns / 8]
        for level, block in enumerate(self.blocks):
            if level:
                hidden = self.down[level - 1](hidden)  # half the rows and columns
            folded = None if comb is None else fold_comb(comb, self.comb_factors[level], hidden.shape[-1])
            hidden = block(hidden, folded, cond)
        return F.silu(hidden).flatten(1)  # [batch, features]

    def features(self, rows: int, columns: int) -> int:
        """How many numbers a spectrogram of this size becomes."""
        shrink = 2 ** (len(self.blocks) - 1)
        return self.width * (rows // PATCH // shrink) * (columns // PATCH // shrink)


class ResidualDecoder(nn.Module):
    """Vector ``[batch, cond_dim]`` and comb to ``[batch, 2, rows, columns]``: a mean, and the log of a deviation.

    Without ``with_sigma`` it is the mean alone, ``[batch, 1, rows, columns]``, in three quarters of the time.

    The deviation is how far each bin strays from the mean, see :mod:`nsynthlib.models.texture`; it is made from the
    same features, which it does not change. With a comb each of the two is made twice, what lies between the partials
    and what stands above it on them: the result is ``between + comb * above``, so a partial's place comes from the
    pitch and only its level is learned.
    """

    def __init__(self, channels: tuple[int, ...], comb: bool, cond_dim: int, rows: int, columns: int) -> None:
        super().__init__()
        levels = len(channels)
        self.comb_factors = [PATCH * 2**level for level in reversed(range(levels))]
        shrink = 2 ** (levels - 1)
        self.base = (channels[-1], rows // PATCH // shrink, columns // PATCH // shrink)
        self.proj = nn.Linear(cond_dim, math.prod(self.base))
        widths = tuple(reversed(channels))
        self.blocks = nn.ModuleList(
            Block(c, factor if comb else 0, cond_dim) for c, factor in zip(widths, self.comb_factors, strict=True)
        )
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in pairwise(widths))
        self.conv_out, self.log_sigma = (
            nn.Conv2d(widths[-1] + (PATCH if comb else 0), (2 if comb else 1) * PATCH**2, 3, padding=1)
            for _ in range(2)
        )
        nn.init.constant_(cast(Tensor, self.log_sigma.bias), LOG_SIGMA_INIT)

    def forward(self, cond: Tensor, comb: Tensor | None, with_sigma: bool = True) -> Tensor:
        hidden = self.proj(cond).unflatten(1, self.base)  # [batch, channels[-1], rows / 32, columns / 32] of 3 levels
        folded = None
        for level, block in enumerate(self.blocks):
            if level:
                hidden = self.up[level - 1](hidden)  # twice the rows and columns
            folded = None if comb is None else fold_comb(comb, self.comb_factors[level], hidden.shape[-1])
            hidden = block(hidden, folded, cond)
        hidden = F.silu(hidden)  # [batch, channels[0], rows / 8, columns / 8]
        told = hidden if folded is None else torch.cat([hidden, folded], 1)
        mean = _join_comb(self.conv_out(told), comb)  # [batch, 1, rows, columns]
        if not with_sigma:
            return mean
        log_sigma = _join_comb(self.log_sigma(told.detach()), comb)
        return torch.cat([mean, log_sigma], 1)  # [batch, 2, rows, columns]


def _join_comb(grid: Tensor, comb: Tensor | None) -> Tensor:
    """Patches ``[batch, 64 or 128, rows / 8, columns / 8]`` as ``[batch, 1, rows, columns]``, joined by the comb."""
    planes = F.pixel_shuffle(grid, PATCH)
    if comb is None:
        return planes
    between, above = planes.chunk(2, 1)
    return between + comb[:, None, :, None] * above
