"""The explorers of the ways of synthesis: a note, its envelope to be dragged, and its spectrogram below."""

from __future__ import annotations

import math

import ipywidgets

from nsynthlib.widgets.controls import LOOK, Explorer, LogSlider, RealSlider, choose
from nsynthlib.widgets.synthesis_notes import PITCHES, VELOCITIES, WAYS, NoteWidget


class SynthesisExplorer(Explorer):
    """Made by :func:`synthesis_explorer`.

    >>> sorted(synthesis_explorer("plucked").controls)[:4]
    ['cutoff', 'pitch', 'position', 'ringing']
    """

    def __init__(self, widget: NoteWidget) -> None:
        controls = {name: _control(widget, name) for name in widget.labels}
        controls["pitch"] = ipywidgets.IntSlider(widget.pitch, *PITCHES, description="Pitch (MIDI)", **LOOK)
        controls["velocity"] = ipywidgets.IntSlider(widget.velocity, *VELOCITIES, description="Velocity", **LOOK)
        super().__init__(controls, widget)

    def __repr__(self) -> str:
        return f"SynthesisExplorer({self.widget.way}: {', '.join(self.widget.labels)})"


def _control(widget: NoteWidget, name: str) -> ipywidgets.Widget:
    """The slider or the list of one of a way's own settings."""
    words, unit = widget.labels[name]
    value = getattr(widget, name)
    if name in widget.choices:
        return choose(words, widget.choices[name], value, slider=False)
    slider = widget.traits()[name].metadata["slider"]
    look = {"description": f"{words} ({unit})" if unit else words, **LOOK}
    if slider["step"]:
        return RealSlider(value, **slider, **look)
    ends = {end: math.log10(slider[end]) for end in ("min", "max")}
    return LogSlider(value, **(slider | ends | {"step": 0.02}), **look)


def synthesis_explorer(method: str) -> SynthesisExplorer:
    """A note of one way of synthesis, its settings and its envelope moved by hand; it is seen and heard.

    Args:
        method: additive, subtractive, fm, granular, plucked or spectral.

    Raises:
        ValueError: for another.

    >>> synthesis_explorer("fm")
    SynthesisExplorer(fm: ratio, index, fading)
    """
    if method not in WAYS:
        raise ValueError(f"method {method!r} is unknown; choose one of {', '.join(WAYS)}")
    return SynthesisExplorer(WAYS[method]())
