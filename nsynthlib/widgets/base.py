"""What every explorer does where a kernel runs: it hears what its front end asks for, and answers.

On a page of the book, where no kernel runs, ``web/engine/answers.mjs`` gives the same answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import anywidget
import numpy as np
import torch
import traitlets

from nsynthlib.audio.encoding import encode_wav, from_pcm16
from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.audio.levels import limit_peak, peak_and_rms
from nsynthlib.colours import level_colours
from nsynthlib.constants import CONSTANTS
from nsynthlib.spectral import FLOOR_DB
from nsynthlib.spectral.phase import OnStep
from nsynthlib.widgets.background import in_background, kernel_runs
from nsynthlib.widgets.modules import WEB
from nsynthlib.widgets.settings import Choice

if TYPE_CHECKING:
    from torch import Tensor

Settings = Mapping[str, Any]
LONGEST_SECONDS: float = CONSTANTS["own_sound"]["longest_seconds"]  # of a reader's own sound


class ExplorerWidget(anywidget.AnyWidget):
    """The figure and the sound of some settings.

    A subclass has ``_esm`` (its view), one trait per setting (``widgets/settings.py``), and computes ``figure`` and
    ``audio``. The traits hold what the front end keeps of a control: a number, or the place of a choice, whose values
    stand in ``choices``; the methods get the values themselves, and the sound to analyse: the example, or a reader's
    own. A sound takes long: where a kernel runs it is computed beside everything else, and can be cancelled.
    """

    of_example: tuple[str, ...] = ()  # settings that move the example only, not a reader's own sound
    slow: tuple[str, ...] = ("sound",)  # what takes so long that a kernel computes it beside everything else

    _css = WEB / "page/explorer.css"
    kind = traitlets.Unicode().tag(sync=True)
    settings = traitlets.List(traitlets.Unicode()).tag(sync=True)  # names of the traits that are settings
    choices = traitlets.Dict().tag(sync=True)  # name of a setting -> its values, where it is chosen from a list
    note = traitlets.Bytes().tag(sync=True)  # the sound to analyse as int16; empty where there is none
    sounds = traitlets.Dict().tag(sync=True)  # name -> a file: others to analyse, one click away
    sample_rate = traitlets.Int(SAMPLE_RATE).tag(sync=True)
    stored = traitlets.Dict().tag(sync=True)  # answers that travel with a page, see store_answers; or none
    floor_db = traitlets.Float(FLOOR_DB).tag(sync=True)
    colours = traitlets.Bytes().tag(sync=True)  # red, green, blue of 256 levels

    def __init__(self, **traits: Any) -> None:
        known = self.traits(setting=True)
        choices = {name: list(trait.values) for name, trait in known.items() if isinstance(trait, Choice)}
        told: dict[str, Any] = dict(settings=list(known), choices=choices)
        super().__init__(colours=level_colours(), **(told | traits))
        self._sounds: dict[str, asyncio.Task[None]] = {}  # that are being computed, by the ids of their requests
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.kind})"

    def figure(self, settings: Settings, note: Tensor) -> dict[str, Any]:
        """What is drawn, by the names that the view draws it by; ``note`` is the example, or a reader's own sound."""
        raise NotImplementedError

    def audio(self, want: str, settings: Settings, note: Tensor, on_step: OnStep | None = None) -> tuple[Tensor, int]:
        """The ``"sound"`` of the figure, or another of its sounds, the ``"original"`` say; and its sample rate."""
        raise NotImplementedError

    def comparison(self, note: Tensor) -> dict[str, Any]:
        """What is drawn of a reader's own sound, where it stands beside the figure."""
        raise NotImplementedError

    def answer(
        self, want: str, settings: Settings, own: Sequence[bytes] = (), on_step: OnStep | None = None
    ) -> dict[str, Any]:
        """``"figure"``, ``"comparison"`` or the name of a sound; ``own`` is a sound in place of the example."""
        note = self.source_of(own, settings)
        if want == "figure":
            return self.figure(settings, note)
        if want == "comparison":
            return self.comparison(note)
        return _as_file(*self.audio(want, settings, note, on_step))

    def source_of(self, own: Sequence[bytes], settings: Settings) -> Tensor:
        """The sound to analyse, ``[samples]``."""
        if own and len(own[0]) > 2 * LONGEST_SECONDS * self.sample_rate:
            raise ValueError(f"the sound is longer than {LONGEST_SECONDS} s")
        return torch.from_numpy(from_pcm16(own[0] if own else self.example_of(settings)))

    def example_of(self, settings: Settings) -> bytes:
        """The sound to analyse where a reader gives none, as int16."""
        return self.note

    def store_answers(self, *sounds: str) -> None:
        """Keep the answers to the settings of now, for a page to show before it loads the engine, which is large."""
        chosen = {name: getattr(self, name) for name in self.settings}
        values = {name: self.choices[name][at] if name in self.choices else at for name, at in chosen.items()}
        answers = {}
        for want in ("figure", *sounds):
            told, kinds, buffers = _with_buffers(self.answer(want, values))
            answers[want] = {**told, "arrays": kinds, "buffers": buffers}
        self.stored = {"settings": values, **answers}

    def _receive(self, _: object, content: dict[str, Any], buffers: Sequence[bytes]) -> None:
        """Answers what the front end asks for, or leaves a sound that it no longer waits for."""
        if content.get("type") == "compute":
            if content["want"] in self.slow and kernel_runs():
                self._compute_beside(content, buffers)
            else:
                self._compute(content, buffers)
        elif content.get("type") == "cancel" and content["id"] in self._sounds:
            self._sounds[content["id"]].cancel()

    def _compute(self, content: dict[str, Any], own: Sequence[bytes]) -> None:
        try:
            answer = self.answer(content["want"], content["settings"], own)
        except Exception as error:
            self._refuse(content["id"], error)
        else:
            self._deliver(content["id"], answer)

    def _compute_beside(self, content: dict[str, Any], own: Sequence[bytes]) -> None:
        """Computes a sound in the background, from where it is sent when it is done."""
        number = content["id"]

        def work(on_step: OnStep) -> dict[str, Any]:
            return self.answer(content["want"], content["settings"], own, on_step)

        async def compute() -> None:
            try:
                answer = await in_background(work, lambda done, of: self.send({"id": number, "progress": done / of}))
            except Exception as error:
                self._refuse(number, error)
            else:
                self._deliver(number, answer)

        self._sounds[number] = asyncio.get_running_loop().create_task(compute())
        self._sounds[number].add_done_callback(lambda _: self._sounds.pop(number))

    def _deliver(self, number: str, answer: dict[str, Any]) -> None:
        """Sends an answer under the id of its request, arrays as bytes."""
        told, kinds, buffers = _with_buffers(answer)
        self.send({"id": number, "arrays": kinds, **told}, buffers=buffers)

    def _refuse(self, number: str, error: Exception) -> None:
        """Sends one line; raises what is not a refusal but a fault, which the log should show."""
        if isinstance(error, ValueError):
            self.send({"id": number, "error": str(error)})
            return
        self.send({"id": number, "error": f"this could not be computed ({type(error).__name__}: {error})"})
        raise error


