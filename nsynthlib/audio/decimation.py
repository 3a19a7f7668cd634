"""From the rate at which synthesisers render to that of a note."""

from __future__ import annotations

import numpy as np

from nsynthlib.audio.format import SAMPLE_RATE

RENDER_RATE = 48_000  # hertz: at 16 kHz a synthesiser would fold every partial above 8 kHz back into the sound


def decimate(samples: np.ndarray) -> np.ndarray:
    """Sound ``[n]`` at 48 kHz as float32 ``[n / 3]`` at 16 kHz: flat to 7.4 kHz, from 8 kHz on below -130 dB."""
    import soxr

    return soxr.resample(samples.astype(np.float32, copy=False), RENDER_RATE, SAMPLE_RATE, quality="HQ")
