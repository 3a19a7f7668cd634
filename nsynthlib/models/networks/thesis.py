"""The thesis' network (García López 2025, section 5.1.1): three strided convolutions into the latent vector, three
transposed ones out of it, channels mirrored."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from nsynthlib.models.networks.comb import fold_comb


class ThesisEncoder(nn.Module):
    """Spectrogram ``[batch, 1, rows, columns]`` to features ``[batch, features]``: convolutions with stride 2.

    ``comb`` ``[batch, rows]``, where the partials lie, is a second channel beside the spectrogram.
    """

    def __init__(self, channels: tuple[int, ...], comb: bool, _cond_dim: int) -> None:
        super().__init__()
        self.width, self.stride = channels[-1], 2 ** len(channels)
        widths = (2 if comb else 1, *channels)
        self.layers = nn.Sequential(
            *(nn.Sequential(nn.Conv2d(a, b, 4, stride=2, padding=1), nn.SiLU()) for a, b in pairwise(widths))
        )

    def forward(self, x: Tensor, comb: Tensor | None, _cond: Tensor) -> Tensor:
        if comb is not None:
            x = torch.cat([x, comb[:, None, :, None].expand_as(x)], 1)  # [batch, 2, rows, columns]
        return self.layers(x).flatten(1)  # [batch, features]

    def features(self, rows: int, columns: int) -> int:
        """How many numbers a spectrogram of this size becomes."""
        return self.width * rows * columns // self.stride**2


class ThesisDecoder(nn.Module):
    """Vector ``[batch, cond_dim]`` to ``[batch, 1, rows, columns]``: transposed convolutions with stride 2.

    ``comb`` ``[batch, rows]``, where given, tells every layer where the partials lie. A layer with fewer rows
    receives it folded, neighbouring bands side by side as channels, so that no detail is averaged away.
    """

    def __init__(self, channels: tuple[int, ...], comb: bool, cond_dim: int, rows: int, columns: int) -> None:
        super().__init__()
        stride = 2 ** len(channels)
        self.comb_factors = [2**k for k in range(len(channels), 0, -1)] if comb else [0] * len(channels)
        self.base = (channels[-1], rows // stride, columns // stride)
        self.proj = nn.Linear(cond_dim, math.prod(self.base))
        widths = (*reversed(channels), 1)
        layers = [
            nn.ConvTranspose2d(a + factor, b, 4, stride=2, padding=1)
            for a, b, factor in zip(widths, widths[1:], self.comb_factors, strict=False)
        ]
        self.hidden = nn.ModuleList(nn.Sequential(layer, nn.SiLU()) for layer in layers[:-1])
        self.conv_out = layers[-1]

    def forward(self, cond: Tensor, comb: Tensor | None, _with_sigma: bool = True) -> Tensor:
        hidden = self.proj(cond).unflatten(1, self.base)  # [batch, channels[-1], rows / 8, columns / 8] of 3 layers
        for layer, factor in zip((*self.hidden, self.conv_out), self.comb_factors, strict=True):
            if comb is not None:
                hidden = torch.cat([hidden, fold_comb(comb, factor, hidden.shape[-1])], 1)
            hidden = layer(hidden)  # twice the rows and columns
        return hidden  # [batch, 1, rows, columns]
