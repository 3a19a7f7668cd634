"""What an explorer computes where a kernel runs; the page's engine in ``web/worker.mjs`` gives the same answers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import matplotlib
import numpy as np
import torch
import traitlets

from nsynthlib.data import FAMILIES
from nsynthlib.generation import GRIFFIN_LIM_STEPS, decode, explorer_axes
from nsynthlib.plots import COLOUR_MAP
from nsynthlib.spectral import (
    FLOOR_DB,
    SAMPLE_RATE,
    STFT,
    WINDOWS,
    dbfs,
    griffin_lim,
    istft,
    magnitude_to_audio,
    stft,
    to_db,
)
from nsynthlib.widgets.encoding import encode_wav, levels, to_int16

if TYPE_CHECKING:
    from torch import Tensor

    from nsynthlib.models import CVAE

WEB = Path(__file__).parent.parent / "web"
HOPS = (64, 128, 256, 512, 1024)
FFT_SIZES = (256, 512, 1024, 2048, 4096)
PHASES = ("kept", "pghi", "griffin-lim")
VELOCITIES = (25, 50, 75, 100, 127)


class Explorer(anywidget.AnyWidget):
    """The picture and the sound of some settings; its front end is ``web/explorer.mjs``.

    A subclass has one trait per setting and computes. The traits hold what the front end keeps of a control: a number,
    or the index of a choice, whose values stand in ``choices``.
    """

    _esm = WEB / "explorer.mjs"
    _css = WEB / "explorer.css"
    kind = traitlets.Unicode().tag(sync=True)
    settings = traitlets.List(traitlets.Unicode()).tag(sync=True)  # names of the traits that are settings
    choices = traitlets.Dict().tag(sync=True)  # name of a setting -> its values, where it is chosen from a list
    note = traitlets.Bytes().tag(sync=True)  # the sound to analyse as int16; empty where there is none
    sample_rate = traitlets.Int(SAMPLE_RATE).tag(sync=True)
    floor_db = traitlets.Float(FLOOR_DB).tag(sync=True)
    colours = traitlets.Bytes().tag(sync=True)  # red, green, blue of 256 levels

    def __init__(self, **traits: Any) -> None:
        steps = matplotlib.colormaps[COLOUR_MAP](np.arange(256))
        super().__init__(colours=(255 * steps[:, :3]).round().astype(np.uint8).tobytes(), **traits)
        self.on_msg(self._answer)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.kind})"

    def picture(self, settings: Mapping[str, Any]) -> tuple[Tensor, int]:
        """Decibels ``[rows, cols]`` in [-80, 0], and samples from one column to the next."""
        raise NotImplementedError

    def sound(self, settings: Mapping[str, Any]) -> Tensor:
        """The sound ``[samples]`` of the picture."""
        raise NotImplementedError

    def _answer(self, _: object, content: dict[str, Any], __: object = None) -> None:
        """Computes what the front end asks for and sends it back under the same id; a refusal is one line."""
        if content.get("type") != "compute":
            return
        make = {"picture": self._picture_message, "sound": self._sound_message}[content["want"]]
        try:
            answer, data = make(content["settings"])
        except Exception as error:
            self.send({"id": content["id"], "error": str(error)})
            if not isinstance(error, ValueError):  # not a refusal but a fault, which the log should show
                raise
            return
        self.send({"id": content["id"], **answer}, buffers=[data])

    def _picture_message(self, settings: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
        """One byte a cell, 0 at the floor and 255 at 0 dB: all that 256 colours can show."""
        db, hop = self.picture(settings)
        cells = ((1 - db / self.floor_db) * 255).round().to(torch.uint8).numpy().tobytes()
        return {"rows": db.shape[0], "cols": db.shape[1], "hop": hop / self.sample_rate}, cells

    def _sound_message(self, settings: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
        """A sound that reaches beyond full scale is turned down as a whole; no other loudness is touched."""
        audio = self.sound(settings).numpy()
        beyond = max(1.0, float(np.abs(audio).max()))
        peak, rms = levels(audio / beyond)
        answer = {"sound": True, "peak": peak, "rms": rms, "turned_down": dbfs(beyond)}
        return answer, encode_wav(audio / beyond, self.sample_rate)


class STFTPicture(Explorer):
    """Spectrogram of one sound, and the sound rebuilt from it with or without its phase."""

    hop_length = traitlets.Int().tag(sync=True)
    window = traitlets.Int().tag(sync=True)
    n_fft = traitlets.Int().tag(sync=True)
    phase = traitlets.Int().tag(sync=True)

    def __init__(self, audio: np.ndarray, sample_rate: int, **chosen: int) -> None:
        choices = {"hop_length": HOPS, "window": WINDOWS, "n_fft": FFT_SIZES, "phase": PHASES}
        super().__init__(
            kind="stft",
            settings=list(choices),
            choices={name: list(values) for name, values in choices.items()},
            note=to_int16(audio).tobytes(),
            sample_rate=sample_rate,
            **chosen,
        )

    def _spectrum(self, settings: Mapping[str, Any]) -> tuple[Tensor, STFT, int]:
        made = STFT(settings["n_fft"], settings["hop_length"], window=settings["window"])
        audio = torch.from_numpy(np.frombuffer(self.note, "<i2").astype(np.float32) / 32768)
        return stft(audio, made), made, len(audio)

    def picture(self, settings: Mapping[str, Any]) -> tuple[Tensor, int]:
        spectrum, made, _ = self._spectrum(settings)
        return to_db(spectrum.abs(), made), made.hop_length

    def sound(self, settings: Mapping[str, Any]) -> Tensor:
        spectrum, made, samples = self._spectrum(settings)
        if settings["phase"] == "kept":
            return istft(spectrum, made, samples)
        if settings["phase"] == "pghi":
            return magnitude_to_audio(spectrum.abs(), made, samples, n_iter=0)
        return griffin_lim(spectrum.abs(), made, samples, n_iter=32)


class CVAEPicture(Explorer):
    """Picture and sound of a note that a CVAE makes."""

    pitch = traitlets.Int().tag(sync=True)
    family = traitlets.Int().tag(sync=True)
    velocity = traitlets.Int().tag(sync=True)
    point = traitlets.Int().tag(sync=True)
    x = traitlets.Float().tag(sync=True)
    y = traitlets.Float().tag(sync=True)

    def __init__(self, model: CVAE, **chosen: float) -> None:
        self.model = model
        self.axes, self.points = explorer_axes(model)
        super().__init__(
            kind="cvae",
            settings=["pitch", "family", "velocity", "point", "x", "y"],
            choices={"family": list(FAMILIES), "velocity": list(VELOCITIES)},
            **chosen,
        )

    def picture(self, settings: Mapping[str, Any]) -> tuple[Tensor, int]:
        z = self.points[settings["point"]].clone()
        z[self.axes[0]] += settings["x"]
        z[self.axes[1]] += settings["y"]
        db = decode(self.model, z, settings["pitch"], settings["family"], settings["velocity"])
        return db, self.model.log_mel.hop_length

    def sound(self, settings: Mapping[str, Any]) -> Tensor:
        return self.model.log_mel.sound(self.picture(settings)[0], GRIFFIN_LIM_STEPS)
