"""Which notes of each instrument are rendered."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from nsynthlib.errors import UsageError

PITCHES = range(24, 85)

Cell = tuple[int, int]  # pitch and velocity


def checked(values: Iterable[int], name: str, allowed: Iterable[int]) -> list[int]:
    """``values`` sorted, each once; UsageError unless there is one and all are allowed.

    >>> checked([64, 60, 60], "pitches", range(128))
    [60, 64]
    """
    chosen, known = sorted(set(values)), set(allowed)
    wrong = [v for v in chosen if v not in known]
    if not chosen or wrong:
        told = f"{wrong[0]} is not among them" if wrong else "none was given"
        raise UsageError(f"{name} are chosen from {min(known)}-{max(known)}: {told}")
    return chosen


def grid(pitches: Iterable[int], velocities: Iterable[int]) -> list[Cell]:
    """Every pitch with every velocity.

    >>> grid([60, 64], [50, 100])
    [(60, 50), (60, 100), (64, 50), (64, 100)]
    """
    return list(itertools.product(pitches, velocities))


def cells(
    grids: Mapping[tuple[int, ...], Sequence[Cell]], notes: int | None = None, seed: int = 0
) -> list[tuple[Cell, ...]]:
    """The notes of each instrument in order, all of its grid; a part of them by chance if there is a limit.

    Args:
        grids: what can be rendered of each instrument, by the numbers that tell it from the others; its draw depends on
            them and on the seed alone.
        notes: the limit for all instruments together, the same number of each that has so many; a larger one holds the
            notes of a smaller one.

    Raises:
        UsageError: if the limit is below one note for each instrument.

    >>> instruments = {(0,): grid(range(60, 72), [100]), (1,): grid(range(60, 72), [100])}
    >>> [len(chosen) for chosen in cells(instruments, notes=6, seed=0)]
    [3, 3]
    """
    if notes is None:
        return [tuple(sorted(each)) for each in grids.values()]
    if notes < len(grids):
        raise UsageError(f"notes must be at least {len(grids)}, one for each instrument")
    every, more = divmod(notes, len(grids))
    first = set(np.random.default_rng(seed).permutation(len(grids))[:more].tolist())
    chosen = []
    for i, (numbers, each) in enumerate(grids.items()):
        order = np.random.default_rng([seed, *numbers]).permutation(len(each))
        chosen.append(tuple(sorted(each[c] for c in order[: every + (i in first)])))
    return chosen
