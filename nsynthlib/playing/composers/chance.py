"""Chance: Cage asks coins for every sound; Xenakis gives densities, and lets probability place the sounds."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from nsynthlib.playing.composers.scores import LONGEST, SCORES, pick, piece, read_tempo
from nsynthlib.playing.midi import PlayedNote
from nsynthlib.shared_random import make_random
from nsynthlib.values import positive, whole

SOUNDS: list[int | None] = SCORES["cage"]["sounds"]  # 64: half of them are silences
BEATS: list[float] = SCORES["cage"]["beats"]
VELOCITIES: list[int] = SCORES["cage"]["velocities"]
CLOUD_FAMILIES: list[str] = SCORES["xenakis"]["families"]
CLOUD_PITCHES: list[list[int]] = SCORES["xenakis"]["pitches"]  # for each family
SHORTEST, LONGEST_NOTE = 0.1, 2.0  # seconds


class Oracle(NamedTuple):
    """What the coins said for one event: three hexagrams, 0-63, for its sound, its length and its loudness."""

    sound: int
    length: int
    loudness: int


def hexagram(random: Callable[[], float]) -> int:
    """A number from 0 to 63: six lines, each whole or broken by three coins, heads counting 3 and tails 2.

    An odd sum is a whole line. Both kinds are as likely, and so are all sixty-four hexagrams.
    """
    number = 0
    for line in range(6):
        total = sum(3 if random() < 0.5 else 2 for _ in range(3))
        number += (total % 2) * 2**line
    return number


def ask_coins(events: int = 24, seed: int = 0) -> list[Oracle]:
    """The hexagrams of each event, in the order in which the coins are thrown."""
    random = make_random(seed)
    return [Oracle(hexagram(random), hexagram(random), hexagram(random)) for _ in range(events)]


def compose_cage(
    events: int = 24, seed: int = 0, *, tempo: float = 120.0, family: str = "keyboard"
) -> list[PlayedNote]:
    """Sounds and silences by coins, as in *Music of Changes* (1951): one chart for each question, of 64 cells.

    Raises:
        UsageError: for no event, or a piece of more than 30 s.

    >>> piece = compose_cage(events=8, seed=0)
    >>> again = compose_cage(events=8, seed=0)
    >>> piece == again, {note.family for note in piece}
    (True, {'keyboard'})
    """
    beat = 60 / read_tempo(tempo)
    notes, at = [], 0.0
    for sound, length, loudness in ask_coins(whole("events", events, 1), seed):
        beats, pitch = BEATS[length % len(BEATS)], SOUNDS[sound]
        if pitch is not None:
            velocity = VELOCITIES[loudness % len(VELOCITIES)]
            notes.append(PlayedNote(at * beat, (at + beats) * beat, pitch, velocity, family))
        at += beats
    return piece(notes)


def poisson(random: Callable[[], float], mean: float) -> int:
    """How many events a cell holds where ``mean`` are expected (Knuth's method: multiply until below exp(-mean))."""
    limit, product, count = math.exp(-mean), random(), 0
    while product > limit:
        product *= random()
        count += 1
    return count


class Cell(NamedTuple):
    """A cell of the plan: which family, from which second on, and how many events it holds."""

    family: int
    start: float
    events: int


def density_plan(density: float = 2.0, cells: int = 8, seconds: float = 1.5, seed: int = 0) -> list[Cell]:
    """Events of each family in each stretch of ``seconds``, Poisson with ``density`` events a second on average."""
    random = make_random(seed)
    mean = positive("density", density) * positive("seconds", seconds)
    return [
        Cell(family, cell * seconds, poisson(random, mean))
        for family in range(len(CLOUD_FAMILIES))
        for cell in range(whole("cells", cells, 1, 64))
    ]


def compose_xenakis(density: float = 2.0, cells: int = 8, seconds: float = 1.5, seed: int = 0) -> list[PlayedNote]:
    """A cloud of sounds with a given mean density, as in *Achorripsis* (1957) and *Atrées* (1962).

    The number of events in a cell is Poisson's (:func:`density_plan`), their places in it are uniform, and their
    lengths exponential with a mean of ``1 / density`` seconds, kept between 0.1 and 2 s. Times are whole milliseconds.

    Args:
        density: events a second of each family.
        cells: stretches of time, one after another.
        seconds: of one stretch.

    Raises:
        UsageError: for a density or length of 0 or less, or a piece of more than 30 s.

    >>> piece = compose_xenakis(density=2.0, cells=4, seed=0)
    >>> families = {note.family for note in piece}
    >>> len(families), round(len(piece) / len(families) / (4 * 1.5), 1)  # events a second of each family
    (3, 2.3)
    """
    random = make_random(seed + 1)  # the plan has drawn the numbers of ``seed``
    notes = []
    for family, start, events in density_plan(density, cells, seconds, seed):
        for _ in range(events):
            at = _milliseconds(start + seconds * random())
            lasts = _milliseconds(min(max(-math.log(1 - random()) / density, SHORTEST), LONGEST_NOTE))
            pitches = CLOUD_PITCHES[family]
            pitch = pitches[pick(random, len(pitches))]
            notes.append(PlayedNote(at / 1000, min((at + lasts) / 1000, LONGEST), pitch, 90, CLOUD_FAMILIES[family]))
    return piece(notes)


def _milliseconds(seconds: float) -> int:
    return math.floor(1000 * seconds + 0.5)
