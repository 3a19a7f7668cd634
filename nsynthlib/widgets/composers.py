"""The explorers of composers: a piece by rule or by chance, seen as a piano roll, played by the CVAE, taken away."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any

import ipywidgets
import numpy as np
import traitlets
from torch import Tensor

from nsynthlib.audio.levels import limit_peak
from nsynthlib.constants import CONSTANTS
from nsynthlib.data import FAMILIES
from nsynthlib.generation import TEXTURE, decode
from nsynthlib.generation.pad import pad_of
from nsynthlib.models import CVAE
from nsynthlib.models.autoencoders import need_model
from nsynthlib.playing import PlayedNote, hold, write_midi
from nsynthlib.spectral.phase import OnStep
from nsynthlib.widgets.base import ExplorerWidget, Settings
from nsynthlib.widgets.composer_methods import METHODS, OPTIONS
from nsynthlib.widgets.composer_pieces import Figure
from nsynthlib.widgets.controls import LOOK, Explorer, choose
from nsynthlib.widgets.keys import as_played
from nsynthlib.widgets.modules import WEB, one_file
from nsynthlib.widgets.settings import Choice, Whole, setting

VELOCITY = 100  # of which the model makes notes; others are as much louder or softer
STYLES = ("page/explorer", "views/composer")


class ComposerWidget(ExplorerWidget):
    """The piece of one method, its picture and its notes. A subclass composes, see ``METHODS``."""

    slow = ("held",)
    _css: Any = "".join((WEB / f"{name}.css").read_text("utf-8") for name in STYLES)
    family: Any = setting(Choice(FAMILIES), label="Played by")
    limits = traitlets.Dict().tag(sync=True)  # lowest and highest of each setting that is a number

    def __init__(self, model: CVAE | None, **chosen: Any) -> None:
        if model is not None:
            need_model(model, "the explorer of a composer", CVAE)
        self._given = model
        self._middle = cache(lambda family: pad_of(self.model, family).at(0, 0))  # each takes a second
        numbers = {name: trait for name, trait in self.traits(setting=True).items() if isinstance(trait, Whole)}
        limits = {name: [trait.low, trait.high] for name, trait in numbers.items()}
        super().__init__(limits=limits, **chosen)

    @cached_property
    def model(self) -> CVAE:
        """The shipped one, loaded when a first note is played, if none was given."""
        return self._given or CVAE.from_pretrained()

    def compose(self, settings: Settings) -> Figure:
        """The piece, see :func:`~nsynthlib.widgets.composer_pieces.figure_of`."""
        raise NotImplementedError

    def answer(
        self, want: str, settings: Settings, own: Sequence[bytes] = (), on_step: OnStep | None = None
    ) -> dict[str, Any]:
        """The ``"figure"``; ``"held"``, the note of a pitch as it is played; ``"midi"``, the piece as a file."""
        if want == "figure":
            return self.compose(settings)
        if want == "midi":
            return {"midi": np.frombuffer(as_midi(self.compose(settings), settings["family"]), np.uint8)}
        return as_played(hold(limit_peak(self._note(settings["pitch"], settings["family"], on_step))[0]))

    def _note(self, pitch: int, family: str, on_step: OnStep | None) -> Tensor:
        db = decode(self.model, self._middle(family), pitch, family, VELOCITY, TEXTURE)
        return self.model.log_mel.inverse(db, CONSTANTS["instrument"]["n_iter"], on_step)


def as_midi(figure: Figure, family: str) -> bytes:
    """The piece as a standard MIDI file."""
    file = io.BytesIO()
    write_midi([PlayedNote(start, end, pitch, level, family) for start, end, pitch, level, _ in figure["notes"]], file)
    return file.getvalue()


def _widget_of(method: str) -> type[ComposerWidget]:
    """The widget of a method: its view, its settings and how it composes."""
    told = METHODS[method]
    own: dict[str, Any] = {
        **told.settings,
        "family": setting(Choice(FAMILIES, FAMILIES.index(told.family)), label="Played by"),
        "_esm": one_file(WEB / f"views/{told.view}.mjs"),
        "compose": staticmethod(told.compose),
    }
    return type(f"{method.title().replace('_', '')}Widget", (ComposerWidget,), own)


def _control(widget: ComposerWidget, name: str) -> ipywidgets.Widget:
    """What moves a setting: a slider, a list, a box, or a number to be typed."""
    trait, value = widget.traits()[name], getattr(widget, name)
    label = trait.metadata["label"]
    if isinstance(trait, Choice):
        options = [(OPTIONS.get(option, str(option).replace("_", " ")), option) for option in trait.values]
        return choose(label, options, value, slider=not isinstance(trait.values[0], str))
    if isinstance(trait, traitlets.Bool):
        return ipywidgets.Checkbox(value, description=label, indent=False, layout=LOOK["layout"])
    if name == "seed":
        return ipywidgets.BoundedIntText(value, min=trait.low, max=trait.high, description=label, **LOOK)
    return ipywidgets.IntSlider(value, trait.low, trait.high, description=label, **LOOK)


class ComposerExplorer(Explorer):
    """Made by :func:`composer_explorer`.

    >>> composer_explorer("markov").controls["seed"].value
    0
    """

    def __init__(self, widget: ComposerWidget) -> None:
        names = [*METHODS[widget.kind].settings, "family"]
        super().__init__({name: _control(widget, name) for name in names}, widget)

    def __repr__(self) -> str:
        return f"ComposerExplorer({self.widget.kind}: {', '.join(self.widget.settings)})"


def composer_explorer(method: str, model: CVAE | None = None) -> ComposerExplorer:
    """A piece that one of the old methods composes, its rule adjusted by hand; it is seen, heard and taken away.

    Every pitch is made once by a CVAE, at the middle of a family's instruments. On a page of the book a link names the
    piece, and it can be opened in the instrument.

    Args:
        method: isorhythm, canon, dice, twelve_tone, chance, markov, counterpoint, grammar or recombination.
        model: that plays where a kernel runs, by default the shipped one; on a page that one plays in any case.

    Raises:
        ValueError: for another method.
        UsageError: for a model that is no CVAE.

    >>> composer_explorer("dice")
    ComposerExplorer(dice: family, seed)
    """
    if method not in METHODS:
        raise ValueError(f"method {method!r} is unknown; choose one of {', '.join(METHODS)}")
    return ComposerExplorer(_widget_of(method)(model, kind=method))
