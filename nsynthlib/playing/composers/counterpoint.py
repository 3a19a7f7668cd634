"""First-species counterpoint in Hiller's manner: random notes are generated, and rules select those that may stay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from nsynthlib.errors import UsageError
from nsynthlib.playing.composers.scores import SCORES, Chord, perform, pick, piece, read_tempo
from nsynthlib.playing.midi import PlayedNote
from nsynthlib.shared_random import make_random
from nsynthlib.values import one_of

#: Fux's cantus firmus in the Dorian mode (*Gradus ad Parnassum*, 1725), MIDI numbers.
CANTUS: list[int] = SCORES["cantus"]["fux_dorian"]["pitches"]
MODE: list[int] = SCORES["cantus"]["fux_dorian"]["mode"]  # pitch classes
LEADING: int = SCORES["cantus"]["fux_dorian"]["leading"]  # the pitch class that leads to the last note
HIGHEST_ABOVE = 16  # semitones from a note of the cantus to the highest one tried over it: a tenth
TRIES, BEGINNINGS = 50, 5000  # notes tried at a place before the line is begun again; beginnings
PERFECT, CONSONANT = {0, 7}, {0, 3, 4, 7, 8, 9}  # intervals in semitones, octaves taken off
STEPS = {0, 1, 2, 3, 4, 5, 7, 8, 9, 12}  # in a melody: no tritone, no seventh, nothing wider than an octave

_Rule = Callable[[Sequence[int], Sequence[int], int], bool]


class Break(NamedTuple):
    """A rule that is broken, and the place of the note (from 0) that breaks it."""

    rule: str
    place: int


class Line(NamedTuple):
    """The selected notes (MIDI numbers), how many were generated for them, and how often the line was begun."""

    pitches: list[int]
    generated: int
    beginnings: int


def _consonant(cantus: Sequence[int], line: Sequence[int], i: int) -> bool:
    return (line[i] - cantus[i]) % 12 in CONSONANT


def _above(cantus: Sequence[int], line: Sequence[int], i: int) -> bool:
    return line[i] > cantus[i] or (line[i] == cantus[i] and i in (0, len(cantus) - 1))


def _ends(cantus: Sequence[int], line: Sequence[int], i: int) -> bool:
    interval = (line[i] - cantus[i]) % 12
    return interval == 0 if i == len(cantus) - 1 else i > 0 or interval in PERFECT


def _moves(cantus: Sequence[int], line: Sequence[int], i: int) -> tuple[int, int]:
    return cantus[i] - cantus[i - 1], line[i] - line[i - 1]


def _parallel(cantus: Sequence[int], line: Sequence[int], i: int, interval: int) -> bool:
    """Whether both voices move, from this interval to the same one, octaves taken off."""
    moved = i > 0 and 0 not in _moves(cantus, line, i)
    return moved and (line[i - 1] - cantus[i - 1]) % 12 == interval == (line[i] - cantus[i]) % 12


def _parallel_fifths(cantus: Sequence[int], line: Sequence[int], i: int) -> bool:
    return not _parallel(cantus, line, i, 7)


def _parallel_octaves(cantus: Sequence[int], line: Sequence[int], i: int) -> bool:
    return not _parallel(cantus, line, i, 0)


def _direct(cantus: Sequence[int], line: Sequence[int], i: int) -> bool:
    if i == 0 or (line[i] - cantus[i]) % 12 not in PERFECT or line[i] - cantus[i] == line[i - 1] - cantus[i - 1]:
        return True  # an interval that stays is parallel, and a matter of those rules
    below, above = _moves(cantus, line, i)
    return below * above <= 0


def _singable(cantus: Sequence[int], line: Sequence[int], i: int) -> bool:
    return i == 0 or abs(line[i] - line[i - 1]) in STEPS


def _recovered(cantus: Sequence[int], line: Sequence[int], i: int) -> bool:
    if i < 2 or abs(line[i - 1] - line[i - 2]) <= 5:
        return True
    leap, back = line[i - 1] - line[i - 2], line[i] - line[i - 1]
    return leap * back < 0 and abs(back) <= 4


def _fresh(cantus: Sequence[int], line: Sequence[int], i: int) -> bool:
    return i == 0 or line[i] != line[i - 1]


def _cadence(cantus: Sequence[int], line: Sequence[int], i: int) -> bool:
    return (line[i] % 12 == LEADING) == (i == len(cantus) - 2)


#: Each rule by its name; it says whether the note at a place may stay, given those before it.
RULES: dict[str, _Rule] = {
    "consonance": _consonant,
    "above": _above,
    "ends": _ends,
    "parallel fifths": _parallel_fifths,
    "parallel octaves": _parallel_octaves,
    "direct motion": _direct,
    "singable": _singable,
    "recovered leap": _recovered,
    "no repetition": _fresh,
    "cadence": _cadence,
}


def broken_rules(cantus: Sequence[int], line: Sequence[int], rules: Iterable[str] = tuple(RULES)) -> list[Break]:
    """Where a line over a cantus firmus breaks which rule, by places.

    Raises:
        UsageError: for an unknown rule, or a line that is not as long as the cantus.

    >>> broken_rules([50, 52, 50], [57, 59, 62], ["parallel fifths"])
    [Break(rule='parallel fifths', place=1)]
    """
    if len(line) != len(cantus):
        raise UsageError(f"the line has {len(line)} notes and the cantus {len(cantus)}; one note goes with each")
    names = [one_of("rule", name, RULES) for name in rules]
    return [Break(name, i) for i in range(len(cantus)) for name in names if not RULES[name](cantus, line, i)]


def select_line(cantus: Sequence[int], rules: Iterable[str] = tuple(RULES), seed: int = 0) -> Line:
    """A line over a cantus firmus of random notes that pass the rules (Hiller and Isaacson 1959).

    At every place up to 50 notes are drawn from the scale and its leading note, up to a tenth above the cantus; the
    first that breaks no rule is kept. Where all fail, the line is begun again.

    Raises:
        UsageError: for an unknown rule, or rules that no line was found for.
    """
    names = [one_of("rule", name, RULES) for name in rules]
    random, generated = make_random(seed), 0
    scale = sorted({*MODE, LEADING})
    for beginning in range(1, BEGINNINGS + 1):
        line: list[int] = []
        for i in range(len(cantus)):
            notes = [p for p in range(cantus[i], cantus[i] + HIGHEST_ABOVE + 1) if p % 12 in scale]
            for _ in range(TRIES):
                generated += 1
                tried = [*line, notes[pick(random, len(notes))]]
                if all(RULES[name](cantus, tried, i) for name in names):
                    line = tried
                    break
            if len(line) <= i:
                break
        if len(line) == len(cantus):
            return Line(line, generated, beginning)
    raise UsageError(f"no line passes the rules {', '.join(names)} over this cantus; leave one of them out")


def compose_counterpoint(
    rules: Iterable[str] = tuple(RULES),
    seed: int = 0,
    *,
    cantus: Sequence[int] = tuple(CANTUS),
    tempo: float = 60.0,
    families: tuple[str, str] = ("organ", "flute"),
) -> list[PlayedNote]:
    """A cantus firmus and the line selected over it, note against note, one a beat.

    Args:
        rules: names in ``RULES``; those left out are not asked.
        families: that play the cantus and the line.

    >>> len(compose_counterpoint(seed=1))
    22
    """
    return play_line(select_line(cantus, rules, seed).pitches, cantus=cantus, tempo=tempo, families=families)


def play_line(
    line: Sequence[int],
    *,
    cantus: Sequence[int] = tuple(CANTUS),
    tempo: float = 60.0,
    families: tuple[str, str] = ("organ", "flute"),
) -> list[PlayedNote]:
    """A line over its cantus firmus, as :func:`compose_counterpoint` plays them."""
    notes = []
    for pitches, family in zip((cantus, line), families, strict=True):
        notes += perform([Chord((pitch,), 1.0) for pitch in pitches], family, tempo=read_tempo(tempo), legato=0.95)
    return piece(notes)
