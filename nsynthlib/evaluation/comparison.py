"""Sounds beside the sounds they were made from."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from nsynthlib.evaluation.distances import Original, in_tune, median_distances
from nsynthlib.evaluation.statistics import Measurement, proportion


def compare(originals: Sequence[Tensor], others: Sequence[Tensor], pitches: Sequence[int]) -> dict[str, Measurement]:
    """How near ``others`` come to ``originals``, sound by sound, and how many of them are in tune.

    RMSE is taken on :func:`common_spectrogram`, over all of it and over what lies above the floor in the original.
    """
    pairs = zip(originals, others, strict=True)
    rows = median_distances([Original(a).distances(b) for a, b in pairs])
    return {**rows, "in_tune": proportion(in_tune(b, p) for b, p in zip(others, pitches, strict=True))}
