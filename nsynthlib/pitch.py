"""Between MIDI numbers, hertz and cents, and from a sound to its pitch."""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor

from nsynthlib.errors import DataError

# YIN's own 0.1 takes a note with breath for one an octave deeper. Of 0.05 to 0.4, real notes are heard best by 0.2.
TROUGH = 0.2


def midi_to_hz(pitch: float) -> float:
    """Frequency in hertz of a MIDI number, equal temperament, A4 (69) at 440 Hz."""
    return 440.0 * 2 ** ((pitch - 69) / 12)


def hz_to_midi(hz: float) -> float:
    """MIDI number, with fraction, of a frequency in hertz; a hundredth is a cent."""
    return 69 + 12 * math.log2(hz / 440.0)


def estimate_pitch(audio: Tensor, sample_rate: int = 16_000) -> float:
    """MIDI number, with fraction, of one note ``[samples]`` by YIN (de Cheveigné and Kawahara 2002).

    The median over frames within 30 dB of the loudest. Raises DataError for silence.
    """
    import librosa

    samples = audio.detach().cpu().numpy().astype(np.float64)
    hop, frame = 2048, 4096
    level = librosa.feature.rms(y=samples, frame_length=frame, hop_length=hop)[0]
    if level.max() < 1e-5:
        raise DataError("the sound is silent: it has no pitch")
    hz = librosa.yin(
        samples, fmin=20.0, fmax=6000.0, sr=sample_rate, frame_length=frame, hop_length=hop, trough_threshold=TROUGH
    )
    return hz_to_midi(float(np.median(hz[level > level.max() * 10 ** (-30 / 20)])))
