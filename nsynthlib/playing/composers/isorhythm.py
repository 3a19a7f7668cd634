"""Isorhythm: a rhythm (talea) and a melody (color) of different lengths, repeated until both end together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from nsynthlib.errors import UsageError
from nsynthlib.playing.composers.scores import Chord, perform, piece, read_tempo
from nsynthlib.playing.midi import PlayedNote


class Turn(NamedTuple):
    """One value of the talea: its place there, the place of its pitch in the color (``None`` and no pitch for a rest),
    its beginning and its length in beats."""

    talea_place: int
    color_place: int | None
    start: float
    beats: float
    pitch: int | None


def period(talea: Sequence[float], color: Sequence[int]) -> int:
    """Notes after which talea and color begin together again: the least common multiple of their lengths.

    Rests (negative values of the talea) take no pitch and are not counted.

    >>> period([2, 1, -1, 1], [60, 62, 64, 65])
    12
    """
    sounding = sum(beats > 0 for beats in talea)
    if not sounding or not color or 0 in talea:
        raise UsageError("isorhythm needs a talea with a note, no value of 0 beats, and a color with a pitch")
    return math.lcm(sounding, len(color))


def turns(talea: Sequence[float], color: Sequence[int], notes: int | None = None) -> list[Turn]:
    """Both wheels turned one value at a time, for ``notes`` notes or, without it, one whole :func:`period`.

    Args:
        talea: lengths in beats; a negative one is a rest.
        color: MIDI numbers.

    >>> [turn.color_place for turn in turns([2, 1, -1], [60, 62, 64])]
    [0, 1, None, 2, 0, None, 1, 2, None]
    """
    wanted = period(talea, color) if notes is None else notes
    made: list[Turn] = []
    played, at = 0, 0.0
    while played < wanted or (len(made) % len(talea) and talea[len(made) % len(talea)] < 0):  # with its last rest
        place = len(made) % len(talea)
        beats = abs(talea[place])
        if talea[place] > 0:
            made.append(Turn(place, played % len(color), at, beats, color[played % len(color)]))
            played += 1
        else:
            made.append(Turn(place, None, at, beats, None))
        at += beats
    return made


def compose_isorhythm(
    talea: Sequence[float],
    color: Sequence[int],
    *,
    notes: int | None = None,
    tempo: float = 240.0,
    family: str = "vocal",
) -> list[PlayedNote]:
    """The tenor that talea and color make together, see :func:`turns`; ``tempo`` in beats of the talea a minute.

    Raises:
        UsageError: for an empty talea or color, a value of 0, or a piece of more than 30 s.

    >>> [note.pitch for note in compose_isorhythm([1, 2], [60, 64, 67])]
    [60, 64, 67, 60, 64, 67]
    """
    chords = [Chord(() if turn.pitch is None else (turn.pitch,), turn.beats) for turn in turns(talea, color, notes)]
    return piece(perform(chords, family, tempo=read_tempo(tempo), legato=0.95))
