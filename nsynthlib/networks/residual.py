"""The residual network: one encoder and one decoder whose blocks a condition scales and shifts.

A picture is cut into patches of 8 bands × 8 frames, each a position with 64 channels, so that no convolution runs at
full resolution. Between levels the grid halves in both directions. There is no normalisation layer: each block starts
as the identity (its last convolution is zero: Zhang, Dauphin and Ma 2019), which costs less.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nsynthlib.networks.comb import fold

PATCH = (8, 8)  # bands, frames
STRAY = -3.5  # log of the deviation to begin with: 1.5 dB of 100, about what real notes have


class Block(nn.Module):
    """``x + conv(silu(film(conv(silu(x)))))``: FiLM scales and shifts each channel by a vector (Perez et al. 2018).

    Args:
        channels: of ``x`` ``[batch, channels, rows, columns]``, which keeps its shape.
        extra: channels of ``comb``, which the first convolution also sees.
        vector: length of the conditioning vector; 0 for a block without one.
    """

    def __init__(self, channels: int, extra: int, vector: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels + extra, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        self.film = nn.Linear(vector, 2 * channels) if vector else None

    def forward(self, x: Tensor, comb: Tensor | None, vector: Tensor) -> Tensor:
        hidden = F.silu(x)
        hidden = self.first(hidden if comb is None else torch.cat([hidden, comb], 1))
        if self.film is not None:
            gain, shift = self.film(vector)[..., None, None].chunk(2, 1)
            hidden = hidden * (1 + gain) + shift
        return x + self.second(F.silu(hidden))


def patches(picture: Tensor) -> Tensor:
    """``[batch, c, rows, columns]`` as ``[batch, 64 c, rows / 8, columns / 8]``."""
    bands, frames = PATCH
    grid = picture.unflatten(2, (-1, bands)).unflatten(4, (-1, frames))  # batch, c, row, band, column, frame
    return grid.permute(0, 1, 3, 5, 2, 4).flatten(1, 3)


def unpatched(grid: Tensor, channels: int) -> Tensor:
    """The inverse of :func:`patches`: ``[batch, channels, rows, columns]``."""
    bands, frames = PATCH
    parts = grid.unflatten(1, (channels, bands, frames))  # batch, c, band, frame, row, column
    return parts.permute(0, 1, 4, 2, 5, 3).flatten(4, 5).flatten(2, 3)


class ResidualEncoder(nn.Module):
    """Picture ``[batch, 1, rows, columns]`` to features ``[batch, features]``.

    ``comb`` ``[batch, rows]`` tells every level where the partials lie, ``vector`` ``[batch, vector]`` is the rest of
    the condition. A model without a condition has no comb and an empty vector.
    """

    def __init__(self, channels: tuple[int, ...], comb: bool, vector: int) -> None:
        super().__init__()
        self.folds = [PATCH[0] * 2**level for level in range(len(channels))]
        self.width = channels[-1]
        self.enter = nn.Conv2d(PATCH[0] * PATCH[1], channels[0], 1)
        self.blocks = nn.ModuleList(
            Block(c, by if comb else 0, vector) for c, by in zip(channels, self.folds, strict=True)
        )
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in pairwise(channels))

    def forward(self, picture: Tensor, comb: Tensor | None, vector: Tensor) -> Tensor:
        hidden = self.enter(patches(picture))
        for level, block in enumerate(self.blocks):
            if level:
                hidden = self.down[level - 1](hidden)
            teeth = None if comb is None else fold(comb, self.folds[level], hidden.shape[-1])
            hidden = block(hidden, teeth, vector)
        return F.silu(hidden).flatten(1)

    def features(self, rows: int, columns: int) -> int:
        """How many numbers a picture of this size becomes."""
        shrink = 2 ** (len(self.blocks) - 1)
        return self.width * (rows // PATCH[0] // shrink) * (columns // PATCH[1] // shrink)


class ResidualDecoder(nn.Module):
    """Vector ``[batch, vector]`` and comb to ``[batch, 2, rows, columns]``: a picture, and its texture.

    The texture is the log of how far each bin strays from the picture, see :mod:`nsynthlib.texture`; it is drawn from
    the same features, which it does not change. With a comb each of the two is drawn twice, what lies between the
    partials and what stands above it on them: the result is ``between + comb * above``, so a partial's place comes from
    the pitch and only its level is learned.
    """

    def __init__(self, channels: tuple[int, ...], comb: bool, vector: int, rows: int, columns: int) -> None:
        super().__init__()
        levels = len(channels)
        self.folds = [PATCH[0] * 2**level for level in reversed(range(levels))]
        shrink = 2 ** (levels - 1)
        self.base = (channels[-1], rows // PATCH[0] // shrink, columns // PATCH[1] // shrink)
        self.widen = nn.Linear(vector, math.prod(self.base))
        widths = tuple(reversed(channels))
        self.blocks = nn.ModuleList(
            Block(c, by if comb else 0, vector) for c, by in zip(widths, self.folds, strict=True)
        )
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in pairwise(widths))
        self.pictures = 2 if comb else 1
        self.leave, self.stray = (
            nn.Conv2d(widths[-1] + (PATCH[0] if comb else 0), self.pictures * PATCH[0] * PATCH[1], 3, padding=1)
            for _ in range(2)
        )
        nn.init.constant_(cast(Tensor, self.stray.bias), STRAY)

    def forward(self, vector: Tensor, comb: Tensor | None) -> Tensor:
        hidden = self.widen(vector).unflatten(1, self.base)
        teeth = None
        for level, block in enumerate(self.blocks):
            if level:
                hidden = self.up[level - 1](hidden)
            teeth = None if comb is None else fold(comb, self.folds[level], hidden.shape[-1])
            hidden = block(hidden, teeth, vector)
        hidden = F.silu(hidden)
        seen = hidden if teeth is None else torch.cat([hidden, teeth], 1)
        return torch.cat([self._drawn(self.leave(seen), comb), self._drawn(self.stray(seen.detach()), comb)], 1)

    def _drawn(self, grid: Tensor, comb: Tensor | None) -> Tensor:
        drawn = unpatched(grid, self.pictures)
        if comb is None:
            return drawn
        between, above = drawn.chunk(2, 1)
        return between + comb[:, None, :, None] * above
