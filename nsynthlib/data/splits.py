"""Which notes are held out: by instrument, or by an instrument's pitches."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nsynthlib.data.index import LabelTable


def by_instrument(table: LabelTable, fraction: float, rng: np.random.Generator) -> np.ndarray:
    """Mask ``[n]`` of about ``fraction`` of each family's instruments, at least one where a family has two."""
    held_out: list[np.ndarray] = []
    for family in np.unique(table.family):
        instruments = np.unique(table.instrument[table.family == family])
        if len(instruments) > 1:
            count = max(1, round(fraction * len(instruments)))
            held_out.append(rng.permutation(instruments)[: min(count, len(instruments) - 1)])
    return np.isin(table.instrument, np.concatenate(held_out) if held_out else [])


def by_pitch(table: LabelTable, fraction: float, rng: np.random.Generator) -> np.ndarray:
    """Mask ``[n]`` of about ``fraction`` of each instrument's pitches, at least one where it has two."""
    pair = table.instrument.astype(np.int64) * 128 + table.pitch
    pairs = np.unique(pair)
    held_out: list[np.ndarray] = []
    for pitches in np.split(pairs, np.flatnonzero(np.diff(pairs // 128)) + 1):
        if len(pitches) > 1:
            count = max(1, round(fraction * len(pitches)))
            held_out.append(rng.permutation(pitches)[: min(count, len(pitches) - 1)])
    return np.isin(pair, np.concatenate(held_out) if held_out else [])


SPLITS: dict[str, Callable[[LabelTable, float, np.random.Generator], np.ndarray]] = {
    "instrument": by_instrument,
    "pitch": by_pitch,
}
