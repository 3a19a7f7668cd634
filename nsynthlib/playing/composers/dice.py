"""Dice music: a waltz of sixteen measures, each chosen from eleven by the sum of two dice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nsynthlib.errors import UsageError
from nsynthlib.playing.composers.scores import SCORES, perform, pick, piece, read_score, read_tempo
from nsynthlib.playing.midi import PlayedNote
from nsynthlib.shared_random import make_random

#: Number of the measure for each sum (rows, 2 to 12) and place (16 columns) of the waltz.
TABLE: list[list[int]] = SCORES["dice"]["table"]
MEASURES: list[str] = SCORES["dice"]["measures"]  # of 3/8, voices between bars, lengths in sixteenths
PLACES, SIXTEENTHS = 16, 6


class Throw(NamedTuple):
    """Two dice and the number of the measure that their sum chooses at this place."""

    first: int
    second: int
    measure: int


def throw_dice(seed: int = 0) -> list[Throw]:
    """Sixteen throws of two fair dice, and the measures that the table gives for them."""
    random = make_random(seed)
    throws = []
    for place in range(PLACES):
        first, second = 1 + pick(random, 6), 1 + pick(random, 6)
        throws.append(Throw(first, second, TABLE[first + second - 2][place]))
    return throws


def different_measures() -> list[int]:
    """How many different measures the table holds at each of the sixteen places: at most 11, at the cadences fewer."""
    return [len({MEASURES[row[place] - 1] for row in TABLE}) for place in range(PLACES)]


def play_measures(numbers: Sequence[int], *, tempo: float = 180.0, family: str = "keyboard") -> list[PlayedNote]:
    """Measures of the game by their numbers, 1-176, one after another; ``tempo`` in eighths a minute.

    Raises:
        UsageError: for a number that the table does not hold, or a piece of more than 30 s.
    """
    notes: list[PlayedNote] = []
    for place, measure in enumerate(numbers):
        if not 1 <= measure <= len(MEASURES):
            raise UsageError(f"measure {measure} is not in the table; choose one from 1 to {len(MEASURES)}")
        for voice in MEASURES[measure - 1].split("|"):
            notes += perform(read_score(voice), family, tempo=2 * read_tempo(tempo), at=SIXTEENTHS * place)
    return piece(notes)


def compose_dice(seed: int = 0, *, tempo: float = 180.0, family: str = "keyboard") -> list[PlayedNote]:
    """A waltz by dice, without its repeats: sixteen seconds at the given tempo.

    Source: *Anleitung, so viel Walzer oder Schleifer mit zwei Würfeln zu componiren ...*, Hummel 1793, printed under
    Mozart's name (K. Anh. C 30.01; often called K. 516f, which is another game, in his own hand). The eighth measure
    is the one that leads on.

    >>> len(compose_dice(seed=1)) > 60
    True
    """
    return play_measures([throw.measure for throw in throw_dice(seed)], tempo=tempo, family=family)
