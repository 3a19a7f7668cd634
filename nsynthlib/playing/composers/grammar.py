"""Grammars: a melody is rewritten from one symbol, as a sentence is, until only notes are left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nsynthlib.errors import UsageError
from nsynthlib.playing.composers.scores import SCORES, Chord, perform, pick, piece, read_tempo
from nsynthlib.playing.midi import PlayedNote
from nsynthlib.shared_random import make_random
from nsynthlib.values import shown

#: For each symbol what it may become; a word that is no symbol is a note, as degree of the scale and beats.
GRAMMAR: dict[str, list[list[str]]] = SCORES["grammar"]
MAJOR = (0, 2, 4, 5, 7, 9, 11)  # semitones of the degrees above the first
MOST = 500  # rewritings: a grammar that calls itself could go on for ever


class Rewriting(NamedTuple):
    """A symbol at a depth of the tree, and the number of the alternative that was drawn for it."""

    symbol: str
    depth: int
    alternative: int


class Derivation(NamedTuple):
    """The words (notes) that a grammar yielded, and the rewritings that led to them, from left to right."""

    words: list[str]
    rewritings: list[Rewriting]


def derive(grammar: Mapping[str, Sequence[Sequence[str]]], start: str = "melody", seed: int = 0) -> Derivation:
    """Rewrite ``start``, the leftmost symbol first, each alternative as likely.

    Raises:
        UsageError: if the grammar does not hold ``start``, or does not end after 500 rewritings.

    >>> derive({"melody": [["1:1", "end"]], "end": [["5:2"]]}).words
    ['1:1', '5:2']
    """
    if start not in grammar:
        raise UsageError(f"the grammar has no symbol {shown(start)}; choose one of {', '.join(grammar)}")
    random = make_random(seed)
    words: list[str] = []
    rewritings: list[Rewriting] = []
    waiting = [(start, 0)]  # the leftmost symbol last
    while waiting:
        symbol, depth = waiting.pop()
        if symbol not in grammar:
            words.append(symbol)
            continue
        if len(rewritings) == MOST:
            raise UsageError(f"the grammar still rewrites after {MOST} rewritings; give its symbols an end")
        alternative = pick(random, len(grammar[symbol]))
        rewritings.append(Rewriting(symbol, depth, alternative))
        waiting += [(word, depth + 1) for word in reversed(grammar[symbol][alternative])]
    return Derivation(words, rewritings)


def read_degrees(words: Sequence[str], tonic: int = 60) -> list[Chord]:
    """Words such as ``"5:1"`` (fifth degree, one beat) as notes of the major scale on ``tonic``.

    >>> read_degrees(["8:2"])
    [Chord(pitches=(72,), beats=2.0)]
    """
    chords = []
    for degree, beats in (word.split(":") for word in words):
        octave, step = divmod(int(degree) - 1, len(MAJOR))
        chords.append(Chord((tonic + 12 * octave + MAJOR[step],), float(beats)))
    return chords


def compose_grammar(
    seed: int = 0,
    *,
    rules: Mapping[str, Sequence[Sequence[str]]] = GRAMMAR,
    start: str = "melody",
    tonic: int = 60,
    tempo: float = 160.0,
    family: str = "guitar",
) -> list[PlayedNote]:
    """A melody that a context-free grammar yields, see :func:`derive`.

    >>> sum(word.count(":") for word in derive(GRAMMAR, seed=2).words) == len(compose_grammar(seed=2))
    True
    """
    words = derive(rules, start, seed).words
    return piece(perform(read_degrees(words, tonic), family, tempo=read_tempo(tempo)))
