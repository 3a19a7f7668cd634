"""Whether a sound has the pitch it is said to have."""

from __future__ import annotations

import numpy as np

from nsynthlib.audio.format import SAMPLE_RATE

REACH = 14  # semitones to either side: a pitch that is an octave off is seen
STEP = 0.1  # semitones
PARTIALS = 15
COMPRESSION = 0.84  # of a partial's weight beside the one below it, as in Hermes' paper
SECONDS = 0.5  # that are looked at
STARTED = 0.1  # of the peak: the sound is looked at from there on
N_FFT = 1 << 17


def pitch_near(audio: np.ndarray, pitch: float, sample_rate: int = SAMPLE_RATE) -> float:
    """MIDI number, to 0.1, within 14 semitones of ``pitch``, that the first half second of ``audio`` ``[samples]``
    supports best, by subharmonic summation (Hermes 1988).

    The square root of the magnitudes is summed over 15 partials, each weighing 0.84 times the one below it. A thump of
    the instrument's body, far below the note, does not count here, though it can mislead a pitch tracker.
    """
    first = int(np.argmax(np.abs(audio) > STARTED * np.abs(audio).max()))
    sound = audio[first : first + round(SECONDS * sample_rate)]
    magnitude = np.sqrt(np.abs(np.fft.rfft(sound * np.hanning(len(sound)), N_FFT)))
    candidates = pitch + np.arange(-REACH, REACH + STEP / 2, STEP)
    f0 = 440 * 2 ** ((candidates - 69) / 12)
    bins = np.arange(len(magnitude))
    partials = range(1, PARTIALS + 1)
    at = [f0 * number * N_FFT / sample_rate for number in partials]
    support = sum(COMPRESSION**n * np.interp(place, bins, magnitude, right=0.0) for n, place in enumerate(at))
    return float(candidates[np.argmax(support)])
