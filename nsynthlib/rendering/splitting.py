"""Which instruments are trained on and which are kept, by clusters that are never split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from nsynthlib.data import FAMILIES

SPLITS = ("train", "valid", "test")
HELD_OUT = 0.1  # of the clusters, for each of valid and test
LARGEST = 4  # instruments of a cluster that may be held out: larger ones are worth more in training


def joined(size: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """The cluster of each of ``size`` items, numbered from 0 in their order, by the ``pairs`` that belong together.

    >>> joined(4, [(0, 2)])  # the first and the third of four belong together
    [0, 1, 0, 2]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows, columns = np.array(pairs, int).reshape(-1, 2).T
    graph = coo_array((np.ones(len(pairs)), (rows, columns)), shape=(size, size))
    labels = connected_components(graph, directed=False)[1].tolist()
    order = {label: cluster for cluster, label in enumerate(dict.fromkeys(labels))}
    return [order[label] for label in labels]


def split_clusters(
    cluster_of: Mapping[int, int], family_of: Mapping[int, str], seed: int = 0, *, by_instruments: bool = False
) -> dict[int, str]:
    """``train``, ``valid`` or ``test`` for each instrument; the same for the same clusters and seed.

    Every family that has the clusters for it is on all three sides, rare ones first; then clusters are added until a
    tenth is on each held-out side. No family gives up its last cluster in training.

    Args:
        cluster_of: the cluster of each instrument.
        family_of: the family of each of them, and of others if need be.
        seed: of what is left to chance.
        by_instruments: a tenth of the instruments, in clusters of any size, taken by chance; without it a tenth of the
            clusters, the smallest first, which leaves more to train on.

    >>> cluster_of = {i: i for i in range(10)}
    >>> sides = split_clusters(cluster_of, dict.fromkeys(range(10), "organ"))
    >>> sorted(sides.values()).count("train"), set(sides.values()) == set(SPLITS)
    (8, True)
    """
    members: dict[int, list[int]] = {}
    for instrument, cluster in cluster_of.items():
        members.setdefault(cluster, []).append(instrument)
    families = {c: {family_of[i] for i in instruments} for c, instruments in members.items()}
    left = Counter(family for found in families.values() for family in found)  # clusters in training, by family
    size = {c: len(instruments) if by_instruments else 1 for c, instruments in members.items()}
    rng = np.random.default_rng(seed)
    free = [int(c) for c in rng.permutation(sorted(members)) if len(members[c]) <= LARGEST]
    free.sort(key=lambda c: len(members[c]))  # stable: small clusters first, by chance among equals
    side: dict[int, str] = {}

    def move(name: str, family: str | None = None) -> None:
        for cluster in free:
            if (family is None or family in families[cluster]) and all(left[f] > 1 for f in families[cluster]):
                side[cluster] = name
                free.remove(cluster)
                left.subtract(families[cluster])
                return

    for family in sorted(FAMILIES, key=lambda f: left[f]):
        for name in ("test", "valid"):
            if not any(family in families[c] for c, held in side.items() if held == name):
                move(name, family)
    if by_instruments:
        free = rng.permutation(free).tolist()
    for _ in members:
        for name in ("test", "valid"):
            if sum(size[c] for c, held in side.items() if held == name) < round(HELD_OUT * sum(size.values())):
                move(name)
    return {instrument: side.get(cluster, "train") for instrument, cluster in sorted(cluster_of.items())}
