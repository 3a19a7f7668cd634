"""Twelve-tone rows: prime, inversion, retrograde, retrograde inversion, and the matrix of all forty-eight."""

from __future__ import annotations

from collections.abc import Sequence

from nsynthlib.errors import UsageError
from nsynthlib.playing.composers.scores import SCORES, Chord, perform, piece, read_tempo
from nsynthlib.playing.midi import PlayedNote
from nsynthlib.values import shown, whole

#: Rows by name, as pitch classes: C is 0, C sharp 1, ... B 11.
ROWS: dict[str, list[int]] = SCORES["rows"]
FORMS = ("P", "I", "R", "RI")


def read_row(row: Sequence[int]) -> list[int]:
    """The row as pitch classes; UsageError where one of the twelve is missing, which is where another one repeats."""
    given = list(row)
    repeated = sorted({pitch for pitch in given if given.count(pitch) > 1})
    if repeated:
        raise UsageError(f"the row repeats pitch class {repeated[0]}; each of 0 to 11 may come once")
    if sorted(given) != list(range(12)):
        raise UsageError(f"the row {shown(given)} does not hold each pitch class from 0 to 11 once")
    return given


def row_form(row: Sequence[int], form: str = "P", transposed: int = 0) -> list[int]:
    """One of the forty-eight forms of a row, as twelve pitch classes.

    Args:
        form: ``"P"`` (prime), ``"I"`` (inversion: every interval turned over), ``"R"`` and ``"RI"`` (the same two
            backwards).
        transposed: semitones up, 0-11; P and I of 0 begin with the row's own first note.

    >>> row_form(ROWS["thesis"], "I")[:4]
    [3, 5, 0, 11]
    """
    prime = read_row(row)
    if form not in FORMS:
        raise UsageError(f"form {shown(form)} is unknown; choose one of {', '.join(FORMS)}")
    up = whole("transposed", transposed, 0, 11)
    notes = [(2 * prime[0] - pitch if "I" in form else pitch) + up for pitch in prime]
    return [pitch % 12 for pitch in (reversed(notes) if "R" in form else notes)]


def matrix(row: Sequence[int]) -> list[list[int]]:
    """The forms of a row in a square, ``[12][12]``: rows are the primes from left to right, columns the inversions."""
    prime = read_row(row)
    return [[(pitch + first - prime[0]) % 12 for pitch in prime] for first in row_form(prime, "I")]


def compose_rows(
    row: Sequence[int],
    forms: Sequence[tuple[str, int]] = (("P", 0), ("I", 0), ("R", 0), ("RI", 0)),
    *,
    tempo: float = 240.0,
    lowest: int = 60,
    family: str = "keyboard",
) -> list[PlayedNote]:
    """Forms of a row one after another, one note a beat, the last of each twice as long.

    Args:
        row: twelve pitch classes.
        forms: each a form and by how many semitones it is transposed.
        lowest: MIDI number of the lowest note; all lie within the octave above it.

    Raises:
        UsageError: for a row that repeats a pitch class, an unknown form, or a piece of more than 30 s.

    >>> [note.pitch for note in compose_rows(ROWS["thesis"], [("R", 0)])][:3]
    [69, 68, 70]
    """
    chords = []
    for form, transposed in forms:
        pitches = [lowest + (pitch - lowest) % 12 for pitch in row_form(row, form, transposed)]
        chords += [Chord((pitch,), 2.0 if place == 11 else 1.0) for place, pitch in enumerate(pitches)]
    return piece(perform(chords, family, tempo=read_tempo(tempo)))
