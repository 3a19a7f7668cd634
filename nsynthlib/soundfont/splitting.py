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

from collections.abc import Mapping

from nsynthlib.rendering import joined, split_clusters
from nsynthlib.soundfont.programs import PROGRAMS
from nsynthlib.soundfont.tables import Preset

OUT_OF_TUNE = {"TimGM6mb": {78}}  # programs that sound between two keys: its whistle lies 8.7 semitones low


def clusters(fonts: Mapping[str, Mapping[int, Preset]]) -> dict[int, int]:
    """The cluster of each program that is rendered, numbered from 0 in the order of the programs.

    Args:
        fonts: the presets of each font by program, as :func:`nsynthlib.soundfont.tables.presets` reads them.

    >>> from nsynthlib.soundfont.tables import Preset
    >>> piano, bright, organ = frozenset({(0, "c4")}), frozenset({(9, "c4")}), frozenset({(3, "pipe")})
    >>> fonts = {"a": {0: Preset("Piano", piano), 19: Preset("Organ", organ)}, "b": {1: Preset("Bright", bright)}}
    >>> clusters(fonts)  # programs 0 and 1 play recordings of one name
    {0: 0, 1: 0, 19: 1}
    """
    plays = [
        (program, key)
        for font, presets in fonts.items()
        for program, preset in presets.items()
        if program in PROGRAMS
        for start, name in preset.samples
        for key in ((font, start), name)
    ]
    keys = {key: 128 + i for i, key in enumerate(dict.fromkeys(key for _, key in plays))}  # nodes 0-127 are programs
    label = joined(128 + len(keys), [(program, keys[key]) for program, key in plays])
    programs = sorted({program for program, _ in plays})
    order = {old: new for new, old in enumerate(dict.fromkeys(label[program] for program in programs))}
    return {program: order[label[program]] for program in programs}


def learnable(font: str, fonts: Mapping[str, Mapping[int, Preset]], side: Mapping[int, str]) -> set[int]:
    """Programs of a ``font`` that share neither number nor recording with one that is held out, and are in tune.

    Args:
        font: the font's name.
        fonts: the presets of all fonts by name, this one's included.
        side: what :func:`split` says of the others' programs.

    >>> from nsynthlib.soundfont.tables import Preset
    >>> piano, organ = frozenset({(0, "c4")}), frozenset({(3, "pipe")})
    >>> small = {0: Preset("Piano", piano), 19: Preset("Organ", organ)}
    >>> fonts = {"big": {0: Preset("Piano", piano)}, "small": small}
    >>> learnable("small", fonts, {0: "test"})  # the piano's recording is held out
    {19}
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
    """``train``, ``valid`` or ``test`` for each program, as :func:`nsynthlib.rendering.split_clusters` chooses.

    >>> sides = split({program: program for program in PROGRAMS}, seed=0)
    >>> set(sides.values()) == set(SPLITS), len(sides) == len(PROGRAMS)
    (True, True)
    """
    return split_clusters(cluster_of, {program: family for program, (family, _) in PROGRAMS.items()}, seed)
