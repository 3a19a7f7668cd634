"""Real notes that sets of notes are measured from, and one row of the table of distributions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nsynthlib.evaluation.differences import set_difference
from nsynthlib.evaluation.distributions import (
    Gaussian,
    VoronoiBins,
    diversity,
    entropies,
    frechet,
    frechet_distance,
    inception_score,
    mean_spread,
    spread,
)
from nsynthlib.evaluation.judges import Observed
from nsynthlib.evaluation.per_note import difference_of
from nsynthlib.evaluation.resampling import mean
from nsynthlib.evaluation.statistics import Measurement, bootstrap, summarise


class Reference:
    """Real notes to measure distances from: training notes of the same conditions; for texture, held-out ones."""

    def __init__(self, train: Observed, held_out: Observed) -> None:
        self.train, self.modulation = train, held_out.modulation
        self.bins = VoronoiBins(train.thumbnails)

    def row(self, observed: Observed) -> dict[str, Measurement]:
        """The measures of one row that come from what the judges heard."""
        answers, of = observed.predictions.pitch.numpy(), observed.targets.clusters
        varied = diversity(
            observed.features, observed.targets.groups(), self.train.features, self.train.targets.groups(), of
        )
        return {
            **observed.shares(),
            "pitch_entropy": summarise(entropies(answers), mean, of),
            "inception_score": inception_score(answers, clusters=of),
            "frechet_distance": frechet_distance(observed.features, self.train.features, clusters=of),
            "ndb": self.bins.different(observed.thumbnails, clusters=of),
            "modulation_distance": frechet_distance(observed.modulation, self.modulation, clusters=of),
            **({"diversity": varied} if varied else {}),
        }

    def difference(self, one: Observed, other: Observed) -> dict[str, Measurement]:
        """``one`` less ``other``, whose notes were asked for alike one by one; clusters are those of ``other``."""
        of, groups = other.targets.clusters, other.targets.groups()
        row = difference_of(one.right(), other.right(), of)
        row["frechet_distance"] = set_difference(one.features, other.features, _distance(self.train.features), of)
        row["modulation_distance"] = set_difference(one.modulation, other.modulation, _distance(self.modulation), of)
        real = spread(self.train.features, self.train.targets.groups())
        if len(spread(one.features, groups)) and real.any():
            ours, theirs = (mean_spread(some.features, groups, of) for some in (one, other))
            row["diversity"] = bootstrap(lambda taken: (ours(taken) - theirs(taken)) / real.mean(), of)
        return row


def _distance(reference: np.ndarray) -> Callable[[np.ndarray], float]:
    target = Gaussian(reference)
    return lambda features: frechet(target, Gaussian(features))
