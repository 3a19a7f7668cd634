"""What a reader moves: controls joined to an explorer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import ipywidgets
import traitlets

from nsynthlib.widgets.base import ExplorerWidget
from nsynthlib.widgets.settings import refusal

# Names stand whole beside their controls, and controls are as wide as their place.
STYLE = {"description_width": "max(6.5rem, 104px)"}
WIDE = {"width": "auto", "max_width": "100%"}
Number = TypeVar("Number", int, float)
LOOK: dict[str, Any] = {"style": STYLE, "layout": WIDE}


class RealSlider(ipywidgets.FloatSlider):
    """A slider that refuses NaN, which ipywidgets let pass."""

    @traitlets.validate("value")
    def _validate_value(self, proposal: Mapping[str, Any]) -> float:
        _refuse_nan(self, proposal["value"], self.min, self.max)
        return super()._validate_value(proposal)


class LogSlider(ipywidgets.FloatLogSlider):
    """A slider along a logarithm that refuses NaN, which ipywidgets let pass."""

    @traitlets.validate("value")
    def _validate_value(self, proposal: Mapping[str, Any]) -> float:
        _refuse_nan(self, proposal["value"], self.base**self.min, self.base**self.max)
        return super()._validate_value(proposal)


def _refuse_nan(slider: ipywidgets.Widget, value: float, low: float, high: float) -> None:
    if math.isnan(value):
        raise traitlets.TraitError(refusal(slider.description, value, f"from {low:g} to {high:g}"))


def choose(name: str, options: Sequence[Any], index: int, slider: bool = True) -> ipywidgets.Widget:
    """A control that chooses one of ``options`` (numbers, or pairs of label and value)."""
    kind = ipywidgets.SelectionSlider if slider else ipywidgets.Dropdown
    return kind(description=name, options=options, index=index, **LOOK)


class Explorer(ipywidgets.VBox):
    """Controls above one :class:`~nsynthlib.widgets.base.ExplorerWidget`, joined in the browser:

    so they work with and without Python.
    """

    def __init__(self, controls: Mapping[str, ipywidgets.Widget], widget: ExplorerWidget) -> None:
        for name, control in controls.items():
            held = "index" if name in widget.choices else "value"
            ipywidgets.jslink((control, held), (widget, name))
            control.add_class(f"nn-setting-{name}")
        for name in widget.of_example:
            controls[name].add_class("nn-of-example")
        panel = ipywidgets.Box(list(controls.values()))
        panel.add_class("nn-controls")
        super().__init__([panel, widget])
        self.add_class("nn-explorer")
        self.controls = dict(controls)
        self.widget = widget


def with_unit(values: Sequence[int], unit: str) -> list[tuple[str, int]]:
    """Whole numbers as options that tell their unit."""
    return [(f"{value} {unit}", value) for value in values]


def places_of(offered: Mapping[str, Sequence[Any]], wanted: Mapping[str, Any]) -> dict[str, int]:
    """Where each wanted value stands among those its control offers; raises ValueError for one that it does not."""
    for name, value in wanted.items():
        if value not in offered[name]:
            raise ValueError(refusal(name, repr(value), f"of {', '.join(map(str, offered[name]))}"))
    return {name: offered[name].index(value) for name, value in wanted.items()}


def check_within(name: str, value: Number, low: int, high: int, unit: str) -> Number:
    """``value``, which a slider from ``low`` to ``high`` can show; raises ValueError for one that it cannot."""
    if not low <= value <= high:
        raise ValueError(refusal(name, value, f"from {low} to {high} {unit}"))
    return value


def length_of(widget: ExplorerWidget) -> str:
    """How long the sound is that an explorer analyses."""
    return f"{len(widget.note) // 2} samples, {widget.sample_rate} Hz"
