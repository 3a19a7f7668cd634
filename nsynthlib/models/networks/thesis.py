"""The thesis' network (García López 2025, section 5.1.1): three strided convolutions into the latent vector, three
transposed ones out of it, channels mirrored; and what it was compared with there."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nsynthlib.models.networks.comb import fold_comb

SILENCE = -1.0  # in network units


class ThesisEncoder(nn.Module):
    """Spectrogram ``[batch, 1, rows, columns]`` to features ``[batch, features]``: convolutions with stride 2.

    ``comb`` ``[batch, rows]``, where the partials lie, is a second channel beside the spectrogram. With ``pooling``
    the convolutions have stride 1, as many weights, and the largest of 2 × 2 results is taken.
    """

    def __init__(self, channels: tuple[int, ...], comb: bool, _cond_dim: int, *, pooling: bool = False) -> None:
        super().__init__()
        self.width, self.depth = channels[-1], len(channels)
        widths = (2 if comb else 1, *channels)
        layer = _pooled if pooling else _strided
        self.layers = nn.Sequential(*(layer(a, b) for a, b in pairwise(widths)))

    def forward(self, x: Tensor, comb: Tensor | None, _cond: Tensor) -> Tensor:
        if comb is not None:
            x = torch.cat([x, comb[:, None, :, None].expand_as(x)], 1)  # [batch, 2, rows, columns]
        return self.layers(x).flatten(1)  # [batch, features]

    def features(self, rows: int, columns: int) -> int:
        """How many numbers a spectrogram of this size becomes."""
        return self.width * math.prod(halvings(n, self.depth)[-1] for n in (rows, columns))


def _strided(channels_in: int, channels_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels_in, channels_out, 4, stride=2, padding=1), nn.SiLU())


def _pooled(channels_in: int, channels_out: int) -> nn.Sequential:
    same_size = nn.ZeroPad2d((1, 2, 1, 2))
    return nn.Sequential(same_size, nn.Conv2d(channels_in, channels_out, 4), nn.SiLU(), nn.MaxPool2d(2))


def halvings(size: int, depth: int) -> list[int]:
    """``size`` and what ``depth`` layers of stride 2 make of it, one after the other: each half, rounded down."""
    return [size >> level for level in range(depth + 1)]


class ThesisDecoder(nn.Module):
    """Vector ``[batch, cond_dim]`` to ``[batch, 1, rows, columns]``: transposed convolutions with stride 2.

    ``comb`` ``[batch, rows]``, where given, tells every layer where the partials lie. A layer with fewer rows
    receives it folded, neighbouring bands side by side as channels, so that no detail is averaged away.

    Where a size is no multiple of the total stride, a layer adds the row or column that the encoder's rounding took
    (``output_padding``); without that, silence fills the end of the result.
    """

    def __init__(
        self,
        channels: tuple[int, ...],
        comb: bool,
        cond_dim: int,
        rows: int,
        columns: int,
        *,
        output_padding: bool = True,
    ) -> None:
        super().__init__()
        depth = len(channels)
        self.size = (rows, columns)
        self.comb_factors = [2**k for k in range(depth, 0, -1)] if comb else [0] * depth
        halved = [halvings(n, depth) for n in self.size]
        self.base = (channels[-1], halved[0][-1], halved[1][-1])
        self.proj = nn.Linear(cond_dim, math.prod(self.base))
        widths = (*reversed(channels), 1)
        layers = [
            nn.ConvTranspose2d(
                widths[i] + self.comb_factors[i],
                widths[i + 1],
                4,
                stride=2,
                padding=1,
                output_padding=(halved[0][-2 - i] % 2, halved[1][-2 - i] % 2) if output_padding else 0,
            )
            for i in range(depth)
        ]
        self.hidden = nn.ModuleList(nn.Sequential(layer, nn.SiLU()) for layer in layers[:-1])
        self.conv_out = layers[-1]

    def forward(self, cond: Tensor, comb: Tensor | None) -> Tensor:
        hidden = self.proj(cond).unflatten(1, self.base)  # [batch, channels[-1], rows / 8, columns / 8] of 3 layers
        for layer, factor in zip((*self.hidden, self.conv_out), self.comb_factors, strict=True):
            if comb is not None:
                hidden = torch.cat([hidden, fold_comb(comb, factor, hidden.shape[-1])], 1)
            hidden = layer(hidden)  # twice the rows and columns
        rows, columns = (n - m for n, m in zip(self.size, hidden.shape[-2:], strict=True))
        return F.pad(hidden, (0, columns, 0, rows), value=SILENCE)  # [batch, 1, rows, columns]
