"""Every number with its sample size and how sure it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from scipy import stats

Measurement = dict[str, float | int | list[float]]
Measurements = dict[str, dict[str, Measurement]]  # of each row, by its name
RESAMPLES = 200  # of a whole distribution; a statistic of plain numbers can afford ten times as many


def summarise(values: Iterable[float], statistic: Callable[..., Any] = np.median, seed: int = 0) -> Measurement:
    """``{"value", "n", "interval"}``: a statistic of the values with its 95 % bootstrap interval (percentiles)."""
    data = np.asarray(list(values), dtype=float)
    value = float(statistic(data))
    if len(data) < 2 or np.ptp(data) == 0:
        return {"value": value, "n": len(data), "interval": [value, value]}
    interval = stats.bootstrap(
        (data,), statistic, n_resamples=2000, method="percentile", rng=np.random.default_rng(seed)
    ).confidence_interval
    return {"value": value, "n": len(data), "interval": [float(interval.low), float(interval.high)]}


def proportion(values: Iterable[bool]) -> Measurement:
    """How often something holds, in [0, 1], with Wilson's 95 % score interval (Wilson 1927).

    A bootstrap would be sure of itself where all of a few notes are right: it has never seen a wrong one.
    """
    data = [bool(value) for value in values]
    interval = stats.binomtest(sum(data), len(data)).proportion_ci(0.95, "wilson")
    return {"value": sum(data) / len(data), "n": len(data), "interval": [float(interval.low), float(interval.high)]}


def summarise_set(
    values: np.ndarray, statistic: Callable[[np.ndarray], float], seed: int = 0, minimum: float = 0.0
) -> Measurement:
    """A statistic of a whole set of notes, ``values`` ``[n, ...]``, such as a distance between distributions.

    Notes are resampled with replacement. A resampled set says some notes twice and so looks narrower than it is, which
    moves distances upwards; the interval is therefore the spread of the resamples about their own median, laid about
    the value, and cut off at ``minimum``, below which the statistic cannot lie.
    """
    value = float(statistic(values))
    if len(values) < 2:
        return {"value": value, "n": len(values), "interval": [value, value]}
    rng = np.random.default_rng(seed)
    again = [float(statistic(values[rng.integers(len(values), size=len(values))])) for _ in range(RESAMPLES)]
    low, middle, high = np.percentile(again, (2.5, 50, 97.5))
    interval = [max(minimum, value + float(low - middle)), max(minimum, value + float(high - middle))]
    return {"value": value, "n": len(values), "interval": interval}
