"""Judging a set of notes as a whole: is it as good, and as varied, as a set of real ones?"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cached_property

import numpy as np
from scipy import linalg, special, stats
from scipy.spatial.distance import cdist

from nsynthlib.evaluation.resampling import Clusters, codes
from nsynthlib.evaluation.statistics import Measurement, bootstrap, summarise_set

BINS = 50  # of the number of statistically different bins, as many as GANSynth's


class Gaussian:
    """Mean ``[d]`` and covariance ``[d, d]`` of features ``[n, d]``; one note alone has no spread."""

    def __init__(self, features: np.ndarray) -> None:
        self.mean = features.mean(0)
        self.covariance = np.cov(features, rowvar=False, ddof=min(1, len(features) - 1)).reshape(len(self.mean), -1)

    @cached_property
    def root(self) -> np.ndarray:
        """The covariance's square root."""
        values, vectors = linalg.eigh(self.covariance)
        return (vectors * np.sqrt(values.clip(0))) @ vectors.T


def frechet(a: Gaussian, b: Gaussian) -> float:
    """Squared Fréchet distance of two Gaussians, |m - n|² + tr(S + T - 2 (S T)^½) (Dowson and Landau 1982).

    The trace of (S T)^½ is that of (S^½ T S^½)^½, whose eigenvalues are real and not negative.
    """
    cross = np.sqrt(linalg.eigvalsh(a.root @ b.covariance @ a.root).clip(0)).sum()
    trace = np.trace(a.covariance) + np.trace(b.covariance) - 2 * cross
    return float(((a.mean - b.mean) ** 2).sum() + trace)


def frechet_distance(
    features: np.ndarray, reference: np.ndarray, seed: int = 0, clusters: Clusters = None
) -> Measurement:
    """Fréchet distance of ``features`` ``[n, d]`` to a reference's ``[m, d]`` (Heusel et al. 2017).

    Smaller sets lie further off, so compare sets of one size only. The interval resamples ``features`` alone.

    >>> import numpy as np
    >>> features = np.random.default_rng(0).normal(size=(200, 4))
    >>> round(frechet_distance(features + 1, features)["value"], 2)  # each of 4 means is 1 off
    4.0
    """
    target = Gaussian(reference)
    return summarise_set(features, lambda some: frechet(target, Gaussian(some)), seed, clusters=clusters)


def entropies(logits: np.ndarray) -> np.ndarray:
    """Entropy in nats ``[n]`` of each note's answer, logits ``[n, classes]``."""
    return special.entr(special.softmax(logits, 1)).sum(1)


def inception_score(logits: np.ndarray, seed: int = 0, clusters: Clusters = None) -> Measurement:
    """exp of the mean KL divergence of each note's answer from the mean answer (Salimans et al. 2016).

    From 1 (all notes get one answer) to the number of classes (sure of each note, and all classes alike).

    >>> import numpy as np
    >>> certain = 50.0 * np.eye(4)[[0, 1, 2, 3] * 5]  # logits of 20 notes, sure of each, all four classes alike
    >>> round(inception_score(certain)["value"], 2), round(inception_score(0 * certain)["value"], 2)
    (4.0, 1.0)
    """

    def score(answers: np.ndarray) -> float:
        mean = answers.mean(0)
        return float(np.exp(special.entr(mean).sum() - special.entr(answers).sum(1).mean()))

    return summarise_set(special.softmax(logits, 1), score, seed, minimum=1.0, clusters=clusters)


class VoronoiBins:
    """Where a reference's points ``[m, d]`` crowd: Voronoi cells of k-means, and each one's share of them."""

    def __init__(self, reference: np.ndarray, count: int = BINS, seed: int = 0) -> None:
        from sklearn.cluster import KMeans

        means = KMeans(min(count, len(reference)), n_init=1, random_state=seed).fit(reference)
        self.centres, self.size = means.cluster_centers_, len(reference)
        self.counts = np.bincount(means.labels_, minlength=len(self.centres))

    def different(self, points: np.ndarray, seed: int = 0, clusters: Clusters = None) -> Measurement:
        """Number of statistically different bins (Richardson and Weiss 2018): cells that get too many or too few.

        Two-proportion z-test at 5 % for each cell, so that about 1 in 20 differs by chance.
        """
        inside = cdist(points, self.centres).argmin(1)
        return summarise_set(inside, self._count, seed, clusters=clusters)

    def _count(self, inside: np.ndarray) -> float:
        counts, n = np.bincount(inside, minlength=len(self.centres)), len(inside)
        pooled = (counts + self.counts) / (n + self.size)
        error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / self.size))
        away = np.abs(counts / n - self.counts / self.size)
        return float((away > stats.norm.ppf(0.975) * error).sum())


def pairs_of(groups: Sequence[Hashable]) -> tuple[np.ndarray, np.ndarray]:
    """Places of the first and of the second of every two notes of the same group, int64 ``[pairs]`` each."""
    members: dict[Hashable, list[int]] = {}
    for i, group in enumerate(groups):
        members.setdefault(group, []).append(i)
    pairs = [(i, j) for rows in members.values() for k, i in enumerate(rows) for j in rows[k + 1 :]]
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return first, second


def spread(features: np.ndarray, groups: Sequence[Hashable]) -> np.ndarray:
    """Distances ``[pairs]`` between features ``[n, d]`` of every two notes of the same group."""
    first, second = pairs_of(groups)
    return np.linalg.norm(features[first] - features[second], axis=1)


def mean_spread(features: np.ndarray, groups: Sequence[Hashable], of: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The mean of :func:`spread` as a statistic of how often each note is taken, see
    :func:`~nsynthlib.evaluation.statistics.bootstrap`.

    A pair is taken as often as both its notes are (the pigeonhole bootstrap of Owen 2007, whose intervals are rather
    too wide); as often as their cluster is where they are of one.
    """
    first, second = pairs_of(groups)
    apart, alike = spread(features, groups), of[first] == of[second]

    def statistic(taken: np.ndarray) -> np.ndarray:
        weights = taken[:, first] * np.where(alike, 1.0, taken[:, second])
        with np.errstate(invalid="ignore"):  # a resample may take no pair
            return weights @ apart / weights.sum(1)

    return statistic


def diversity(
    features: np.ndarray,
    groups: Sequence[Hashable],
    reference: np.ndarray,
    reference_groups: Sequence[Hashable],
    clusters: Clusters = None,
) -> Measurement | None:
    """How unlike notes of one condition are, against real ones: 1 is as varied, 0 the same note every time.

    The mean distance between features ``[n, d]`` of two notes asked for by the same pitch, family and velocity (their
    group), over the same of the reference. ``n`` counts pairs; ``None`` where either set has none. ``clusters`` are the
    notes' instruments; without, those of one group stand or fall together.

    >>> import numpy as np
    >>> features = np.random.default_rng(0).normal(size=(40, 8))
    >>> groups = [i // 4 for i in range(40)]  # four notes of each condition
    >>> round(diversity(0.5 * features, groups, features, groups)["value"], 2)
    0.5
    """
    pairs, real = len(spread(features, groups)), spread(reference, reference_groups)
    if not pairs or not real.any():
        return None
    of = codes(groups if clusters is None else clusters, len(features))
    statistic = mean_spread(features, groups, of)
    return bootstrap(lambda taken: statistic(taken) / real.mean(), of) | {"n": pairs}
