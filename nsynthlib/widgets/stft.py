"""The explorer of the short-time Fourier transform: its settings, and what is heard when its phase is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np

from nsynthlib.audio.encoding import check_rate, to_pcm16
from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.constants import CONSTANTS
from nsynthlib.data.sound import Sound, read_sound
from nsynthlib.spectral import STFT, WINDOWS, griffin_lim, istft, magnitude_to_audio, stft, to_db
from nsynthlib.spectral.phase import OnStep
from nsynthlib.widgets.base import ExplorerWidget, Settings, cells, level_cells, spectrogram
from nsynthlib.widgets.controls import LOOK, Explorer, check_within, choose, length_of, places_of, with_unit
from nsynthlib.widgets.modules import WEB, one_file
from nsynthlib.widgets.settings import Choice, Whole, setting

if TYPE_CHECKING:
    from torch import Tensor

FFT_SIZES, WIN_LENGTHS, HOPS, DISPLAYS, PHASES = (
    tuple(CONSTANTS["choices"][name]) for name in ("n_fft", "win_length", "hop_length", "display", "phase")
)  # a window length of 0 is as long as the FFT
PHASE_NAMES = (  # of PHASES, for the reader
    "kept",
    "thrown away, PGHI",
    "thrown away, Griffin-Lim",
    "thrown away, PGHI then Griffin-Lim",
)
MOST_STEPS = 100  # of Griffin and Lim


class STFTWidget(ExplorerWidget):
    """Spectrogram of one sound, and the sound rebuilt from it with or without its phase."""

    _esm = one_file(WEB / "views/stft.mjs")
    n_fft = setting(Choice(FFT_SIZES))
    win_length = setting(Choice(WIN_LENGTHS))
    hop_length = setting(Choice(HOPS))
    window = setting(Choice(WINDOWS))
    display = setting(Choice(DISPLAYS))
    phase = setting(Choice(PHASES))
    n_iter = setting(Whole(1, MOST_STEPS))

    def __init__(self, audio: np.ndarray, sample_rate: int, **chosen: int) -> None:
        super().__init__(kind="stft", note=to_pcm16(audio).tobytes(), sample_rate=sample_rate, **chosen)

    def figure(self, settings: Settings, note: Tensor) -> dict[str, Any]:
        transform = _stft_of(settings)
        hop = transform.hop_length / self.sample_rate
        magnitude = stft(note, transform).abs()
        if settings["display"] == "decibels":
            return spectrogram(level_cells(to_db(magnitude, transform)), hop)
        top = max(float(magnitude.max()), 1e-12)
        return {**spectrogram(cells(magnitude / top), hop), "top": top / transform.reference}

    def audio(self, want: str, settings: Settings, note: Tensor, on_step: OnStep | None = None) -> tuple[Tensor, int]:
        return (note if want == "original" else self._rebuilt(settings, note, on_step)), self.sample_rate

    def _rebuilt(self, settings: Settings, note: Tensor, on_step: OnStep | None) -> Tensor:
        transform, samples = _stft_of(settings), len(note)
        spectrum = stft(note, transform)
        if settings["phase"] == "kept":
            return istft(spectrum, transform, samples)
        if settings["phase"] == "griffin-lim":
            return griffin_lim(spectrum.abs(), transform, samples, settings["n_iter"], on_step=on_step)
        steps = 0 if settings["phase"] == "pghi" else settings["n_iter"]
        return magnitude_to_audio(spectrum.abs(), transform, samples, steps, on_step)


def _label(name: str) -> str:
    """What a control is called, as a refusal calls it in a sentence."""
    words = CONSTANTS["setting_names"][name]
    return words[0].upper() + words[1:]


def _stft_of(settings: Settings) -> STFT:
    return STFT(settings["n_fft"], settings["hop_length"], settings["win_length"] or None, settings["window"])


class STFTExplorer(Explorer):
    """Made by :func:`stft_explorer`.

    >>> from nsynthlib import pocket
    >>> stft_explorer(pocket()[0], n_fft=2048).controls["n_fft"].value
    2048
    """

    def __repr__(self) -> str:
        return f"STFTExplorer({length_of(self.widget)})"


def stft_explorer(
    audio: Sound,
    sample_rate: int = SAMPLE_RATE,
    *,
    n_fft: int = 1024,
    win_length: int | None = None,
    hop_length: int = 256,
    window: str = "hann",
    display: str = "decibels",
    phase: str = "pghi",
    n_iter: int = 32,
) -> STFTExplorer:
    """The settings of a spectrogram, moved by hand; and what is heard when its phase is lost.

    Args:
        audio: ``[samples]`` in [-1, 1], or int16, or a note; it travels with the widget as 16-bit samples.
        sample_rate: in hertz, 3000 to 768000.
        n_fft, win_length, hop_length, window, display, phase: where the controls stand at first; values in
            ``FFT_SIZES``, ``WIN_LENGTHS`` (``None`` is as long as the FFT), ``HOPS``, ``WINDOWS``, ``DISPLAYS`` and
            ``PHASES``.
        n_iter: steps of Griffin and Lim at first, 1 to 100.

    Raises:
        ValueError: for a sound that cannot be played, or a value that the controls do not have.

    >>> from nsynthlib import pocket
    >>> stft_explorer(pocket()[0], window="boxcar")
    STFTExplorer(64000 samples, 16000 Hz)
    """
    sound, sample_rate = read_sound(audio).numpy(), check_rate(sample_rate)
    offered = dict(
        n_fft=FFT_SIZES, win_length=WIN_LENGTHS, hop_length=HOPS, window=WINDOWS, display=DISPLAYS, phase=PHASES
    )
    wanted = dict(
        n_fft=n_fft, win_length=win_length or 0, hop_length=hop_length, window=window, display=display, phase=phase
    )
    at = places_of(offered, wanted)
    steps = check_within("n_iter", n_iter, 1, MOST_STEPS, "steps")
    lengths = [("as long as the FFT", 0), *with_unit(WIN_LENGTHS[1:], "samples")]
    phases = list(zip(PHASE_NAMES, PHASES, strict=True))
    controls = {
        "n_fft": choose(_label("n_fft"), with_unit(FFT_SIZES, "samples"), at["n_fft"]),
        "hop_length": choose(_label("hop_length"), with_unit(HOPS, "samples"), at["hop_length"]),
        "win_length": choose(_label("win_length"), lengths, at["win_length"], slider=False),
        "window": choose("Window", WINDOWS, at["window"], slider=False),
        "phase": choose("Phase", phases, at["phase"], slider=False),
        "n_iter": ipywidgets.IntSlider(steps, 1, MOST_STEPS, description="Iterations", **LOOK),
        "display": choose("Display", DISPLAYS, at["display"], slider=False),
    }
    return STFTExplorer(controls, STFTWidget(sound, sample_rate, n_iter=steps, **at))
