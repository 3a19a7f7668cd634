"""Sounds beside the sounds they were made from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from nsynthlib.evaluation.distances import DISTANCES, Original
from nsynthlib.evaluation.per_note import row_of
from nsynthlib.evaluation.resampling import Clusters
from nsynthlib.evaluation.statistics import Measurement
from nsynthlib.evaluation.trackers import in_tune


def compare(
    originals: Sequence[Tensor], others: Sequence[Tensor], pitches: Sequence[int], clusters: Clusters = None
) -> dict[str, Measurement]:
    """How near ``others`` come to ``originals``, sound by sound, and how many of them are in tune.

    Medians over sounds of :meth:`~nsynthlib.evaluation.distances.Original.distances`. ``clusters`` tell which are of
    one instrument, see :func:`~nsynthlib.evaluation.summarise`.

    >>> from nsynthlib import pocket
    >>> notes = pocket()[:3]
    >>> sounds = [note.audio for note in notes]
    >>> rows = compare(sounds, [sound / 2 for sound in sounds], [note.pitch for note in notes])
    >>> round(rows["energy_db"]["value"], 1), rows["energy_db"]["n"]  # half the amplitude
    (-6.0, 3)
    """
    apart = [Original(a).distances(b) for a, b in zip(originals, others, strict=True)]
    tuned = [in_tune(b, p) for b, p in zip(others, pitches, strict=True)]
    values = {name: np.array([one[name] for one in apart]) for name in DISTANCES}
    return row_of({**values, "in_tune": np.array(tuned)}, clusters)
