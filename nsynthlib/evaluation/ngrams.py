"""What a table of counts makes of samples: the least that a network must beat."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from nsynthlib.models.sampled import LEVELS, SILENCE


def ngram_bits(learned: Tensor, judged: Tensor, order: int) -> float:
    """Mean bits a sample of ``judged`` by how often codes followed each other in ``learned``.

    A code is foretold by the ``order`` codes before it; where these were seldom seen, by fewer (Witten and Bell 1991):
    the fewer by as much weight as different codes followed.

    Args:
        learned, judged: mu-law codes, int64 ``[n, samples]``.
        order: 0 to 6.
    """
    codes = judged.numpy().reshape(-1)
    probability = np.full(codes.size, 1 / LEVELS)
    for known in range(order + 1):
        before, pairs = _contexts(learned, known), _contexts(judged, known)
        followed, times = np.unique(before * LEVELS + learned.numpy().reshape(-1), return_counts=True)
        contexts, first = np.unique(followed // LEVELS, return_index=True)
        kinds = np.diff(first, append=len(followed))  # different codes that followed each context
        seen = np.add.reduceat(times, first)
        count = _look_up(followed, times, pairs * LEVELS + codes)
        n, t = _look_up(contexts, seen, pairs), _look_up(contexts, kinds, pairs)
        probability = np.where(n > 0, (count + t * probability) / np.maximum(n + t, 1), probability)
    return float(-np.log2(probability).mean())


def _contexts(codes: Tensor, order: int) -> np.ndarray:
    """The ``order`` codes before each sample as one number, int64 ``[n * samples]``; silence comes before a clip."""
    values = codes.numpy()
    context = np.zeros(values.shape, dtype=np.int64)
    for back in range(order, 0, -1):
        earlier = np.full(values.shape, SILENCE)
        earlier[:, back:] = values[:, :-back]
        context = context * LEVELS + earlier
    return context.reshape(-1)


def _look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The value of every key that is ``wanted``; 0 for one that is not there. ``keys`` are sorted."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)
