"""The thesis' network (García López 2025, section 5.1.1): three strided convolutions into the latent vector, three
transposed ones out of it, channels mirrored."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from nsynthlib.networks.comb import fold


class ThesisEncoder(nn.Module):
    """Picture ``[batch, 1, rows, columns]`` to features ``[batch, features]``: convolutions with stride 2.

    ``comb`` ``[batch, rows]``, where the partials lie, is a second picture beside the first.
    """

    def __init__(self, channels: tuple[int, ...], comb: bool, _vector: int) -> None:
        super().__init__()
        self.width, self.stride = channels[-1], 2 ** len(channels)
        widths = (2 if comb else 1, *channels)
        self.layers = nn.Sequential(
            *(nn.Sequential(nn.Conv2d(a, b, 4, stride=2, padding=1), nn.SiLU()) for a, b in pairwise(widths))
        )

    def forward(self, picture: Tensor, comb: Tensor | None, _vector: Tensor) -> Tensor:
        if comb is not None:
            picture = torch.cat([picture, comb[:, None, :, None].expand_as(picture)], 1)
        return self.layers(picture).flatten(1)

    def features(self, rows: int, columns: int) -> int:
        """How many numbers a picture of this size becomes."""
        return self.width * rows * columns // self.stride**2


class ThesisDecoder(nn.Module):
    """Vector ``[batch, vector]`` to picture ``[batch, 1, rows, columns]``: transposed convolutions with stride 2.

    ``comb`` ``[batch, rows]``, where given, tells every layer where the partials lie. A layer with fewer rows
    receives it folded, neighbouring bands side by side as channels, so that no detail is averaged away.
    """

    def __init__(self, channels: tuple[int, ...], comb: bool, vector: int, rows: int, columns: int) -> None:
        super().__init__()
        stride = 2 ** len(channels)
        self.folds = [2**k for k in range(len(channels), 0, -1)] if comb else [0] * len(channels)
        self.base = (channels[-1], rows // stride, columns // stride)
        self.widen = nn.Linear(vector, math.prod(self.base))
        widths = (*reversed(channels), 1)
        layers = [
            nn.ConvTranspose2d(a + by, b, 4, stride=2, padding=1)
            for a, b, by in zip(widths, widths[1:], self.folds, strict=False)
        ]
        self.hidden = nn.ModuleList(nn.Sequential(layer, nn.SiLU()) for layer in layers[:-1])
        self.out = layers[-1]

    def forward(self, vector: Tensor, comb: Tensor | None) -> Tensor:
        hidden = self.widen(vector).unflatten(1, self.base)
        for layer, by in zip((*self.hidden, self.out), self.folds, strict=True):
            hidden = layer(hidden if comb is None else torch.cat([hidden, fold(comb, by, hidden.shape[-1])], 1))
        return hidden
