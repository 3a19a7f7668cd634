"""A sine, or a reader's own sound, sampled and quantised: what the sampling explorer shows and plays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np
import torch
import traitlets
from scipy import signal

from nsynthlib.audio.encoding import check_rate, encode_flac
from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.constants import CONSTANTS
from nsynthlib.data.sound import Sound, read_sound
from nsynthlib.shared_random import uniform
from nsynthlib.spectral.phase import OnStep
from nsynthlib.widgets.base import ExplorerWidget, Settings
from nsynthlib.widgets.controls import LOOK, WIDE, Explorer, check_within, choose, places_of, with_unit
from nsynthlib.widgets.modules import WEB, one_file
from nsynthlib.widgets.settings import Choice, Whole, setting

if TYPE_CHECKING:
    from torch import Tensor

_SHARED = CONSTANTS["sampling"]
RATES = tuple(CONSTANTS["choices"]["rate"])
BITS = (2, 16)  # fewest and most
FREQUENCIES = (50, 12_000, 50)  # lowest, highest, step, in hertz
LEVELS = (-60, 0)  # softest and loudest, in dBFS
ORIGINAL_RATE: int = _SHARED["original_rate"]  # fine enough for every frequency that is offered
SECONDS: float = _SHARED["seconds"]
FADE_SECONDS: float = _SHARED["fade_seconds"]
POINTS: int = _SHARED["curve_points"]  # of a drawn curve
SPECTRUM_SAMPLES: int = _SHARED["spectrum_samples"]
SPECTRUM_FLOOR_DB: float = _SHARED["spectrum_floor_db"]
OWN_SAMPLES: int = _SHARED["own_samples"]  # of a reader's own sound that are drawn, at the original rate: 6 ms
COARSEST = ORIGINAL_RATE // RATES[0]


def sine(settings: Settings, rate: float, samples: int) -> np.ndarray:
    """The sine of the settings from its zero on, float64 ``[samples]``."""
    amplitude = 10 ** (settings["level"] / 20)
    return amplitude * np.sin(2 * np.pi * settings["frequency"] * np.arange(samples) / rate)


def quantise(audio: np.ndarray, bits: int, dither: bool) -> np.ndarray:
    """``audio`` in whole steps of 2^(1 - bits), clipped to what ``bits`` bits can say.

    ``dither`` adds noise of two steps' width beforehand, with triangular density (Lipshitz, Wannamaker and Vanderkooy
    1992): the error then no longer depends on the sound.
    """
    most = 2 ** (bits - 1)
    noise = uniform(2 * len(audio)).reshape(-1, 2).sum(1) - 1 if dither else 0.0
    return np.clip(np.floor(audio * most + noise + 0.5), -most, most - 1) / most


def alias_of(frequency: float, rate: int) -> float:
    """The frequency that the samples show, in hertz; below 0 where it turns backwards."""
    return frequency - rate * math.floor(frequency / rate + 0.5)


def faded(audio: np.ndarray, rate: int) -> np.ndarray:
    """``audio`` with a soft start and end, so that it does not click."""
    edge = signal.windows.hann(2 * round(FADE_SECONDS * rate) + 1)[: round(FADE_SECONDS * rate)]
    out = audio.copy()
    out[: len(edge)] *= edge
    out[-len(edge) :] *= edge[::-1]
    return out


def at_level(note: Tensor, level: float) -> np.ndarray:
    """A reader's own sound with its peak at ``level`` dBFS, float64 ``[samples]``."""
    audio = note.numpy().astype(np.float64)
    return audio * (10 ** (level / 20) / max(np.abs(audio).max(), 1e-9))


