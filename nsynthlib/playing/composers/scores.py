"""What the composers compose from, and how their notes get their time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from nsynthlib.audio.pitch import read_pitch
from nsynthlib.errors import UsageError
from nsynthlib.playing.midi import PlayedNote
from nsynthlib.values import positive, shown

#: Tunes, tables and rules; the same file is read by ``web/composers``. Pitches are MIDI numbers.
SCORES: dict[str, Any] = json.loads((Path(__file__).parent / "scores.json").read_text(encoding="utf-8"))
LONGEST = 30.0  # seconds of a piece


class Chord(NamedTuple):
    """Pitches (MIDI numbers) that sound together for ``beats``; none is a rest."""

    pitches: tuple[int, ...]
    beats: float


def read_score(text: str) -> list[Chord]:
    """One voice, written as pitch and beats: ``"60:1 64+67:.5 r:2"``; names such as ``C4`` are pitches too.

    >>> read_score("C4:1 64+67:.5 r:2")
    [Chord(pitches=(60,), beats=1.0), Chord(pitches=(64, 67), beats=0.5), Chord(pitches=(), beats=2.0)]
    """
    chords = []
    for word in text.split():
        pitches, _, beats = word.partition(":")
        read = () if pitches == "r" else tuple(read_pitch(pitch) for pitch in pitches.split("+"))
        chords.append(Chord(read, float(beats)))
    return chords


def perform(
    chords: Iterable[Chord],
    family: str,
    *,
    tempo: float = 120.0,
    at: float = 0.0,
    velocity: int = 90,
    transpose: int = 0,
    legato: float = 0.9,
) -> list[PlayedNote]:
    """The notes of one voice, one chord after another.

    Args:
        family: that plays them, a name in ``FAMILIES``.
        tempo: beats a minute.
        at: beats before the first chord.
        velocity: 1-127, of all notes.
        transpose: semitones up.
        legato: the part of its beats for which a key is down.

    >>> perform(read_score("60:1 64:2"), "organ")[1]
    PlayedNote(start=0.5, end=1.4, pitch=64, velocity=90, family='organ')
    """
    notes = []
    for pitches, beats in chords:
        start, end = at * 60 / tempo, (at + legato * beats) * 60 / tempo
        notes += [PlayedNote(start, end, pitch + transpose, velocity, family) for pitch in pitches]
        at += beats
    return notes


def piece(notes: Iterable[PlayedNote]) -> list[PlayedNote]:
    """The notes by their beginning; UsageError for a piece of more than 30 s."""
    ordered = sorted(notes)
    last = max((note.end for note in ordered), default=0.0)
    if last > LONGEST:
        raise UsageError(f"the piece would last {last:.1f} s, more than {LONGEST:.0f} s; take a faster tempo or less")
    return ordered


def read_tempo(tempo: float) -> float:
    """Beats a minute as a float above 0; UsageError for anything else."""
    return positive("tempo", tempo)


def pick(random: Callable[[], float], count: int) -> int:
    """A whole number from 0 to ``count`` - 1, each as likely."""
    return int(random() * count)


def read_tune(name: str) -> list[Chord]:
    """A tune of ``SCORES["tunes"]`` by its name; UsageError lists the names."""
    tunes = SCORES["tunes"]
    if name not in tunes:
        raise UsageError(f"tune {shown(name)} is unknown; choose one of {', '.join(tunes)}")
    return read_score(" ".join(tunes[name]["bars"]))
