"""How much of a note is tone, and how much is noise."""

from __future__ import annotations

import librosa
import numpy as np
from torch import Tensor

from nsynthlib.audio.pitch import midi_to_hz

PERIODS = 6  # in a window
NEAR = 0.03  # share of the period in which its best length is looked for
FINER = 16  # lags in a sample


def harmonics_to_noise_db(audio: Tensor, pitch: float, sample_rate: int) -> float:
    """Ratio of the energy that repeats with the pitch to the rest, in decibels (Boersma 1993, equation 4).

    From the autocorrelation of windows of six periods, each divided by the window's own (equation 9), at lags between
    the samples as well; the median over the windows within 30 dB of the loudest. ``audio`` is ``[samples]``, ``pitch``
    a MIDI number.
    """
    period = sample_rate / midi_to_hz(pitch)
    length = int(np.ceil(PERIODS * period))
    frames = librosa.util.frame(audio.numpy().astype(float), frame_length=length, hop_length=length // 2).T
    power = np.square(frames).mean(1)
    loud = frames[power > power.max() * 1e-3]
    window = np.hanning(length)
    own = _autocorrelation((loud - loud.mean(1, keepdims=True)) * window) / _autocorrelation(window[None])
    reach = slice(int(FINER * (1 - NEAR) * period), int(FINER * (1 + NEAR) * period) + 2)
    r = np.clip(own[:, reach].max(1), 1e-4, 1 - 1e-4)  # within 40 dB
    return float(np.median(10 * np.log10(r / (1 - r))))


def _autocorrelation(frames: np.ndarray) -> np.ndarray:
    """Of each frame at every 16th of a sample, 1 at lag 0, ``[n, lags]``."""
    power = np.square(np.abs(np.fft.rfft(frames, 2 * frames.shape[1])))
    r = np.fft.irfft(power, FINER * 2 * frames.shape[1])[:, : FINER * frames.shape[1] // 2]
    return r / r[:, :1]
