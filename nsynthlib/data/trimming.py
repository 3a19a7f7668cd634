"""From a recording to a note of four seconds: cut at its onset, released after three seconds."""

from __future__ import annotations

import numpy as np

from nsynthlib.audio.format import HELD_SECONDS, SAMPLE_RATE, SAMPLES

ONSET = 0.01  # of the peak: a note begins where it comes within 40 dB of it
LEAD = SAMPLE_RATE // 200  # samples, 5 ms: no more stand before the onset
FADE_IN = SAMPLE_RATE // 2000  # samples, 0.5 ms: a file may begin at the attack itself
FADE_OUT = SAMPLE_RATE // 200  # samples, 5 ms: a file may end before its sound does
RELEASE = 120  # dB a second, 60 in the half second that NSynth's own notes take


def trim(mono: np.ndarray) -> np.ndarray:
    """The note, float32 ``[64000]``, in a recording ``[samples]`` at 16 kHz; levels stay.

    At most 5 ms stand before the sample that comes within 40 dB of the note's peak, and the first 0.5 ms fade in. From
    3 s on it is released by 120 dB a second. A recording that ends earlier fades in its last 5 ms, and silence follows.
    """
    first = max(0, find_onset(mono) - LEAD)
    note = np.array(mono[first : first + SAMPLES], np.float32)
    note[:FADE_IN] *= np.linspace(0, 1, FADE_IN, endpoint=False, dtype=np.float32)[: len(note)]
    if len(note) < SAMPLES:
        note[-FADE_OUT:] *= np.linspace(1, 0, FADE_OUT, dtype=np.float32)[-len(note) :]
    held = round(HELD_SECONDS * SAMPLE_RATE)
    seconds = np.arange(max(0, len(note) - held)) / SAMPLE_RATE
    note[held:] *= (10 ** (-RELEASE * seconds / 20)).astype(np.float32)
    return np.pad(note, (0, SAMPLES - len(note)))


def find_onset(mono: np.ndarray) -> int:
    """The first sample within 40 dB of the note's peak, which is the peak of the four seconds from there on."""
    level = np.abs(mono)
    rough = int(np.argmax(level > ONSET * level.max(initial=0.0)))
    return int(np.argmax(level > ONSET * level[rough : rough + SAMPLES].max(initial=0.0)))
