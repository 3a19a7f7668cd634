"""How far a stack of causal convolutions looks back, and what one more sample costs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import ipywidgets
import numpy as np
import torch

from nsynthlib.audio.encoding import to_pcm16
from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.constants import CONSTANTS
from nsynthlib.data import Note, pocket
from nsynthlib.spectral.phase import OnStep
from nsynthlib.widgets.base import ExplorerWidget, Settings
from nsynthlib.widgets.controls import LOOK, Explorer, check_within, choose, places_of
from nsynthlib.widgets.modules import WEB, one_file
from nsynthlib.widgets.settings import Choice, Whole, setting

if TYPE_CHECKING:
    from torch import Tensor

_SHARED = CONSTANTS["receptive_field"]
KERNEL_SIZES: tuple[int, int] = tuple(_SHARED["kernel_size"])  # least and most
LAYERS: tuple[int, int] = tuple(_SHARED["layers"])
STACKS: tuple[int, int] = tuple(_SHARED["stacks"])
GROWTHS = {"doubled": "1, 2, 4, 8 and so on", "constant": "1 in each layer"}  # of the dilation, and in words
SHOWN: int = _SHARED["shown"]  # samples that the picture reaches back at most
NOTE = "guitar_acoustic_024-052-100"


def dilations_of(*, layers: int, stacks: int, growth: str) -> list[int]:
    """Dilation of each layer, lowest first: 1, 2, 4 and so on, anew in each stack, or 1 throughout."""
    return [2**layer if growth == "doubled" else 1 for layer in range(layers)] * stacks


class Tree(NamedTuple):
    """All numbers that one output of a stack depends on."""

    reach: list[int]  #: samples that an output of the lowest 1, 2, ... layers depends on
    products: list[int]  #: to compute it alone, one multiplication for each weight that meets a number
    places: list[np.ndarray]  #: of the numbers of each row that are needed, in samples ago; the samples first


def tree_of(kernel_size: int, dilations: Sequence[int]) -> Tree:
    """The tree below one output, with one channel a layer.

    >>> tree = tree_of(2, [1, 2, 4])
    >>> tree.reach[-1], tree.products[-1], [len(row) for row in tree.places]
    (8, 14, [8, 4, 2, 1])
    """
    below = [_rows(kernel_size, dilations[: top + 1]) for top in range(len(dilations))]
    products = [kernel_size * sum(len(row) for row in rows[1:]) for rows in below]
    reach = [1 + (kernel_size - 1) * total for total in np.cumsum(dilations).tolist()]
    return Tree(reach, products, below[-1])


def _rows(kernel_size: int, dilations: Sequence[int]) -> list[np.ndarray]:
    """Places of the numbers that one output depends on, row by row, the samples first."""
    rows = [np.array([0])]
    for dilation in reversed(dilations):
        rows.append(np.unique(np.add.outer(rows[-1], dilation * np.arange(kernel_size))))
    return rows[::-1]


class ReceptiveFieldWidget(ExplorerWidget):
    """The tree below one output, what it reaches and costs, and as much of a note."""

    _esm = one_file(WEB / "views/receptive_field.mjs")
    kernel_size = setting(Whole(*KERNEL_SIZES, KERNEL_SIZES[0]))
    layers = setting(Whole(*LAYERS, LAYERS[0]))
    stacks = setting(Whole(*STACKS, STACKS[0]))
    growth = setting(Choice(tuple(GROWTHS)))

    def figure(self, settings: Settings, note: Tensor) -> dict[str, Any]:
        """Dots and branches of the tree, gaps as NaN; ``reach`` and the costs layer by layer.

        ``x`` counts samples, 0 for the newest; ``y`` counts layers, 0 for the samples.
        """
        size, dilations = settings["kernel_size"], _dilations(settings)
        tree = tree_of(size, dilations)
        shown = [-row[row < SHOWN].astype(float) for row in tree.places]
        branches = [
            (np.stack([x, x - k * dilation, x], 1), np.tile([y + 1, y, np.nan], (len(x), 1)))
            for y, (dilation, x) in enumerate(zip(dilations, shown[1:], strict=True))
            for k in range(size)
        ]
        arrays = {
            "dots_x": np.concatenate(shown),
            "dots_y": np.repeat(np.arange(len(shown)), [len(x) for x in shown]),
            "branches_x": np.concatenate([x.ravel() for x, _ in branches]),
            "branches_y": np.concatenate([y.ravel() for _, y in branches]),
            "reach": np.array(tree.reach),
            "products": np.array(tree.products),
            "queued": size * np.arange(1, len(dilations) + 1),
        }
        return {name: values.astype(np.float32) for name, values in arrays.items()}

    def audio(self, want: str, settings: Settings, note: Tensor, on_step: OnStep | None = None) -> tuple[Tensor, int]:
        """As much of the note as one output depends on, between silences."""
        reach = 1 + (settings["kernel_size"] - 1) * sum(_dilations(settings))
        out = torch.zeros(round(_SHARED["seconds"] * self.sample_rate), dtype=note.dtype)
        start = round(_SHARED["silence"] * self.sample_rate)
        first = round(_SHARED["from"] * self.sample_rate)
        out[start : start + reach] = note[first : first + reach]
        return out, self.sample_rate


def _dilations(settings: Settings) -> list[int]:
    return dilations_of(layers=settings["layers"], stacks=settings["stacks"], growth=settings["growth"])


class ReceptiveFieldExplorer(Explorer):
    """Made by :func:`receptive_field_explorer`.

    >>> receptive_field_explorer(layers=8).controls["layers"].value
    8
    """

    def __repr__(self) -> str:
        return f"ReceptiveFieldExplorer(up to {LAYERS[1] * STACKS[1]} layers)"


def receptive_field_explorer(
    *, kernel_size: int = 2, layers: int = 5, stacks: int = 1, growth: str = "doubled", note: Note | None = None
) -> ReceptiveFieldExplorer:
    """The receptive field of a stack of dilated causal convolutions: seen, heard, and what a sample costs.

    Args:
        kernel_size: numbers that each number is made of, at first; 2 to 4.
        layers: of a stack, at first; 1 to 10.
        stacks: one upon the other, at first; 1 to 4.
        growth: of the dilation from layer to layer at first, one of ``GROWTHS``.
        note: of which as much is heard as the stack reaches; a guitar's from the package without.

    Raises:
        ValueError: for a value that the controls do not have.

    >>> receptive_field_explorer(layers=8)
    ReceptiveFieldExplorer(up to 40 layers)
    """
    at = places_of({"growth": tuple(GROWTHS)}, {"growth": growth})
    chosen = {
        "kernel_size": check_within("kernel_size", kernel_size, *KERNEL_SIZES, "numbers"),
        "layers": check_within("layers", layers, *LAYERS, "layers"),
        "stacks": check_within("stacks", stacks, *STACKS, "stacks"),
    }
    names = {"kernel_size": "Kernel size", "layers": "Layers a stack", "stacks": "Stacks"}
    controls: dict[str, ipywidgets.Widget] = {
        name: ipywidgets.IntSlider(value, *_SHARED[name], description=names[name], **LOOK)
        for name, value in chosen.items()
    }
    controls["growth"] = choose(
        "Dilation", [(words, name) for name, words in GROWTHS.items()], at["growth"], slider=False
    )
    [heard] = [note] if note else [one for one in pocket() if one.name == NOTE]
    told = to_pcm16(heard.audio[:SAMPLE_RATE].numpy()).tobytes()  # more than any stack reaches
    widget = ReceptiveFieldWidget(kind="receptiveField", note=told, **chosen, **at)
    return ReceptiveFieldExplorer(controls, widget)
