"""Random numbers that Python and JavaScript draw alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def make_random(seed: int = 0) -> Callable[[], float]:
    """A function that draws seeded numbers in [0, 1) one by one, the same as ``makeRandom`` in ``web/dsp/phase.mjs``.

    >>> random = make_random(7)
    >>> [random(), random()] == uniform(2, seed=7).tolist()
    True
    """
    state = seed & 0xFFFFFFFF

    def draw() -> float:
        nonlocal state
        state = (state + 0x9E3779B9) & 0xFFFFFFFF
        mixed = ((state ^ (state >> 16)) * 0x21F0AAAD) & 0xFFFFFFFF
        mixed = ((mixed ^ (mixed >> 15)) * 0x735A2D97) & 0xFFFFFFFF
        return (mixed ^ (mixed >> 15)) / 2**32

    return draw


def uniform(count: int, seed: int = 0) -> np.ndarray:
    """The first ``count`` numbers of :func:`make_random`, all at once."""
    state = np.uint32(seed) + np.arange(1, count + 1, dtype=np.uint32) * np.uint32(0x9E3779B9)
    mixed = (state ^ (state >> 16)) * np.uint32(0x21F0AAAD)
    mixed = (mixed ^ (mixed >> 15)) * np.uint32(0x735A2D97)
    return (mixed ^ (mixed >> 15)) / 2**32


class SharedRandom(np.random.Generator):
    """Draws what ``makeRandom(0)`` in ``web/dsp/phase.mjs`` draws: the same numbers in both languages."""

    def __init__(self) -> None:
        super().__init__(np.random.PCG64(0))
        self._drawn = 0

    def _draw(self, size: int) -> np.ndarray:
        self._drawn += size
        return uniform(self._drawn)[-size:]

    def uniform(self, low: float = 0.0, high: float = 1.0, size: int = 1) -> np.ndarray:  # type: ignore[override]
        return low + (high - low) * self._draw(size)

    def integers(self, low: int, size: int) -> np.ndarray:  # type: ignore[override]
        return np.floor(low * self._draw(size)).astype(np.int64)
