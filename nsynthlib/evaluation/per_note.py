"""One number a note, or one yes or no, and what becomes of them: a row of a table, or what lies between two rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from nsynthlib.evaluation.differences import difference, share_difference
from nsynthlib.evaluation.resampling import Clusters, codes
from nsynthlib.evaluation.statistics import Measurement, Measurements, proportion, summarise

Values = Mapping[str, np.ndarray]  # of each measure, [n]: bool for what becomes a share, else float, NaN for none


class Compared(NamedTuple):
    """Rows of a table, and what lies between some of them, ``"model - real"``."""

    rows: Measurements
    differences: Measurements


def compared(
    values: Mapping[str, Values], pairs: Iterable[tuple[str, str]], clusters: Mapping[str, np.ndarray]
) -> Compared:
    """Every row of ``values``, and the differences of ``pairs`` of rows; a pair's clusters are those of its second."""
    rows = {row: row_of(some, clusters[row]) for row, some in values.items()}
    between = {between_name(a, b): difference_of(values[a], values[b], clusters[b]) for a, b in pairs}
    return Compared(rows, between)


def between_name(one: str, other: str) -> str:
    """What the row of a difference is called."""
    return f"{one} - {other}"


def row_of(values: Values, clusters: Clusters = None) -> dict[str, Measurement]:
    """Medians over notes, shares of what holds or not. NaN is left out, and a measure that all notes lack."""
    row = {}
    for measure, column in values.items():
        of = codes(clusters, len(column))
        told = ~np.isnan(column)
        if column.dtype == bool:
            row[measure] = proportion(column, of)
        elif told.any():
            row[measure] = summarise(column[told], clusters=of[told])
    return row


def difference_of(one: Values, other: Values, clusters: Clusters = None) -> dict[str, Measurement]:
    """``one`` less ``other`` in every measure that both have, of the same notes in the same order."""
    row = {}
    for measure in (m for m in one if m in other):
        first, second = one[measure], other[measure]
        of = codes(clusters, len(first))
        told = ~(np.isnan(first) | np.isnan(second))
        if first.dtype == bool:
            row[measure] = share_difference(first, second, of)
        elif told.any():
            row[measure] = difference(first[told], second[told], clusters=of[told])
    return row
