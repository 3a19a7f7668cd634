"""Every number with its sample size and how sure it is. What makes it sure is instruments, not notes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from scipy import stats

from nsynthlib.evaluation.resampling import Clusters, Statistic, codes, draw_sets, draw_weights, interval_ends, median

Measurement = dict[str, Any]  # "value", "n", "instruments" and "interval"
Measurements = dict[str, dict[str, Measurement]]  # of each row, by its name


def measurement(value: float, of: np.ndarray, ends: tuple[float, float] | None = None) -> Measurement:
    """``{"value", "n", "instruments", "interval"}`` of notes that are of clusters ``of`` ``[n]``.

    The interval holds the value, and is nothing but the value where there is one note.
    """
    low, high = ends or (value, value)
    count = int(of.max()) + 1
    return {"value": value, "n": len(of), "instruments": count, "interval": [min(low, value), max(high, value)]}


def summarise(
    values: Iterable[float], statistic: Statistic = median, clusters: Clusters = None, seed: int = 0
) -> Measurement:
    """A statistic of the values with its 95 % interval, by the cluster bootstrap.

    Args:
        values: a number for each note.
        statistic: :func:`~nsynthlib.evaluation.resampling.median` or ``mean``.
        clusters: the instrument of each note, or whatever else makes notes alike: a condition, a seed. Without, each
            note stands for itself.
        seed: of the resamples.

    >>> found = summarise([3.0, 4.0, 5.0, 9.0], clusters=["organ 1", "organ 1", "organ 2", "organ 3"])
    >>> found["value"], found["n"], found["instruments"]
    (4.5, 4, 3)
    >>> low, high = found["interval"]
    >>> bool(low <= 4.5 <= high)
    True
    """
    data = np.asarray(list(values), dtype=float)
    minimum = 0.0 if (data >= 0).all() else -np.inf
    return bootstrap(lambda weights: statistic(data, weights), codes(clusters, len(data)), seed, minimum)


def bootstrap(
    statistic: Callable[[np.ndarray], np.ndarray], of: np.ndarray, seed: int = 0, minimum: float = -np.inf
) -> Measurement:
    """A statistic ``[resamples]`` that is told how often each note is taken, ``[resamples, n]``.

    ``of`` ``[n]`` are the notes' clusters as numbers; below ``minimum`` the statistic cannot lie.
    """
    value = float(statistic(np.ones((1, len(of))))[0])
    if len(of) < 2:
        return measurement(value, of)
    low, high = interval_ends(statistic(draw_weights(of, seed=seed)), of, value)
    return measurement(value, of, (max(minimum, low), high))


def summarise_set(
    values: np.ndarray,
    statistic: Callable[[np.ndarray], float],
    seed: int = 0,
    minimum: float = 0.0,
    clusters: Clusters = None,
) -> Measurement:
    """A statistic of a whole set of notes, ``values`` ``[n, ...]``, such as a distance between distributions.

    Clusters are resampled with replacement. A resampled set says some notes twice and so looks narrower than it is,
    which moves distances upwards; the interval is therefore the spread of the resamples about their own median, laid
    about the value, and cut off at ``minimum``, below which the statistic cannot lie.

    >>> import numpy as np
    >>> values = np.random.default_rng(0).normal(size=200)
    >>> found = summarise_set(values, lambda some: float(some.std()))
    >>> found["interval"][0] < found["value"] < found["interval"][1], found["n"]
    (True, 200)
    """
    return bootstrap_sets(lambda notes: float(statistic(values[notes])), codes(clusters, len(values)), seed, minimum)


def bootstrap_sets(
    statistic: Callable[[np.ndarray], float], of: np.ndarray, seed: int = 0, minimum: float = -np.inf
) -> Measurement:
    """A statistic of the notes whose places it is told, as in :func:`summarise_set`; ``of`` ``[n]`` are clusters."""
    value = statistic(np.arange(len(of)))
    if len(of) < 2:
        return measurement(value, of)
    again = np.array([statistic(notes) for notes in draw_sets(of, seed)])
    low, high = interval_ends(again + value - np.median(again), of, value)
    return measurement(value, of, (max(minimum, low), max(minimum, high)))


def proportion(values: Iterable[bool], clusters: Clusters = None) -> Measurement:
    """How often something holds, in [0, 1], with Wilson's 95 % score interval (Wilson 1927).

    A bootstrap would be sure of itself where all of a few notes are right: it has never seen a wrong one. Where notes
    come in clusters, Wilson's interval is taken for the effective sample size, n over the :func:`design_effect` (Kish
    1965; compared with other intervals by Dean and Pagano 2015).
    """
    data = np.asarray(list(values), dtype=bool)
    of = codes(clusters, len(data))
    share = float(data.mean())
    return measurement(share, of, wilson(share, len(data) / design_effect(data, of)))


def wilson(share: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share seen in ``n`` notes; an effective ``n`` need not be a whole number."""
    z2 = float(stats.norm.ppf(0.975)) ** 2
    middle = share + z2 / (2 * n)
    half = float(np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))))
    low, high = (middle - half) / (1 + z2 / n), (middle + half) / (1 + z2 / n)
    return (low if share > 0 else 0.0), (high if share < 1 else 1.0)


def design_effect(right: np.ndarray, of: np.ndarray) -> float:
    """How many times larger a share's variance is because its notes come in clusters ``of`` ``[n]``; at least 1.

    The variance between clusters (of a ratio, linearised) over that of as many notes drawn one by one. Where nearly all
    notes are right, clusters cannot show how alike their notes are. So a cluster of mean size that is right and one
    that is wrong are added, as Agresti and Coull (1998) add notes: then notes that are all right count as about as many
    as there are clusters, and one wrong note among them does not make the interval shorter.
    """
    size = np.bincount(of).astype(float)
    if len(size) == len(of):
        return 1.0
    found = np.append(np.bincount(of, right), (0.0, size.mean()))
    size = np.append(size, (size.mean(), size.mean()))
    k, n, share = len(size), size.sum(), found.sum() / size.sum()
    between = k / (k - 1) * np.square(found - share * size).sum() / n**2
    return max(1.0, float(between / (share * (1 - share) / n)))
