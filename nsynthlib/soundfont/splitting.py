"""Which instruments are trained on and which are kept, so that no recording is heard on both sides.

Programs share recordings inside a soundfont (FluidR3's accordion, harmonica and bandoneon play one reed), and
soundfonts share them too: MuseScore_General grew out of FluidR3. Its samples were made mono, resampled and
compressed, so their bytes differ. What belongs together is found from the tables:

* programs that play a sample at the same place in the file;
* programs that play samples of the same name, in one font or in two;
* programs with the same number, in any font: they are the same instrument to a listener.

A cluster is whatever these join, and is never split. The sound itself agrees: of the first 4096 samples of all
recordings of FluidR3 and MuseScore_General, cross-correlated at any lag, no two from different clusters reach 0.98,
while those of one name in both fonts have a median of 0.9998.

The names in the small fonts are so plain that they would join half of all programs. Nothing of those fonts is held
out, and of them is learned what shares neither number nor place nor name with anything that is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from nsynthlib.data import FAMILIES
from nsynthlib.soundfont.programs import PROGRAMS
from nsynthlib.soundfont.tables import Preset

SPLITS = ("train", "valid", "test")
HELD_OUT = 0.1  # of the clusters, for each of valid and test
OUT_OF_TUNE = {"TimGM6mb": {78}}  # programs that sound between two keys: its whistle lies 8.7 semitones low
LARGEST = 4  # programs of a cluster that may be held out: larger ones are worth more in training


def clusters(fonts: Mapping[str, Mapping[int, Preset]]) -> dict[int, int]:
    """The cluster of each program that is rendered, numbered from 0 in the order of the programs.

    Args:
        fonts: the presets of each font by program, as :func:`nsynthlib.soundfont.tables.presets` reads them.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    plays = [
        (program, key)
        for font, presets in fonts.items()
        for program, preset in presets.items()
        if program in PROGRAMS
        for start, name in preset.samples
        for key in ((font, start), name)
    ]
    keys = {key: 128 + i for i, key in enumerate(dict.fromkeys(key for _, key in plays))}  # nodes 0-127 are programs
    rows, columns = [program for program, _ in plays], [keys[key] for _, key in plays]
    size = 128 + len(keys)
    _, label = connected_components(
        coo_array((np.ones(len(plays)), (rows, columns)), shape=(size, size)), directed=False
    )
    programs = sorted(set(rows))
    order = {old: new for new, old in enumerate(dict.fromkeys(label[programs].tolist()))}
    return {program: order[int(label[program])] for program in programs}


def learnable(font: str, fonts: Mapping[str, Mapping[int, Preset]], side: Mapping[int, str]) -> set[int]:
    """Programs of a ``font`` that share neither number nor recording with one that is held out, and are in tune.

    Args:
        font: the font's name.
        fonts: the presets of all fonts by name, this one's included.
        side: what :func:`split` says of the others' programs.
    """
    further = fonts[font]
    held_out = {program for program, name in side.items() if name != "train"}
    samples = {s for p in held_out & further.keys() for s in further[p].samples}
    names = {name for found in fonts.values() for p in held_out & found.keys() for _, name in found[p].samples}
    return {
        program
        for program in (further.keys() & PROGRAMS.keys()) - held_out - OUT_OF_TUNE.get(font, set())
        if not any(sample in samples or sample[1] in names for sample in further[program].samples)
    }


def split(cluster_of: Mapping[int, int], seed: int = 0) -> dict[int, str]:
    """``train``, ``valid`` or ``test`` for each program; the same for the same clusters and seed.

    Every family that has the clusters for it is on all three sides, rare ones first; then clusters are added until a
    tenth of them is on each held-out side. No family gives up its last cluster in training.
    """
    members: dict[int, list[int]] = {}
    for program, cluster in cluster_of.items():
        members.setdefault(cluster, []).append(program)
    families = {c: {PROGRAMS[p][0] for p in programs} for c, programs in members.items()}
    left = Counter(family for found in families.values() for family in found)  # clusters in training, by family
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
    for _ in members:
        for name in ("test", "valid"):
            if sum(held == name for held in side.values()) < round(HELD_OUT * len(members)):
                move(name)
    return {program: side.get(cluster, "train") for program, cluster in sorted(cluster_of.items())}
