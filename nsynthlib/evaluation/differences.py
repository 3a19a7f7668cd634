"""Two rows that were measured on the same notes: what lies between them, with an interval of its own.

Intervals of two rows may overlap although one row is better on nearly every note. What both find hard is common to them
and falls out when every resample takes the same notes of both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from scipy import stats

from nsynthlib.evaluation.resampling import Clusters, Statistic, codes, median, units
from nsynthlib.evaluation.statistics import Measurement, bootstrap, bootstrap_sets, measurement


def difference(
    one: Iterable[float],
    other: Iterable[float],
    statistic: Statistic = median,
    clusters: Clusters = None,
    seed: int = 0,
    combine: Callable[[np.ndarray, np.ndarray], np.ndarray] = np.subtract,
) -> Measurement:
    """A statistic of ``one`` less that of ``other``, of the same notes in the same order.

    Args as of :func:`~nsynthlib.evaluation.statistics.summarise`. ``combine=np.divide`` gives the ratio.

    >>> errors = {"AE": [3.0, 5.0, 4.0, 6.0], "VAE": [4.0, 6.0, 5.0, 7.0]}  # dB, of the same four notes
    >>> found = difference(errors["AE"], errors["VAE"])
    >>> found["value"], found["n"]
    (-1.0, 4)
    """
    first, second = (np.asarray(list(values), dtype=float) for values in (one, other))
    of = codes(clusters, len(first))
    return bootstrap(lambda weights: combine(statistic(first, weights), statistic(second, weights)), of, seed)


def set_difference(
    one: np.ndarray,
    other: np.ndarray,
    statistic: Callable[[np.ndarray], float],
    clusters: Clusters = None,
    seed: int = 0,
) -> Measurement:
    """A statistic of a whole set, ``one`` ``[n, ...]``, less that of ``other``, made for the same notes in the same
    order; otherwise like :func:`~nsynthlib.evaluation.statistics.summarise_set`."""
    of = codes(clusters, len(one))
    return bootstrap_sets(lambda notes: float(statistic(one[notes]) - statistic(other[notes])), of, seed)


def share_difference(one: Iterable[bool], other: Iterable[bool], clusters: Clusters = None) -> Measurement:
    """How much more often something holds in ``one`` than in ``other``, of the same notes in the same order.

    The 95 % interval is Wald's for pairs, by the variance between clusters and Student's t, after two notes have been
    added of which only one of the two is right (as Agresti and Min 2005 add pairs). So it is not sure of itself where
    both agree on every note.
    """
    first, second = (np.asarray(list(values), dtype=bool) for values in (one, other))
    of = codes(clusters, len(first))
    drawn = units(of)
    size = np.append(np.bincount(drawn), (1.0, 1.0))
    apart = np.append(np.bincount(drawn, first) - np.bincount(drawn, second), (1.0, -1.0))
    n, k = size.sum(), len(size)
    middle = float(apart.sum() / n)
    error = np.sqrt(k / (k - 1) * np.square(apart - middle * size).sum()) / n
    half = float(stats.t.ppf(0.975, max(k - 3, 1)) * error)
    return measurement(float(first.mean() - second.mean()), of, (max(-1.0, middle - half), min(1.0, middle + half)))
