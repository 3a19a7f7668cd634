"""What Griffin and Lim's step does between the Fourier transforms, each in one pass over memory.

By array operations it is a dozen passes, which take longer than the transforms do.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

TINY = np.float32(np.finfo(np.float32).tiny)  # instead of the square of 0, to divide by


# With NumPy's division, which does not ask for 0 each time, the compiler can vectorise.
@njit(cache=True, nogil=True, error_model="numpy")
def overlap_add(frames: np.ndarray, taps: np.ndarray, weight: np.ndarray, hop_length: int, total: np.ndarray) -> None:
    """Write into ``total`` the sum of windowed ``frames`` ``[frames, n_fft]``, ``hop_length`` apart, by ``weight``."""
    count, n_fft = frames.shape
    total[:] = 0.0
    for n in range(count):
        frame, reached = frames[n], total[n * hop_length : n * hop_length + n_fft]
        for i in range(n_fft):
            reached[i] += frame[i] * taps[i]
    for i in range(total.size):
        total[i] /= weight[i]


@njit(cache=True, nogil=True, error_model="numpy")
def project(rebuilt: np.ndarray, previous: np.ndarray, magnitude: np.ndarray, pull: float) -> None:
    """Write ``magnitude`` with the direction of ``rebuilt - pull * previous`` into ``previous``.

    ``magnitude`` is float32 ``[values]``, both spectra ``[2 * values]``, real and imaginary parts in turn.
    """
    for i in range(magnitude.size):
        real = rebuilt[2 * i] - pull * previous[2 * i]
        imag = rebuilt[2 * i + 1] - pull * previous[2 * i + 1]
        scale = magnitude[i] / math.sqrt(max(real * real + imag * imag, TINY))
        previous[2 * i] = real * scale
        previous[2 * i + 1] = imag * scale
