"""Which notes a model is judged by: drawn by a seed, so that real and made notes are asked for alike.

Sets come in the order of names, and some instruments have ten times as many notes as others. So notes are drawn evenly:
each instrument in its turn gives one, until there are enough. No instrument counts for more because more of its keys
were recorded, and as many instruments are heard as the number of notes allows, which is what intervals count.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import pairwise

import numpy as np

from nsynthlib.data import Note
from nsynthlib.evaluation.targets import Targets, instruments_of


def evenly(keys: Sequence[Hashable], rng: np.random.Generator) -> list[int]:
    """All places in random order, but each key in its turn: one of every key, then a second of each, and so on."""
    turns = [list(enumerate(places)) for places in groups_of(keys, rng).values()]
    rank = rng.permutation(len(turns)).tolist()  # or the key with the most notes would often be the first
    order = sorted((turn, rank[at], i) for at, places in enumerate(turns) for turn, i in places)
    return [i for *_, i in order]


def draw_notes(notes: Sequence[Note], limit: int, rng: np.random.Generator) -> list[Note]:
    """At most ``limit`` of the notes, drawn evenly over instruments, in their own order."""
    return [notes[i] for i in sorted(evenly(instruments_of(notes).tolist(), rng)[:limit])]


def groups_of(keys: Sequence[Hashable], rng: np.random.Generator) -> dict[Hashable, list[int]]:
    """Places of equal keys, groups and members in random order."""
    found: dict[Hashable, list[int]] = {}
    for i in rng.permutation(len(keys)):
        found.setdefault(keys[i], []).append(int(i))
    return found


def condition_pairs(notes: Sequence[Note], count: int, rng: np.random.Generator) -> tuple[list[Note], list[Note]]:
    """At most ``2 * count`` notes, two of each condition where there are two, and the notes that are left.

    Two notes of one pitch, family and velocity show how varied real notes of one condition are. Conditions with a pair
    are taken first, each family in its turn.
    """
    found = list(groups_of(Targets.of(notes).groups(), rng).values())
    chosen: list[int] = []
    for some in ([rows for rows in found if len(rows) > 1], [rows for rows in found if len(rows) == 1]):
        chosen += [i for at in evenly([notes[rows[0]].family for rows in some], rng) for i in some[at][:2]]
    del chosen[2 * count :]
    left = set(range(len(notes))) - set(chosen)
    return [notes[i] for i in sorted(chosen)], [notes[i] for i in sorted(left)]


def nearest_notes(notes: Sequence[Note], targets: Targets, each: int, rng: np.random.Generator) -> list[Note]:
    """The ``each`` notes nearest to every condition in ``targets``: by family first, then velocity, then pitch."""
    have = Targets.of(notes)
    order = rng.permutation(len(notes))
    chosen: dict[int, None] = {}
    for pitch, family, velocity in dict.fromkeys(targets.groups()):
        away = (np.abs(have.pitch - pitch), np.abs(have.velocity - velocity), have.family != family)
        nearest = order[np.lexsort([key[order] for key in away])]
        chosen.update(dict.fromkeys(nearest[:each].tolist()))
    return [notes[i] for i in sorted(chosen)]


def crescendos(notes: Sequence[Note], limit: int, rng: np.random.Generator) -> list[tuple[Note, Note, Note]]:
    """At most ``limit`` times the notes of one instrument and pitch at velocities 25, 75 and 127, drawn evenly."""
    found = groups_of([(note.instrument, note.pitch) for note in notes], rng)
    triples = []
    for rows in found.values():
        by = {notes[i].velocity: notes[i] for i in rows}
        if {25, 75, 127} <= by.keys():
            triples.append((by[25], by[75], by[127]))
    return [triples[i] for i in evenly([soft.instrument for soft, *_ in triples], rng)[:limit]]


def pitch_intervals(notes: Sequence[Note], limit: int, rng: np.random.Generator) -> list[tuple[Note, Note]]:
    """At most ``limit`` times two notes of one instrument and velocity, 1 to 12 semitones apart, drawn evenly."""
    found = groups_of([(note.instrument, note.velocity) for note in notes], rng)
    near = [
        (notes[i], notes[j])
        for rows in found.values()
        for i, j in pairwise(rows)
        if 1 <= abs(notes[i].pitch - notes[j].pitch) <= 12
    ]
    return [near[i] for i in evenly([note.instrument for note, _ in near], rng)[:limit]]
