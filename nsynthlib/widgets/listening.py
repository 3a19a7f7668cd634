"""A blind listening test: can two sounds be told apart?"""

from __future__ import annotations

from collections.abc import Mapping

import anywidget
import numpy as np
import traitlets

from nsynthlib.audio.encoding import check_rate, to_pcm16
from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.audio.levels import dbfs, peak_and_rms
from nsynthlib.data.sound import Sound, read_sound
from nsynthlib.widgets.modules import WEB, one_file

SOFTEST_DBFS = -60.0  # an RMS below it leaves too few steps of 16 bits to be matched


class ABX(anywidget.AnyWidget):
    """Made by :func:`abx`; all of it happens in the page, ``web/views/abx.mjs``.

    >>> import numpy as np
    >>> sine = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    >>> abx({"loud": 0.5 * sine, "soft": 0.25 * sine}).matching
    "loud is turned down by 6.0 dB, to the other's RMS."
    """

    _esm = one_file(WEB / "views/abx.mjs")
    _css = WEB / "page/explorer.css"
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    first = traitlets.Bytes().tag(sync=True)  # both as int16
    second = traitlets.Bytes().tag(sync=True)
    sample_rate = traitlets.Int().tag(sync=True)
    trials = traitlets.Int().tag(sync=True)
    matching = traitlets.Unicode().tag(sync=True)  # what was done to their loudness

    def __repr__(self) -> str:
        return f"ABX({' | '.join(self.labels)}: {self.trials} trials)"


def match_loudness(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Both sounds at the RMS of the softer one, cut to the length of the shorter one; and the decibels taken away.

    Positive decibels were taken from ``first``, negative ones from ``second``; nothing is ever made louder.

    Raises:
        ValueError: if one of them is too soft to be matched.
    """
    samples = min(len(first), len(second))
    first, second = first[:samples], second[:samples]
    loud, other = peak_and_rms(first)[1], peak_and_rms(second)[1]
    if dbfs(min(loud, other)) < SOFTEST_DBFS:
        raise ValueError(f"a sound's RMS is below {SOFTEST_DBFS:.0f} dBFS, too soft to be matched to another")
    target = min(loud, other)
    return first * (target / loud), second * (target / other), dbfs(loud / other)


def abx(sounds: Mapping[str, Sound], sample_rate: int = SAMPLE_RATE, trials: int = 10) -> ABX:
    """A blind listening test of two sounds: at each trial, is X the first or the second one?

    The louder sound is turned down to the softer one's RMS, and the reader is told by how much. The score stays hidden
    until the end; then it comes with its one-sided binomial p-value and a plain verdict.

    Args:
        sounds: two of them by their labels, ``[samples]`` each in [-1, 1], or int16, or notes.
        sample_rate: in hertz, 3000 to 768000.
        trials: how many at first; the reader may change it.

    Raises:
        ValueError: for another number of sounds or of trials, or for sounds that cannot be played or matched.

    >>> import numpy as np
    >>> sine = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    >>> abx({"sine": sine, "square": np.sign(sine)}, trials=5)
    ABX(sine | square: 5 trials)
    """
    if len(sounds) != 2:
        raise ValueError(f"an ABX test compares two sounds, not {len(sounds)}")
    if trials < 1:
        raise ValueError(f"{trials} trials are not offered; choose 1 or more")
    first, second, less = match_loudness(*(read_sound(audio).numpy() for audio in sounds.values()))
    labels = list(sounds)
    if abs(less) < 0.05:
        matching = "Both are equally loud (RMS)."
    else:
        matching = f"{labels[0] if less > 0 else labels[1]} is turned down by {abs(less):.1f} dB, to the other's RMS."
    pair = dict(first=to_pcm16(first).tobytes(), second=to_pcm16(second).tobytes())
    return ABX(labels=labels, sample_rate=check_rate(sample_rate), trials=trials, matching=matching, **pair)
