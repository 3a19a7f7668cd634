"""The Fourier probe: how much of one frequency is in a frame of a sound, and how the sum that tells it comes about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np
import torch
import traitlets
from scipy import signal

from nsynthlib.audio.encoding import check_rate, to_pcm16
from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.constants import CONSTANTS
from nsynthlib.data.sound import Sound, read_sound
from nsynthlib.spectral import WINDOWS
from nsynthlib.spectral.phase import OnStep
from nsynthlib.widgets.base import ExplorerWidget, Settings
from nsynthlib.widgets.controls import LOOK, Explorer, RealSlider, check_within, choose, length_of, places_of, with_unit
from nsynthlib.widgets.modules import WEB, one_file
from nsynthlib.widgets.sampling import faded
from nsynthlib.widgets.settings import Choice, Real, Whole, setting

if TYPE_CHECKING:
    from torch import Tensor

FRAME_LENGTHS, DISPLAYS = (tuple(CONSTANTS["choices"][name]) for name in ("frame_length", "display"))
N_FFT: int = CONSTANTS["fourier"]["n_fft"]  # of the smooth curve: zeros fill the frame up to it
SECONDS: float = CONSTANTS["fourier"]["seconds"]  # of the probe's own tone


def frame_of(audio: np.ndarray, first: int, length: int) -> np.ndarray:
    """``audio[first : first + length]``, filled up with zeros where the sound has ended."""
    part = audio[first : first + length]
    return np.pad(part, (0, length - len(part)))


def probe(frame: np.ndarray, frequency: float, sample_rate: int) -> np.ndarray:
    """The terms ``x[n] exp(-2 pi i f n / sample_rate)``, complex ``[samples]``; their sum is the DFT at ``f``."""
    return frame * np.exp(-2j * np.pi * frequency / sample_rate * np.arange(len(frame)))


class FourierWidget(ExplorerWidget):
    """One frame of a sound, its samples turned by the probe's frequency, their running sum, and the spectrum."""

    _esm = one_file(WEB / "views/fourier.mjs")
    _css: Any = "".join((WEB / name).read_text(encoding="utf-8") for name in ("page/explorer.css", "views/fourier.css"))
    highest = setting(Whole(1, lambda explorer: explorer.sample_rate // 2, 1))  # hertz, the end of the axis
    last = traitlets.Int().tag(sync=True)  # the latest start of a frame, in milliseconds
    frequency = setting(Real(0, lambda explorer: explorer.highest))
    start = setting(Whole(0, lambda explorer: explorer.last))
    frame_length = setting(Choice(FRAME_LENGTHS))
    window = setting(Choice(WINDOWS))
    part = setting(Whole(0, 100))
    display = setting(Choice(DISPLAYS))

    def __init__(self, audio: np.ndarray, sample_rate: int, highest: int, **chosen: Any) -> None:
        last = 1000 * len(audio) // sample_rate
        told = dict(kind="fourier", note=to_pcm16(audio).tobytes(), sample_rate=sample_rate, last=last)
        super().__init__(**told)
        self.highest = highest
        for name, value in chosen.items():
            setattr(self, name, value)

    def _frame(self, settings: Settings, note: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """The frame under its window, float64, and the window."""
        length = settings["frame_length"]
        taps = signal.get_window(settings["window"], length)
        first = settings["start"] * self.sample_rate // 1000
        return taps * frame_of(note.numpy().astype(np.float64), first, length), taps

    def figure(self, settings: Settings, note: Tensor) -> dict[str, Any]:
        """The sum as ``re`` and ``im``, as the DFT has it; everything drawn is divided by ``reference``.

        A sine of amplitude A at the probe's frequency reaches the height A, at 0 Hz and at half the sample rate 2 A.
        """
        frame, taps = self._frame(settings, note)
        reference = float(taps.sum() / 2)
        turned = probe(frame, settings["frequency"], self.sample_rate)
        sums = np.concatenate([[0], np.cumsum(turned)])
        shown = 1 + settings["highest"] * N_FFT // self.sample_rate
        told = {"turned": turned, "sum": sums / reference}
        planes = {
            f"{name}_{axis}": getattr(values, axis).astype(np.float32)
            for name, values in told.items()
            for axis in ("real", "imag")
        }
        return {
            "re": float(sums[-1].real),
            "im": float(sums[-1].imag),
            "reference": reference,
            "step": self.sample_rate / N_FFT,
            "frame": frame.astype(np.float32),
            "taps": taps.astype(np.float32),
            "heights": (np.abs(np.fft.rfft(frame, N_FFT)[:shown]) / reference).astype(np.float32),
            **planes,
        }

    def audio(self, want: str, settings: Settings, note: Tensor, on_step: OnStep | None = None) -> tuple[Tensor, int]:
        """The sound, or the sine that the probe has found in it: as high, as strong and with the same phase."""
        if want == "original":
            return note, self.sample_rate
        frame, taps = self._frame(settings, note)
        found = probe(frame, settings["frequency"], self.sample_rate).sum() / (taps.sum() / 2)
        turns = settings["frequency"] / self.sample_rate * np.arange(round(SECONDS * self.sample_rate))
        tone = np.abs(found) * np.cos(2 * np.pi * turns + np.angle(found))
        return torch.from_numpy(faded(tone, self.sample_rate)), self.sample_rate


class FourierExplorer(Explorer):
    """Made by :func:`fourier_explorer`.

    >>> from nsynthlib import pocket
    >>> explorer = fourier_explorer(pocket()[0], frequency=440.0)
    >>> explorer.controls["frequency"].value
    440.0
    """

    def __repr__(self) -> str:
        return f"FourierExplorer({length_of(self.widget)})"


def fourier_explorer(
    audio: Sound,
    sample_rate: int = SAMPLE_RATE,
    *,
    frequency: float = 220.0,
    highest: int = 2000,
    start: int = 250,
    frame_length: int = 1024,
    window: str = "boxcar",
    part: int = 100,
    display: str = "linear",
) -> FourierExplorer:
    """A frequency that is moved along the spectrum of a frame by hand, and the sum that gives the height there.

    Args:
        audio: ``[samples]`` in [-1, 1], or int16, or a note; it travels with the widget as 16-bit samples.
        sample_rate: in hertz, 3000 to 768000.
        frequency: of the probe at first, 0 to ``highest`` hertz.
        highest: the end of the frequency axis, a whole number of hertz up to half the sample rate.
        start: of the frame at first, in milliseconds from the beginning of the sound.
        frame_length, window, display: at first; values in ``FRAME_LENGTHS``, ``WINDOWS`` and ``DISPLAYS``.
        part: how much of the sum is drawn at first, in per cent of the frame's samples.

    Raises:
        ValueError: for a sound that cannot be played, or a value that the controls do not have.

    >>> from nsynthlib import pocket
    >>> fourier_explorer(pocket()[0])
    FourierExplorer(64000 samples, 16000 Hz)
    """
    sound, sample_rate = read_sound(audio).numpy(), check_rate(sample_rate)
    offered = dict(frame_length=FRAME_LENGTHS, window=WINDOWS, display=DISPLAYS)
    at = places_of(offered, dict(frame_length=frame_length, window=window, display=display))
    last = 1000 * len(sound) // sample_rate
    chosen = {
        "frequency": check_within("frequency", frequency, 0, highest, "Hz"),
        "start": check_within("start", start, 0, last, "ms"),
        "part": check_within("part", part, 0, 100, "%"),
    }
    check_within("highest", highest, 1, sample_rate // 2, "Hz")
    slider, whole = RealSlider, ipywidgets.IntSlider
    controls = {
        "frequency": slider(frequency, min=0, max=highest, step=1, description="Frequency (Hz)", **LOOK),
        "start": whole(start, 0, last, 10, description="Start (ms)", **LOOK),
        "frame_length": choose("Frame", with_unit(FRAME_LENGTHS, "samples"), at["frame_length"]),
        "part": whole(part, 0, 100, description="Summed (%)", **LOOK),
        "window": choose("Window", WINDOWS, at["window"], slider=False),
        "display": choose("Display", DISPLAYS, at["display"], slider=False),
    }
    return FourierExplorer(controls, FourierWidget(sound, sample_rate, highest, **chosen, **at))
