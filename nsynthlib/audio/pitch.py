"""Between MIDI numbers, hertz and cents, and from a sound to its pitch."""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.errors import DataError

# YIN's own 0.1 takes a note with breath for one an octave deeper, a higher one hears its second partial as the note:
# of 0.1 to 0.25, real notes are heard best by 0.15.
TROUGH = 0.15
FINER = 2  # times the sample rate: at 16 kHz a period of pitch 94 is 8.6 samples, and twice it fits better than once


def midi_to_hz(pitch: float) -> float:
    """Frequency in hertz of a MIDI number, equal temperament, A4 (69) at 440 Hz."""
    return 440.0 * 2 ** ((pitch - 69) / 12)


def hz_to_midi(hz: float) -> float:
    """MIDI number, with fraction, of a frequency in hertz; a hundredth is a cent."""
    return 69 + 12 * math.log2(hz / 440.0)


def estimate_pitch(audio: Tensor, sample_rate: int = SAMPLE_RATE) -> float:
    """MIDI number, with fraction, of one note ``[samples]`` by YIN (de Cheveigné and Kawahara 2002).

    At twice the sample rate; the median over frames within 30 dB of the loudest. Raises DataError for silence.
    """
    import librosa
    from torchaudio.functional import resample

    rate = FINER * sample_rate
    samples = resample(audio.detach().cpu().double(), sample_rate, rate).numpy()
    hop, frame = 2048 * FINER, 4096 * FINER
    level = librosa.feature.rms(y=samples, frame_length=frame, hop_length=hop)[0]
    if level.max() < 1e-5:
        raise DataError("the sound is silent: it has no pitch")
    hz = librosa.yin(
        samples, fmin=20.0, fmax=6000.0, sr=rate, frame_length=frame, hop_length=hop, trough_threshold=TROUGH
    )
    return hz_to_midi(float(np.median(hz[level > level.max() * 10 ** (-30 / 20)])))
