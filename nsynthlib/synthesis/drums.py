"""A drum kit from formulas: each drum is a few sines or noise that dies away, and a loop is where they are struck."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from scipy.signal import butter, sosfilt
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.synthesis.controls import at_peak, require
from nsynthlib.values import whole

STEPS = 8  # to a bar of four beats
PATTERN = {  # eighths of a bar at which each drum is struck, from 0 to 7
    "kick": (0, 4, 5),
    "snare": (2, 6),
    "hat": (0, 1, 2, 3, 4, 5, 6, 7),
}
_LONGEST = 0.5  # seconds of a stroke


def drum_loop(tempo: float = 120.0, bars: int = 2, seed: int = 0) -> Tensor:
    """Kick, snare and hi-hat in bars of four beats; peak at -3 dBFS.

    Args:
        tempo: beats a minute, 40 to 240.
        bars: 1 to 8.
        seed: of the snare's and the hat's noise.

    Returns:
        Float32 ``[samples]`` at 16 kHz, in [-1, 1], the same for the same arguments. It can be repeated without a gap:
        what still rings at its end is heard at its beginning.

    Raises:
        UsageError: for a value out of its range.

    >>> drum_loop(tempo=120, bars=2).shape
    torch.Size([64000])
    """
    require(40 <= tempo <= 240, "tempo", tempo, "from 40 to 240 beats a minute")
    bars = whole("bars", bars, 1, 8)
    step = 60 / tempo / 2
    samples = round(bars * STEPS * step * SAMPLE_RATE)
    rng = np.random.default_rng(seed)
    sound = np.zeros(samples)
    for drum, steps in PATTERN.items():
        for place in (bar * STEPS + eighth for bar in range(bars) for eighth in steps):
            stroke = DRUMS[drum](rng)
            where = round(place * step * SAMPLE_RATE) + np.arange(len(stroke))
            np.add.at(sound, where % samples, stroke)
    return at_peak(torch.from_numpy(sound).float())


def kick(rng: np.random.Generator) -> np.ndarray:
    """A skin that is struck hard: a sine whose pitch falls from 180 to 50 Hz as the skin slackens."""
    time = _time()
    hertz = 50 + 130 * np.exp(-time / 0.03)
    return np.sin(2 * np.pi * np.cumsum(hertz) / SAMPLE_RATE) * _dying(0.12)


def snare(rng: np.random.Generator) -> np.ndarray:
    """Two modes of a skin, and the rattle of wires below it: noise above 1 kHz."""
    time = _time()
    skin = np.sin(2 * np.pi * 185 * time) + 0.6 * np.sin(2 * np.pi * 330 * time)
    return 0.35 * skin * _dying(0.05) + 0.3 * _noise_above(1000, rng) * _dying(0.07)


def hat(rng: np.random.Generator) -> np.ndarray:
    """Two closed cymbals: a short noise above 6 kHz."""
    return 0.25 * _noise_above(6000, rng) * _dying(0.02)


DRUMS = {"kick": kick, "snare": snare, "hat": hat}


def _time() -> np.ndarray:
    return np.arange(round(_LONGEST * SAMPLE_RATE)) / SAMPLE_RATE


def _dying(seconds: float) -> np.ndarray:
    """Envelope that falls by a factor e in ``seconds``, after a rise of 1 ms, and ends at zero."""
    time = _time()
    return np.minimum(time / 1e-3, 1) * np.exp(-time / seconds) * (1 - time / _LONGEST)


def _noise_above(hertz: float, rng: np.random.Generator) -> np.ndarray:
    """Gaussian noise of RMS 1 above ``hertz``."""
    noise = sosfilt(_highpass(hertz), rng.standard_normal(len(_time())))
    return noise / np.sqrt(np.mean(noise**2))


@lru_cache
def _highpass(hertz: float) -> np.ndarray:
    return butter(4, hertz, "highpass", fs=SAMPLE_RATE, output="sos")
