"""The residual network: one encoder and one decoder whose blocks a condition scales and shifts.

A spectrogram is cut into patches of 8 bands × 8 frames, each a position with 64 channels, so that no convolution runs
at full resolution. Between levels the grid halves in both directions. There is no normalisation layer: each block
starts as the identity (its last convolution is zero: Zhang, Dauphin and Ma 2019), which costs less.
"""

from __future__ import annotations

import math
from itertools import islice, pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nsynthlib.models.networks.comb import fold_comb

PATCH = 8  # bands, and frames
Levels = tuple[tuple[int, int], ...]  # channels and blocks of each level, from the finest grid to the coarsest
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
    the condition. A model without a condition has no comb and an empty vector; without ``film`` no block is told it.
    """

    def __init__(self, levels: Levels, comb: bool, cond_dim: int, *, film: bool = True) -> None:
        super().__init__()
        self.comb_factors = [PATCH * 2**level for level in range(len(levels))]
        channels, self.depths = zip(*levels, strict=True)
        self.width = channels[-1]
        self.conv_in = nn.Conv2d(PATCH**2, channels[0], 1)
        self.blocks = _blocks(levels, self.comb_factors, comb, cond_dim if film else 0)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in pairwise(channels))

    def forward(self, x: Tensor, comb: Tensor | None, cond: Tensor) -> Tensor:
        hidden = self.conv_in(F.pixel_unshuffle(x, PATCH))  # [batch, width of level 0, rows / 8, columns / 8]
        blocks = iter(self.blocks)
        for level, depth in enumerate(self.depths):
            if level:
                hidden = self.down[level - 1](hidden)  # half the rows and columns
            folded = None if comb is None else fold_comb(comb, self.comb_factors[level], hidden.shape[-1])
            for block in islice(blocks, depth):
                hidden = block(hidden, folded, cond)
        return F.silu(hidden).flatten(1)  # [batch, features]

    def features(self, rows: int, columns: int) -> int:
        """How many numbers a spectrogram of this size becomes."""
        shrink = 2 ** (len(self.depths) - 1)
        return self.width * (rows // PATCH // shrink) * (columns // PATCH // shrink)


class OverlappedPatches(nn.Conv2d):
    """A 3 × 3 convolution to patches ``[batch, planes * 64, ...]`` that overlap in time as windows of an STFT do.

    Each position draws 24 frames, the patches of its neighbours included. A fixed Hann window over them lets what it
    draws begin and end at nothing; without it, frames jump where patches meet, four times a second.
    """

    def __init__(self, width: int, channels: int) -> None:
        super().__init__(width, channels, 3, padding=1)
        frame = PATCH * torch.arange(2, -1, -1) + torch.arange(PATCH)[:, None]  # [frame of a patch, tap], of the 24
        window = torch.sin(math.pi * (frame + 0.5) / (3 * PATCH)).square()
        self.register_buffer("window", window.repeat(channels // PATCH, 1)[:, None, None], persistent=False)
        self.bias = nn.Parameter(torch.zeros(channels // PATCH))  # one for all frames of a patch

    def forward(self, x: Tensor) -> Tensor:
        bias = cast(Tensor, self.bias).repeat_interleave(PATCH)  # [channels]
        return F.conv2d(x, self.weight * self.get_buffer("window"), bias, padding=1)  # [batch, channels, rows, columns]


class ResidualDecoder(nn.Module):
    """Vector ``[batch, cond_dim]`` and comb to ``[batch, 2, rows, columns]``: a mean, and the log of a deviation.

    The deviation is how far each bin strays from the mean, see :mod:`nsynthlib.models.texture`; it is made from the
    same features, which it does not change. With a comb each of the two is made twice, what lies between the partials
    and what stands above it on them: the result is ``between + comb * above``, so a partial's place comes from the
    pitch and only its level is learned. Without ``film`` only the first layer is told the vector.
    """

    def __init__(
        self, levels: Levels, comb: bool, cond_dim: int, rows: int, columns: int, *, film: bool = True
    ) -> None:
        super().__init__()
        self.comb_factors = [PATCH * 2**level for level in reversed(range(len(levels)))]
        shrink = 2 ** (len(levels) - 1)
        channels, self.depths = zip(*reversed(levels), strict=True)
        self.base = (channels[0], rows // PATCH // shrink, columns // PATCH // shrink)
        self.proj = nn.Linear(cond_dim, math.prod(self.base))
        self.blocks = _blocks(levels[::-1], self.comb_factors, comb, cond_dim if film else 0)
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in pairwise(channels))
        width, planes = channels[-1] + (PATCH if comb else 0), 2 if comb else 1
        self.conv_out = OverlappedPatches(width, planes * PATCH**2)
        self.log_sigma = nn.Conv2d(width, planes * PATCH**2, 1)
        nn.init.constant_(cast(Tensor, self.log_sigma.bias), LOG_SIGMA_INIT)

    def forward(self, cond: Tensor, comb: Tensor | None) -> Tensor:
        features = self.features(cond, comb)
        log_sigma = self.deviation(features.detach(), comb)
        return torch.cat([self.mean(features, comb), log_sigma], 1)  # [batch, 2, rows, columns]

    def features(self, cond: Tensor, comb: Tensor | None) -> Tensor:
        """What both results are made from, ``[batch, features, rows / 8, columns / 8]``."""
        hidden = self.proj(cond).unflatten(1, self.base)  # [batch, channels[0], rows / 32, columns / 32] of 3 levels
        folded, blocks = None, iter(self.blocks)
        for level, depth in enumerate(self.depths):
            if level:
                hidden = self.up[level - 1](hidden)  # twice the rows and columns
            folded = None if comb is None else fold_comb(comb, self.comb_factors[level], hidden.shape[-1])
            for block in islice(blocks, depth):
                hidden = block(hidden, folded, cond)
        hidden = F.silu(hidden)  # [batch, channels[-1], rows / 8, columns / 8]
        return hidden if folded is None else torch.cat([hidden, folded], 1)

    def mean(self, features: Tensor, comb: Tensor | None) -> Tensor:
        """The mean, ``[batch, 1, rows, columns]``."""
        return _join_comb(self.conv_out(features), comb)

    def deviation(self, features: Tensor, comb: Tensor | None) -> Tensor:
        """The log of the deviation, ``[batch, 1, rows, columns]``."""
        return _join_comb(self.log_sigma(features), comb)


def _blocks(levels: Levels, comb_factors: list[int], comb: bool, cond_dim: int) -> nn.ModuleList:
    """The blocks of all levels, one after the other."""
    return nn.ModuleList(
        Block(channels, factor if comb else 0, cond_dim)
        for (channels, depth), factor in zip(levels, comb_factors, strict=True)
        for _ in range(depth)
    )


def _join_comb(grid: Tensor, comb: Tensor | None) -> Tensor:
    """Patches ``[batch, 64 or 128, rows / 8, columns / 8]`` as ``[batch, 1, rows, columns]``, joined by the comb."""
    planes = F.pixel_shuffle(grid, PATCH)
    if comb is None:
        return planes
    between, above = planes.chunk(2, 1)
    return between + comb[:, None, :, None] * above
