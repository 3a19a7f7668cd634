"""What every explorer does where a kernel runs: it hears what its front end asks for, and answers.

On a page of the book, where no kernel runs, ``web/engine/answers.mjs`` gives the same answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import anywidget
import matplotlib
import numpy as np
import torch
import traitlets

from nsynthlib.audio.encoding import encode_wav, from_pcm16
from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.audio.levels import limit_peak, peak_and_rms
from nsynthlib.constants import CONSTANTS
from nsynthlib.plots import COLOUR_MAP
from nsynthlib.spectral import FLOOR_DB
from nsynthlib.widgets.modules import WEB

if TYPE_CHECKING:
    from torch import Tensor

Settings = Mapping[str, Any]
LONGEST_SECONDS: float = CONSTANTS["own_sound"]["longest_seconds"]  # of a reader's own sound


def setting(trait: traitlets.TraitType, **about: Any) -> Any:
    """``trait`` as one of an explorer's settings, with what else is to be known about it."""
    return trait.tag(sync=True, setting=True, **about)


def choice(values: Sequence[Any]) -> Any:
    """A setting that is the index of one of ``values``."""
    return setting(traitlets.Int(), values=list(values))


class ExplorerWidget(anywidget.AnyWidget):
    """The figure and the sound of some settings.

    A subclass has ``_esm`` (its view), one trait per setting, and computes. The traits hold what the front end keeps of
    a control: a number, or the index of a choice, whose values stand in ``choices``; the methods get the values
    themselves. Where a spectrogram of the settings alone is shown, ``decibels`` and ``sound`` are all there is to
    write; ``figure`` and ``audio`` are for more, and get the sound to analyse too.
    """

    of_example: tuple[str, ...] = ()  # settings that move the example only, not a reader's own sound

    _css = WEB / "page/explorer.css"
    kind = traitlets.Unicode().tag(sync=True)
    settings = traitlets.List(traitlets.Unicode()).tag(sync=True)  # names of the traits that are settings
    choices = traitlets.Dict().tag(sync=True)  # name of a setting -> its values, where it is chosen from a list
    note = traitlets.Bytes().tag(sync=True)  # the sound to analyse as int16; empty where there is none
    sample_rate = traitlets.Int(SAMPLE_RATE).tag(sync=True)
    floor_db = traitlets.Float(FLOOR_DB).tag(sync=True)
    colours = traitlets.Bytes().tag(sync=True)  # red, green, blue of 256 levels

    def __init__(self, **traits: Any) -> None:
        steps = matplotlib.colormaps[COLOUR_MAP](np.arange(256))
        known = self.traits(setting=True)
        choices = {name: trait.metadata["values"] for name, trait in known.items() if "values" in trait.metadata}
        told: dict[str, Any] = dict(settings=list(known), choices=choices)
        super().__init__(colours=(255 * steps[:, :3]).round().astype(np.uint8).tobytes(), **(told | traits))
        self.on_msg(self._answer)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.kind})"

    def decibels(self, settings: Settings) -> tuple[Tensor, int]:
        """Decibels ``[rows, cols]`` in [-80, 0], and samples from one column to the next."""
        raise NotImplementedError

    def sound(self, settings: Settings) -> Tensor:
        """The sound ``[samples]`` of the figure."""
        raise NotImplementedError

    def figure(self, settings: Settings, note: Tensor) -> dict[str, Any]:
        """What is drawn, by the names that the view draws it by; ``note`` is the example, or a reader's own sound."""
        db, hop = self.decibels(settings)
        return spectrogram(level_cells(db), hop / self.sample_rate)

    def audio(self, want: str, settings: Settings, note: Tensor) -> tuple[Tensor, int]:
        """The ``"sound"`` of the figure, or the ``"original"`` to compare it with; and its sample rate."""
        return self.sound(settings), self.sample_rate

    def comparison(self, note: Tensor) -> dict[str, Any]:
        """What is drawn of a reader's own sound, where it stands beside the figure."""
        raise NotImplementedError

    def answer(self, want: str, settings: Settings, own: Sequence[bytes] = ()) -> dict[str, Any]:
        """``"figure"``, ``"comparison"``, ``"sound"`` or ``"original"``; ``own`` is a sound in place of the example."""
        note = self.source_of(own)
        if want == "figure":
            return self.figure(settings, note)
        if want == "comparison":
            return self.comparison(note)
        return _as_file(*self.audio(want, settings, note))

    def source_of(self, own: Sequence[bytes]) -> Tensor:
        """The sound to analyse, ``[samples]``."""
        if own and len(own[0]) > 2 * LONGEST_SECONDS * self.sample_rate:
            raise ValueError(f"the sound is longer than {LONGEST_SECONDS} s")
        return torch.from_numpy(from_pcm16(own[0] if own else self.note))

    def _answer(self, _: object, content: dict[str, Any], buffers: Sequence[bytes]) -> None:
        """Sends what the front end asks for back under the same id; a refusal is one line."""
        if content.get("type") != "compute":
            return
        try:
            answer = self.answer(content["want"], content["settings"], buffers)
        except Exception as error:
            self.send({"id": content["id"], "error": str(error)})
            if not isinstance(error, ValueError):  # not a refusal but a fault, which the log should show
                raise
            return
        arrays = {name: value for name, value in answer.items() if isinstance(value, np.ndarray)}
        told = {name: value for name, value in answer.items() if name not in arrays}
        kinds = [[name, value.dtype.name] for name, value in arrays.items()]
        self.send({"id": content["id"], "arrays": kinds, **told}, buffers=[a.tobytes() for a in arrays.values()])


def cells(parts: Tensor) -> np.ndarray:
    """Parts of the scale of colours, in [0, 1], as one byte a cell: all that 256 colours can show."""
    return (parts * 255).round().to(torch.uint8).numpy()


def level_cells(db: Tensor) -> np.ndarray:
    """Decibels of at most 0 as :func:`cells`; below -80 all look alike."""
    return cells((1 - db / FLOOR_DB).clamp_min(0.0))


def spectrogram(values: np.ndarray, hop: float) -> dict[str, Any]:
    """A figure of cells ``[rows, cols]`` with ``hop`` seconds from one column to the next."""
    return {"rows": values.shape[0], "cols": values.shape[1], "hop": hop, "cells": values}


def _as_file(audio: Tensor, sample_rate: int) -> dict[str, Any]:
    """A sound as a file with its levels; turned down as a whole where it would clip and only there."""
    fitted, less = limit_peak(audio)
    peak, rms = peak_and_rms(fitted.numpy())
    wav = np.frombuffer(encode_wav(fitted.numpy(), sample_rate), np.uint8)
    return {"wav": wav, "peak": peak, "rms": rms, "reduction_db": less}