def cells(parts: Tensor) -> np.ndarray:
    """Parts of the scale of colours, in [0, 1], as one byte a cell: all that 256 colours can show."""
    return (parts * 255).round().to(torch.uint8).numpy()


def level_cells(db: Tensor) -> np.ndarray:
    """Decibels of at most 0 as :func:`cells`; below -80 all look alike."""
    return cells((1 - db / FLOOR_DB).clamp_min(0.0))


def spectrogram(values: np.ndarray, hop: float) -> dict[str, Any]:
    """A figure of cells ``[rows, cols]`` with ``hop`` seconds from one column to the next."""
    return {"rows": values.shape[0], "cols": values.shape[1], "hop": hop, "cells": values}


def _with_buffers(answer: dict[str, Any]) -> tuple[dict[str, Any], list[list[str]], list[bytes]]:
    """An answer without its arrays; their names and types; their bytes."""
    arrays = {name: value for name, value in answer.items() if isinstance(value, np.ndarray)}
    told = {name: value for name, value in answer.items() if name not in arrays}
    kinds = [[name, value.dtype.name] for name, value in arrays.items()]
    return told, kinds, [value.tobytes() for value in arrays.values()]


def _as_file(audio: Tensor, sample_rate: int) -> dict[str, Any]:
    """A sound as a file with its levels; turned down as a whole where it would clip and only there."""
    fitted, less = limit_peak(audio)
    peak, rms = peak_and_rms(fitted.numpy())
    wav = np.frombuffer(encode_wav(fitted.numpy(), sample_rate), np.uint8)
    return {"wav": wav, "peak": peak, "rms": rms, "reduction_db": less}
