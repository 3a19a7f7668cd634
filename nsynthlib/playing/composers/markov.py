"""Markov chains: what follows a note is drawn from what followed it in a tune."""

from __future__ import annotations

from collections.abc import Sequence

from nsynthlib.playing.composers.scores import Chord, perform, pick, piece, read_tempo, read_tune
from nsynthlib.playing.midi import PlayedNote
from nsynthlib.shared_random import make_random
from nsynthlib.values import whole

#: After these notes (as many as the order) came these, each as often as it is listed.
Table = dict[tuple[Chord, ...], list[Chord]]


def learn(tune: Sequence[Chord], order: int = 1) -> Table:
    """What followed every ``order`` notes of a tune; after its end the tune is taken to begin again.

    A note is its pitch and its length together. The estimate of a transition's probability by maximum likelihood is
    the share that it has of its list.

    >>> from nsynthlib.playing.composers.scores import Chord
    >>> learn([Chord((60,), 1.0), Chord((62,), 1.0)])[(Chord((60,), 1.0),)]
    [Chord(pitches=(62,), beats=1.0)]
    """
    table: Table = {}
    ring = list(tune) + list(tune[: whole("order", order, 1, 4)])
    for place in range(len(tune)):
        table.setdefault(tuple(ring[place : place + order]), []).append(ring[place + order])
    return table


def walk(tune: Sequence[Chord], order: int, notes: int, seed: int = 0) -> list[Chord]:
    """``notes`` notes: the first ``order`` of the tune, then each drawn from what followed in it."""
    table, random = learn(tune, order), make_random(seed)
    walked = list(tune[:order])
    while len(walked) < notes:
        following = table[tuple(walked[-order:])]
        walked.append(following[pick(random, len(following))])
    return walked[:notes]


def compose_markov(
    tune: str = "ode_to_joy",
    order: int = 1,
    seed: int = 0,
    *,
    notes: int = 32,
    tempo: float = 180.0,
    family: str = "flute",
) -> list[PlayedNote]:
    """A melody by a chain of the given order, 1-4, learned from a tune of ``SCORES["tunes"]``.

    Raises:
        UsageError: for an unknown tune, or a piece of more than 30 s.

    >>> len(compose_markov(seed=3))
    32
    """
    chords = walk(read_tune(tune), whole("order", order, 1, 4), whole("notes", notes, 1), seed)
    return piece(perform(chords, family, tempo=read_tempo(tempo)))
