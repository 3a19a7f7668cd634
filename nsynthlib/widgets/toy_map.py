"""A map of a latent space of two dimensions, each place of which is decoded, seen and heard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import anywidget
import torch
import traitlets
from torch import Tensor, nn

from nsynthlib.colours import level_colours
from nsynthlib.data import Note
from nsynthlib.synthesis.partial_levels import MOMENTS, PARTIALS
from nsynthlib.widgets.latent_space import label_of, legend_of
from nsynthlib.widgets.modules import WEB, one_file
from nsynthlib.widgets.settings import refusal

REACH = 3.0  # from the middle to an edge of the map, in standard deviations of the prior


class ToyMap(anywidget.AnyWidget):
    """Made by :func:`toy_map`; all of it happens in the page, ``web/views/toy_map.mjs``.

    >>> import torch
    >>> from torch import nn
    >>> from nsynthlib import pocket
    >>> decoder = nn.Sequential(nn.Linear(2, 8), nn.SiLU(), nn.Linear(8, 12 * 14))
    >>> places, empty = torch.tensor([[-1.0, 0.5], [1.2, 0.0]]), torch.zeros(10, 10, dtype=torch.bool)
    >>> list(toy_map(decoder, places, places - 3, pocket()[:2], empty, anchors=(1, 0)).anchors)
    [1, 0]
    """

    _esm = one_file(WEB / "views/toy_map.mjs")
    _css: Any = "".join((WEB / f"views/{name}.css").read_text(encoding="utf-8") for name in ("latent_map", "toy_map"))
    reach = traitlets.Float(REACH).tag(sync=True)
    means = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)  # of each note's posterior, x and y
    deviations = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)  # as many
    families = traitlets.List(traitlets.Unicode()).tag(sync=True)  # of each note
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)  # of each note
    legend = traitlets.Dict().tag(sync=True)  # family -> [colour, outline of its shape as an SVG path]
    empty = traitlets.Bytes().tag(sync=True)  # 1 for each cell that the judge finds empty, lowest row first
    sizes = traitlets.List(traitlets.Int()).tag(sync=True)  # of the decoder: numbers before and after each layer
    weights = traitlets.Bytes().tag(sync=True)  # float32, a matrix row by row and then its bias, layer by layer
    chosen = traitlets.Int().tag(sync=True)  # the note whose posterior is shown first
    anchors = traitlets.List(traitlets.Int()).tag(sync=True)  # the notes where A and B are first
    colours = traitlets.Bytes().tag(sync=True)  # red, green, blue of 256 levels

    def __repr__(self) -> str:
        return f"ToyMap({len(self.means)} notes, decoder of {len(self.weights) // 4} numbers)"


def toy_map(
    decoder: nn.Sequential,
    mean: Tensor,
    log_var: Tensor,
    notes: Sequence[Note],
    empty: Tensor,
    anchors: tuple[int, int] = (0, 1),
) -> ToyMap:
    """Every place of a latent space of two dimensions, by mouse, finger or arrow keys: seen and heard.

    The decoder travels with the page, which decodes by itself. A note's posterior is an ellipse, from which another
    epsilon can be drawn; between two anchors there is a slider.

    Args:
        decoder: linear layers with SiLU between them, from 2 numbers to the 12 x 14 levels in dB of
            :func:`~nsynthlib.synthesis.partial_levels`.
        mean, log_var: of each note's posterior, ``[n, 2]``.
        notes: as many, in the same order.
        empty: which cells of the map to hatch, bool ``[rows, rows]``, from -3 to 3 on both axes, lowest row first.
        anchors: the notes on which A and B lie at first.

    Raises:
        ValueError: for shapes that do not fit, layers that the page cannot compute, or an anchor that is no note.

    >>> import torch
    >>> from torch import nn
    >>> from nsynthlib import pocket
    >>> decoder = nn.Sequential(nn.Linear(2, 16), nn.SiLU(), nn.Linear(16, 12 * 14))
    >>> mean, log_var = torch.tensor([[-1.0, 0.5], [1.2, 0.0]]), torch.full((2, 2), -3.0)
    >>> toy_map(decoder, mean, log_var, pocket()[:2], empty=torch.zeros(10, 10, dtype=torch.bool))
    ToyMap(2 notes, decoder of 2904 numbers)
    """
    layers = list(_linear(decoder))
    sizes = [layers[0].in_features, *(layer.out_features for layer in layers)]
    if sizes[0] != 2 or sizes[-1] != PARTIALS * len(MOMENTS):
        raise ValueError(refusal("decoder", f"from {sizes[0]} to {sizes[-1]}", f"from 2 to {PARTIALS * len(MOMENTS)}"))
    if mean.shape != (len(notes), 2) or log_var.shape != mean.shape or not len(notes):
        given = f"{list(mean.shape)} and {list(log_var.shape)}"
        raise ValueError(f"{len(notes)} notes need mean and log_var of shape [{len(notes)}, 2], not {given}")
    for at in anchors:
        if not 0 <= at < len(notes):
            raise ValueError(refusal("anchor", at, f"from 0 to {len(notes) - 1}"))
    if empty.dim() != 2 or empty.shape[0] != empty.shape[1]:
        raise ValueError(f"empty must be a square of cells, [rows, rows], not {list(empty.shape)}")
    weights = [part for layer in layers for part in (layer.weight.flatten(), layer.bias)]
    return ToyMap(
        means=mean.tolist(),
        deviations=(log_var / 2).exp().tolist(),
        families=[note.family for note in notes],
        labels=[label_of(note) for note in notes],
        legend=legend_of(notes),
        empty=empty.to(torch.uint8).numpy().tobytes(),
        sizes=sizes,
        weights=torch.cat(weights).detach().float().numpy().tobytes(),
        chosen=anchors[0],
        anchors=list(anchors),
        colours=level_colours(),
    )


def _linear(decoder: nn.Sequential) -> Iterator[nn.Linear]:
    """The layers of a decoder that the page can compute; raises ValueError for any other."""
    layers = list(decoder)
    fits = [isinstance(layer, nn.SiLU if at % 2 else nn.Linear) for at, layer in enumerate(layers)]
    chain = [layer for layer in layers if isinstance(layer, nn.Linear)]
    if not all(fits) or len(fits) % 2 == 0 or any(a.out_features != b.in_features for a, b in pairwise(chain)):
        told = ", ".join(type(layer).__name__ for layer in layers) or "nothing"
        raise ValueError(f"decoder is {told}; give linear layers with an SiLU between each two")
    yield from chain
