"""What Griffin and Lim's step does between the Fourier transforms, in few passes over memory.

By array operations it is a dozen passes, which take longer than the transforms do. With NumPy's division, which does
not ask for 0 each time, the compiler can vectorise.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

TINY = np.float32(np.finfo(np.float32).tiny)  # instead of the square of 0, to divide by


@njit(cache=True, nogil=True, error_model="numpy")
def advance(
    frames: np.ndarray,
    taps: np.ndarray,
    weight: np.ndarray,
    hop_length: int,
    pull: np.float32,
    total: np.ndarray,
    audio: np.ndarray,
    ahead: np.ndarray,
) -> None:
    """From frames to sound and back, with momentum.

    ``frames`` ``[frames, n_fft]`` are windowed, added up in ``total``, which comes as zeros, and divided by ``weight``:
    this becomes ``audio``, and ``ahead`` what it is less ``pull`` times what it was. ``frames`` become those of
    ``ahead``, windowed. The three are ``[n_fft / 2 + samples + n_fft / 2]``; ends of the last two stay as they are.
    """
    half = len(taps) // 2
    for n in range(len(frames)):
        reached = total[n * hop_length :]
        for i in range(len(taps)):
            reached[i] += frames[n, i] * taps[i]
    for i in range(half, len(total) - half):
        now = total[i] / weight[i]
        ahead[i] = now - pull * audio[i]
        audio[i] = now
    for n in range(len(frames)):
        reached = ahead[n * hop_length :]
        for i in range(len(taps)):
            frames[n, i] = reached[i] * taps[i]


@njit(cache=True, nogil=True, error_model="numpy")
def project(parts: np.ndarray, magnitude: np.ndarray) -> None:
    """Give a spectrum the ``magnitude`` ``[values]``; ``parts`` ``[2 * values]`` are real and imaginary, in turn."""
    for i in range(len(magnitude)):
        real, imag = parts[2 * i], parts[2 * i + 1]
        scale = magnitude[i] / math.sqrt(max(real * real + imag * imag, TINY))
        parts[2 * i] = real * scale
        parts[2 * i + 1] = imag * scale
