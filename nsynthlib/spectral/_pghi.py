"""The one loop that no array library has: integrating a phase gradient outwards from the loudest bins.

Arrays lie frame by frame, as in ``web/dsp/phase.mjs``: bin ``m`` of frame ``n`` is element ``n * bins + m``. Bins
wait in chains by level (a bucket queue): ``first[level]`` is a chain's first bin and ``following[bin]`` the
next, or -1. Several times as fast as a heap, and no further from the original.

Arrays are made outside of what is compiled, which halves the time that the compiler takes at the first use.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from nsynthlib.constants import CONSTANTS

# Levels for every factor of e: bins within half a decibel of each other share one.
STEPS: int = CONSTANTS["pghi"]["levels_per_e"]
DONE = -1  # in place of a level: too quiet to integrate, or already reached


def integrate(
    magnitude: np.ndarray, gamma: float, hop_length: int, n_fft: int, tolerance: float, phase: np.ndarray
) -> None:
    """Write the phase of ``magnitude`` into ``phase``, float32 ``[frames, bins]`` both.

    Průša et al. 2017, algorithm 1, with trapezoidal steps. Bins of at most ``tolerance`` times the maximum keep what
    ``phase`` came in with. ``gamma`` is that of the Gaussian exp(-pi t² / gamma) nearest to the window, t in samples.
    """
    limit = np.float32(max(float(magnitude.max()) * tolerance, 1e-30))
    log = np.log(np.maximum(magnitude, limit))
    level = ((log - np.log(limit)) * np.float32(STEPS)).astype(np.int32)
    level[magnitude <= limit] = DONE
    along_frames, along_bins = _half_gradients(log, gamma, hop_length, n_fft)
    seeds, first = np.full((2, level.max() + 1), -1, np.int32)
    after_seed, following = np.empty((2, level.size), np.int32)
    flat = along_frames.ravel(), along_bins.ravel(), level.ravel(), seeds, after_seed, first, following
    _spread(*flat, phase.ravel(), magnitude.shape[1])


def _half_gradients(log: np.ndarray, gamma: float, hop_length: int, n_fft: int) -> tuple[np.ndarray, np.ndarray]:
    """Half of how far the phase turns to the next frame, and to the next bin (equations 21-24), without whole turns.

    Halves, since a step adds those of its two ends. Each frame's phase is referred to its first sample, as
    ``torch.stft`` does, hence the half turn from bin to bin.
    """
    edged = np.pad(log, 1, "edge")
    along_frames, along_bins = edged[1:-1, 2:] - edged[1:-1, :-2], edged[2:, 1:-1] - edged[:-2, 1:-1]
    along_frames *= hop_length * n_fft / (4 * gamma)
    along_frames += np.remainder(np.pi * hop_length / n_fft * np.arange(log.shape[1]), np.pi).astype(np.float32)
    along_bins *= -gamma / (4 * hop_length * n_fft)
    along_bins -= np.float32(np.pi / 2)
    return along_frames, along_bins


@njit(cache=True, nogil=True)
def _spread(
    along_frames: np.ndarray,
    along_bins: np.ndarray,
    level: np.ndarray,
    seeds: np.ndarray,
    after_seed: np.ndarray,
    first: np.ndarray,
    following: np.ndarray,
    angle: np.ndarray,
    bins: int,
) -> None:
    """Turn ``angle`` from bin to neighbouring bin, from each loudest one that is left until none is.

    Bins that may be the next loudest wait in the chains ``seeds`` and ``after_seed``, those reached in ``first`` and
    ``following``; both begin empty. One function and one loop over the four neighbours, for the compiler's sake.
    """
    for i in range(level.size - 1, -1, -1):
        if level[i] != DONE:
            after_seed[i] = seeds[level[i]]
            seeds[level[i]] = i
    for start_level in range(len(seeds) - 1, -1, -1):
        start = seeds[start_level]
        while start >= 0:
            if level[start] != DONE:
                loudest = level[start]
                level[start], angle[start] = DONE, 0.0
                first[loudest], following[start] = start, -1
                while loudest >= 0:
                    i = first[loudest]
                    if i < 0:
                        loudest -= 1
                        continue
                    first[loudest] = following[i]
                    for side in range(4):
                        if side == 0:
                            j, inside, turn = i + bins, i + bins < level.size, along_frames[i]
                        elif side == 1:
                            j, inside, turn = i - bins, i >= bins, along_frames[i]
                        elif side == 2:
                            j, inside, turn = i + 1, (i + 1) % bins > 0, along_bins[i]
                        else:
                            j, inside, turn = i - 1, i % bins > 0, along_bins[i]
                        if inside and level[j] != DONE:
                            turn += along_frames[j] if side < 2 else along_bins[j]
                            angle[j] = angle[i] + (turn if j > i else -turn)
                            following[j] = first[level[j]]
                            first[level[j]] = j
                            loudest = max(loudest, level[j])
                            level[j] = DONE
            start = after_seed[start]
