"""Drawing notes again, instrument by instrument, to see how sure a number is.

Notes of one instrument are alike, so a hundred notes of two instruments tell less than a hundred notes of a hundred. A
bootstrap that draws notes does not see this, and its intervals are too narrow. The cluster bootstrap (Davison and
Hinkley 1997, section 3.8; Field and Welsh 2007) draws instruments with replacement and takes all notes of each.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import lru_cache

import numpy as np
from scipy import stats

RESAMPLES = 2000
RESAMPLED_SETS = 200  # of a whole distribution, which takes longer than a mean or a median
Clusters = Iterable[Hashable] | None
Statistic = Callable[[np.ndarray, np.ndarray], np.ndarray]  # of values [n], by weights [resamples, n]


def mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Means ``[resamples]`` of values ``[n]``, each counted as often as ``weights`` ``[resamples, n]`` say."""
    return weights @ values / weights.sum(1)


def median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Medians ``[resamples]`` of values ``[n]``, each counted as often as ``weights`` ``[resamples, n]`` say."""
    order = np.argsort(values)
    reached = weights[:, order].cumsum(1)
    half = reached[:, -1:] / 2
    low, high = (reached >= half).argmax(1), (reached > half).argmax(1)
    return (values[order[low]] + values[order[high]]) / 2


def codes(clusters: Clusters, n: int) -> np.ndarray:
    """The cluster of each of ``n`` notes as a number from 0, int64 ``[n]``; each its own where none are told."""
    if clusters is None:
        return np.arange(n)
    seen: dict[Hashable, int] = {}
    found = np.array([seen.setdefault(one, len(seen)) for one in clusters], dtype=np.int64)
    if len(found) != n:
        raise ValueError(f"{n} notes, and clusters of {len(found)}")
    return found


def units(of: np.ndarray) -> np.ndarray:
    """What is drawn: clusters, ``of`` ``[n]``. One cluster alone can be drawn in one way only, so its notes are drawn;
    what is said then holds for that instrument and no other."""
    return of if of.max() else np.arange(len(of))


def draw_weights(of: np.ndarray, resamples: int = RESAMPLES, seed: int = 0) -> np.ndarray:
    """How often each note is taken when its cluster ``of`` ``[n]`` is drawn, float32 ``[resamples, n]``."""
    drawn = units(of)
    return _taken(int(drawn.max()) + 1, resamples, seed)[:, drawn]


@lru_cache(maxsize=8)
def _taken(count: int, resamples: int, seed: int) -> np.ndarray:
    """How often each of ``count`` clusters is drawn, float32 ``[resamples, count]``."""
    drawn = np.random.default_rng(seed).integers(count, size=(resamples, count))
    places = drawn + count * np.arange(resamples)[:, None]
    return np.bincount(places.ravel(), minlength=places.size).reshape(places.shape).astype(np.float32)


def draw_sets(of: np.ndarray, seed: int = 0) -> Iterator[np.ndarray]:
    """Places of the notes of each resampled set, int64; a note that was taken twice stands there twice."""
    for weights in draw_weights(of, RESAMPLED_SETS, seed):
        yield np.repeat(np.arange(len(of)), weights.astype(int))


def interval_ends(again: np.ndarray, of: np.ndarray, value: float) -> tuple[float, float]:
    """Ends of the 95 % interval of a statistic that is ``value``, and ``again`` ``[resamples]`` of resampled notes.

    Expanded percentiles (Hesterberg 2015): for k clusters, plain ones are too narrow by sqrt((k - 1) / k) and by what
    Student's t is wider than a normal distribution. For a few clusters these lie beyond the outermost resamples, which
    then tell their standard deviation only.
    """
    count = int(units(of).max()) + 1
    told = again[np.isfinite(again)]
    wide = np.sqrt(count / (count - 1)) * stats.t.ppf(0.975, count - 1)
    tail = stats.norm.sf(wide)
    if tail * len(told) < 1:
        return value - wide * float(told.std()), value + wide * float(told.std())
    low, high = np.quantile(told, (tail, 1 - tail))
    return float(low), float(high)
