"""The one loop that no array library has: integrating a phase gradient outwards from the loudest bins."""

from __future__ import annotations

import heapq

import numpy as np
from numba import njit


@njit(cache=True)
def integrate(
    magnitude: np.ndarray, gamma: float, hop_length: int, n_fft: int, tolerance: float, phase: np.ndarray
) -> np.ndarray:
    """Phase ``[bins, frames]`` of ``magnitude``; ``phase`` comes in with the values of bins too quiet to integrate.

    Průša et al. 2017, equations 21-24 and algorithm 1, with trapezoidal steps; referred to each frame's first sample,
    as ``torch.stft`` does, hence the half turn from bin to bin.
    """
    bins, frames = magnitude.shape
    limit = magnitude.max() * tolerance
    log = np.log(np.maximum(magnitude, max(limit, 1e-300)))
    along_time = np.empty((bins, frames))
    along_bins = np.empty((bins, frames))
    for m in range(bins):
        for n in range(frames):
            above, below = log[min(m + 1, bins - 1), n], log[max(m - 1, 0), n]
            after, before = log[m, min(n + 1, frames - 1)], log[m, max(n - 1, 0)]
            along_time[m, n] = hop_length * n_fft / (2 * gamma) * (above - below) + 2 * np.pi * hop_length * m / n_fft
            along_bins[m, n] = -gamma / (2 * hop_length * n_fft) * (after - before) - np.pi

    waiting = magnitude > limit
    order = np.argsort(-magnitude.ravel())
    for start in order:
        m0, n0 = start // frames, start % frames
        if not waiting[m0, n0]:
            if magnitude[m0, n0] <= limit:
                break
            continue
        waiting[m0, n0] = False
        phase[m0, n0] = 0.0
        heap = [(-magnitude[m0, n0], m0, n0)]
        while heap:
            _, m, n = heapq.heappop(heap)
            here = phase[m, n]
            if n + 1 < frames and waiting[m, n + 1]:
                phase[m, n + 1] = here + (along_time[m, n] + along_time[m, n + 1]) / 2
                waiting[m, n + 1] = False
                heapq.heappush(heap, (-magnitude[m, n + 1], m, n + 1))
            if n > 0 and waiting[m, n - 1]:
                phase[m, n - 1] = here - (along_time[m, n] + along_time[m, n - 1]) / 2
                waiting[m, n - 1] = False
                heapq.heappush(heap, (-magnitude[m, n - 1], m, n - 1))
            if m + 1 < bins and waiting[m + 1, n]:
                phase[m + 1, n] = here + (along_bins[m, n] + along_bins[m + 1, n]) / 2
                waiting[m + 1, n] = False
                heapq.heappush(heap, (-magnitude[m + 1, n], m + 1, n))
            if m > 0 and waiting[m - 1, n]:
                phase[m - 1, n] = here - (along_bins[m, n] + along_bins[m - 1, n]) / 2
                waiting[m - 1, n] = False
                heapq.heappush(heap, (-magnitude[m - 1, n], m - 1, n))
    return phase
