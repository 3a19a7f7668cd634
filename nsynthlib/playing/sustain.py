"""A note for as long as a key is down: its sustain repeated without a click, then its release as it was learned.

A note of the model is held for three seconds and fades for one. What lies between 1.3 and 2.9 s is made level, so that
its end fits its beginning, and is repeated; the decay that was taken out is played back as a gain, for ever.
``web/dsp/sustain.mjs`` does the same in the browser, with the same numbers.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from nsynthlib.audio.format import HELD_SECONDS, SAMPLE_RATE, SAMPLES
from nsynthlib.constants import CONSTANTS
from nsynthlib.data.sound import Sound, read_sound
from nsynthlib.errors import DataError

_NUMBERS = CONSTANTS["playing"]
LAYERS: tuple[int, ...] = tuple(_NUMBERS["velocity_layers"])  # the velocities that the model is asked for


def _count(name: str) -> int:
    """Samples of a constant in seconds."""
    return round(_NUMBERS[name] * SAMPLE_RATE)


FLAT_FROM, LOOP_START_LATEST = _count("flat_from_seconds"), _count("loop_start_latest_seconds")
LOOP_END, CROSSFADE, RELEASE = _count("loop_end_seconds"), _count("crossfade_seconds"), _count("release_seconds")
LEVEL_WINDOW, LEVEL_HOP = _count("level_window_seconds"), _count("level_hop_seconds")
SILENT_DB: float = _NUMBERS["silent_db"]


class HeldNote(NamedTuple):
    """A note that can be held.

    ``samples`` are float64 ``[46400]``, made level from 1.3 s on. They are played once from their beginning, then from
    ``loop_start`` to ``loop_end`` (not included) for as long as the key is down, with the gain ``decay_db`` in dB a
    second (-60 to 0) from 1.3 s on. ``release`` are float64 ``[101]`` gains over the second after the key is let go.
    A note that has died away by 2.9 s has no loop: ``samples`` are all its ``[64000]``, as they are.

    >>> import numpy as np
    >>> bell = hold(np.exp(-4 * np.arange(64_000) / 16_000) * np.sin(2 * np.pi * 440 * np.arange(64_000) / 16_000))
    >>> bell.loop_start is None, bell.samples.shape  # it has died away before the key is let go
    (True, (64000,))
    """

    samples: np.ndarray
    loop_start: int | None
    loop_end: int | None
    decay_db: float
    release: np.ndarray


def hold(audio: Sound) -> HeldNote:
    """The held note of a note of the model.

    Args:
        audio: ``[64000]`` in [-1, 1] at 16 kHz, of which three seconds are held.

    Raises:
        UsageError: for what is no sound.
        DataError: for any other length.

    >>> import numpy as np
    >>> held = hold(0.5 * np.sin(2 * np.pi * 220 * np.arange(64_000) / 16_000))
    >>> held.loop_start < held.loop_end, round(abs(held.decay_db), 2)
    (True, 0.0)
    """
    x = _read(audio)
    levels = _levels(x)
    release = _release(x)
    if levels[-_NUMBERS["last_levels"] :].mean() < SILENT_DB:
        return HeldNote(x, None, None, 0.0, release)
    seconds = np.arange(len(levels)) * (LEVEL_HOP / SAMPLE_RATE)
    decay_db = float(np.clip(np.polyfit(seconds, levels, 1)[0], _NUMBERS["steepest_decay_db"], 0.0))
    y = x[:LOOP_END] / gains(decay_db, np.arange(LOOP_END))
    start, rho = _loop_start(y)
    a = (np.arange(CROSSFADE) + 0.5) / CROSSFADE
    before, end = y[start - CROSSFADE : start], y[LOOP_END - CROSSFADE :]
    # the power of a sum of two sounds of that correlation stays what it was
    y[LOOP_END - CROSSFADE :] = ((1 - a) * end + a * before) / np.sqrt((1 - a) ** 2 + a**2 + 2 * a * (1 - a) * rho)
    return HeldNote(y, start, LOOP_END, decay_db, release)


def play(held: HeldNote, seconds: float, gain: float = 1.0) -> np.ndarray:
    """The sound of a key that is down for ``seconds``, and of its release, float64 ``[samples]`` at 16 kHz.

    It is a second longer than the key is down, or ends with a note that has no loop.

    >>> import numpy as np
    >>> held = hold(0.5 * np.sin(2 * np.pi * 220 * np.arange(64_000) / 16_000))
    >>> len(play(held, seconds=10.0)) / 16_000  # seconds, the last one of release
    11.0
    """
    released = round(seconds * SAMPLE_RATE)
    return gain * part(held, 0, sounding(held, released), released)


def sounding(held: HeldNote, released: int) -> int:
    """Samples that a key sounds which is let go ``released`` samples after it was pressed."""
    longest = released + RELEASE
    return longest if held.loop_start is not None else min(longest, len(held.samples))


def part(held: HeldNote, first: int, last: int, released: int) -> np.ndarray:
    """Samples ``first`` to ``last`` (not included) of what :func:`play` gives: a key may be down for an hour."""
    if held.loop_start is None or held.loop_end is None or last <= held.loop_end:
        sound = held.samples[first:last].copy()
    else:
        n = np.arange(first, last)
        looped = held.loop_start + (n - held.loop_start) % (held.loop_end - held.loop_start)
        sound = held.samples[np.where(n < held.loop_end, n, looped)]
    if held.decay_db and last > FLAT_FROM:
        sound *= gains(held.decay_db, np.arange(first, last))
    if last > released:
        after = slice(max(first, released) - released, last - released)
        sound[max(first, released) - first :] *= _curve(held.release)[after]
    return sound


def _curve(release: np.ndarray) -> np.ndarray:
    """Release gains of every sample, ``[16000]``: linear between points (and ten times faster than ``np.interp``)."""
    between = np.arange(RELEASE // (len(release) - 1)) * ((len(release) - 1) / RELEASE)
    return (release[:-1, None] + np.diff(release)[:, None] * between).ravel()


def gains(decay_db: float, n: np.ndarray) -> np.ndarray:
    """The gain while a key is down, of samples number ``n``: 1 until 1.3 s, then a decay of ``decay_db`` a second."""
    return 10 ** (decay_db * np.maximum(n - FLAT_FROM, 0) / (20 * SAMPLE_RATE))


def layer_and_gain(velocity: int) -> tuple[int, float]:
    """The velocity that the model is asked for, which is the nearest of five, and the gain for what it differs by.

    >>> layer_and_gain(100)
    (100, 1.0)
    >>> layer_and_gain(90)
    (100, 0.81)
    """
    layer = min(LAYERS, key=lambda known: abs(known - velocity))
    return layer, 10 ** (_NUMBERS["velocity_slope_db"] / 20 * math.log10(velocity / layer))


def _read(audio: Sound) -> np.ndarray:
    """Samples ``[64000]`` as float64; what is float64 is not rounded."""
    sound = read_sound(audio)
    if len(sound) != SAMPLES:
        raise DataError(f"a note has {SAMPLES} samples, not {len(sound)}")
    finer = isinstance(audio, np.ndarray) and audio.dtype == np.float64
    return audio.copy() if finer else sound.double().numpy()  # type: ignore[union-attr]


def _levels(x: np.ndarray) -> np.ndarray:
    """RMS levels in dB of windows of 50 ms every 10 ms, of those that lie wholly between 1.3 and 2.9 s."""
    windows = np.lib.stride_tricks.sliding_window_view(x[FLAT_FROM:LOOP_END], LEVEL_WINDOW)[::LEVEL_HOP]
    lowest = 10 ** (_NUMBERS["lowest_level_db"] / 20)
    return 20 * np.log10(np.maximum(np.sqrt(np.square(windows).mean(1)), lowest))


def _loop_start(y: np.ndarray) -> tuple[int, float]:
    """Where the loop starts, and how well what lies before it goes with its end: a correlation of at least 0.

    The earliest of those that correlate equally well: a tone fits at every period.
    """
    end = y[LOOP_END - CROSSFADE : LOOP_END]
    searched = y[FLAT_FROM:LOOP_START_LATEST]
    energy = np.correlate(np.square(searched), np.ones(CROSSFADE)) * np.square(end).sum()
    rho = np.divide(np.correlate(searched, end), np.sqrt(energy), out=np.zeros(len(energy)), where=energy > 0)
    best = int(np.argmax(rho >= rho.max() - _NUMBERS["equal_correlation"]))
    return FLAT_FROM + CROSSFADE + best, max(0.0, float(rho[best]))


def _release(x: np.ndarray) -> np.ndarray:
    """Gains ``[101]`` from the moment of release on: how the note fades once its key is up, never rising, to 0."""
    points, half = _NUMBERS["release_points"], _count("release_window_seconds") // 2
    seconds = np.linspace(0, _NUMBERS["release_seconds"], points)
    centres = np.rint((HELD_SECONDS + seconds) * SAMPLE_RATE).astype(int)
    rms = np.array([np.sqrt(np.square(x[centre - half : centre + half]).mean()) for centre in centres])
    if rms[0] < 10 ** (SILENT_DB / 20):
        curve = 10 ** (-3 * seconds / _NUMBERS["silent_release_seconds"])
    else:
        curve = np.minimum.accumulate(rms / rms[0])
    fade = _NUMBERS["release_fade_points"]
    curve[-fade:] *= np.arange(fade - 1, -1, -1) / fade
    return curve