def around(audio: np.ndarray, place: int) -> np.ndarray:
    """As much of ``audio`` as a spectrum looks at, with ``place`` in its middle where there is enough on both sides."""
    first = max(0, min(place - SPECTRUM_SAMPLES // 2, len(audio) - SPECTRUM_SAMPLES))
    part = audio[first : first + SPECTRUM_SAMPLES]
    return np.pad(part, (0, SPECTRUM_SAMPLES - len(part)))


def spectrum_db(audio: np.ndarray) -> np.ndarray:
    """Levels of the frequencies from 0 Hz to half the sample rate against a full-scale sine, under a Hann window."""
    window = signal.get_window("hann", len(audio))
    magnitude = np.abs(np.fft.rfft(audio * window)) / (window.sum() / 2)
    return np.clip(20 * np.log10(np.maximum(magnitude, 1e-12)), SPECTRUM_FLOOR_DB, 0)


class SamplingWidget(ExplorerWidget):
    """Waveform and spectrum of a sine, or of a reader's own sound, before and after sampling and quantisation."""

    _esm = one_file(WEB / "views/sampling.mjs")
    of_example = ("frequency",)
    frequency = setting(Whole(*FREQUENCIES[:2]))
    rate = setting(Choice(RATES))
    bits = setting(Whole(*BITS))
    dither = setting(traitlets.Bool())
    level = setting(Whole(*LEVELS))

    def __init__(self, sounds: Mapping[str, bytes], **chosen: int) -> None:
        super().__init__(kind="sampling", sample_rate=ORIGINAL_RATE, sounds=dict(sounds), **chosen)

    def figure(self, settings: Settings, note: Tensor) -> dict[str, Any]:
        return self._own_figure(settings, note) if len(note) else self._sine_figure(settings)

    def _sine_figure(self, settings: Settings) -> dict[str, Any]:
        """Samples of at least three periods and the two curves through them, and a spectrum."""
        rate, frequency = settings["rate"], settings["frequency"]
        count = max(24, math.ceil(3 * rate / frequency))
        span = count / rate
        samples = sine(settings, rate, SPECTRUM_SAMPLES)
        heard = quantise(samples, settings["bits"], settings["dither"])
        fine = (POINTS - 1) / span
        alias = alias_of(frequency, rate)
        return {
            "span": span,
            "alias": alias,
            "curve": sine(settings, fine, POINTS).astype(np.float32),
            "folded": sine({**settings, "frequency": alias}, fine, POINTS).astype(np.float32),
            "samples": heard[:count].astype(np.float32),
            "spectrum": spectrum_db(heard).astype(np.float32),
        }

    def _own_figure(self, settings: Settings, note: Tensor) -> dict[str, Any]:
        """A few milliseconds about the loudest moment, with their samples, and both spectra there."""
        step = ORIGINAL_RATE // settings["rate"]
        whole = at_level(note, settings["level"])
        heard = quantise(whole[::step], settings["bits"], settings["dither"])
        loudest = int(np.abs(whole).argmax())
        first = min(max(0, loudest - OWN_SAMPLES // 2), len(whole) - OWN_SAMPLES - 1) // COARSEST * COARSEST
        return {
            "span": OWN_SAMPLES / ORIGINAL_RATE,
            "curve": whole[first : first + OWN_SAMPLES + 1].astype(np.float32),
            "samples": heard[first // step : (first + OWN_SAMPLES) // step].astype(np.float32),
            "spectrum": spectrum_db(around(heard, loudest // step)).astype(np.float32),
            "original": spectrum_db(around(whole, loudest)).astype(np.float32),
        }

    def audio(self, want: str, settings: Settings, note: Tensor, on_step: OnStep | None = None) -> tuple[Tensor, int]:
        rate = ORIGINAL_RATE if want == "original" else settings["rate"]
        if len(note):
            audio = at_level(note, settings["level"])[:: ORIGINAL_RATE // rate]
        else:
            audio = faded(sine(settings, rate, round(SECONDS * rate)), rate)
        if want == "sound":
            audio = quantise(audio, settings["bits"], settings["dither"])
        return torch.from_numpy(audio), rate


class SamplingExplorer(Explorer):
    """Made by :func:`sampling_explorer`.

    >>> sampling_explorer(frequency=7000, sample_rate=8000).controls["frequency"].value
    7000
    """

    def __repr__(self) -> str:
        return f"SamplingExplorer({FREQUENCIES[0]} to {FREQUENCIES[1]} Hz at {RATES[0]} to {RATES[-1]} Hz)"


def sampling_explorer(
    sounds: Mapping[str, Sound] | None = None,
    sounds_rate: int = SAMPLE_RATE,
    *,
    frequency: int = 1000,
    sample_rate: int = 8000,
    bits: int = 4,
    dither: bool = False,
    level: int = -6,
) -> SamplingExplorer:
    """A sine sampled and quantised by hand: its waveform, its spectrum with the fold, and its sound before and after.

    Args:
        sounds: by their names, what can be sampled in place of the sine; each ``[samples]`` in [-1, 1], or int16, or a
            note. They travel with the widget as FLAC, and of a longer one the first 4 s are used.
        sounds_rate: of all of them, in hertz, 3000 to 768000.
        frequency: of the sine at first, 50 to 12000 Hz in steps of 50: at most sample rates, beyond half of it.
        sample_rate: at first, one of ``RATES``, in hertz.
        bits: of each sample at first, 2 to 16.
        dither: whether dither with triangular density is on at first.
        level: the peak of the sine, or of a reader's own sound, at first, -60 to 0 dBFS.

    Raises:
        ValueError: for a sound that cannot be played, or a value that the controls do not have.

    >>> sampling_explorer(bits=3, dither=True)
    SamplingExplorer(50 to 12000 Hz at 4000 to 48000 Hz)
    """
    sounds_rate = check_rate(sounds_rate)
    files = {name: encode_flac(read_sound(sound).numpy(), sounds_rate) for name, sound in (sounds or {}).items()}
    low, high, step = FREQUENCIES
    at = places_of({"rate": RATES}, {"rate": sample_rate})
    start = {
        "frequency": check_within("frequency", frequency, low, high, "Hz"),
        "bits": check_within("bits", bits, *BITS, "bits"),
        "level": check_within("level", level, *LEVELS, "dBFS"),
    }
    controls = {
        "frequency": ipywidgets.IntSlider(frequency, low, high, step, description="Frequency (Hz)", **LOOK),
        "rate": choose("Sample rate", with_unit(RATES, "Hz"), at["rate"]),
        "bits": ipywidgets.IntSlider(bits, *BITS, description="Bits", **LOOK),
        "level": ipywidgets.IntSlider(level, *LEVELS, description="Level (dBFS)", **LOOK),
        "dither": ipywidgets.Checkbox(dither, description="Dither (TPDF)", indent=False, layout=WIDE),
    }
    return SamplingExplorer(controls, SamplingWidget(files, dither=dither, **start, **at))
