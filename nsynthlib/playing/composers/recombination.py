"""Recombination: bars of old tunes, cut where their seams agree and joined to a new tune (after Cope)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from nsynthlib.errors import UsageError
from nsynthlib.playing.composers.scores import SCORES, Chord, perform, pick, piece, read_score, read_tempo
from nsynthlib.playing.midi import PlayedNote
from nsynthlib.shared_random import make_random
from nsynthlib.values import shown, whole

BARS: dict[str, list[str]] = {name: tune["bars"] for name, tune in SCORES["tunes"].items()}
HARMONY: dict[str, list[str]] = {name: tune["harmony"] for name, tune in SCORES["tunes"].items()}


class Seam(NamedTuple):
    """What must agree where two bars meet: the pitch (MIDI number) and the harmony with which the second begins."""

    pitch: int
    harmony: str


class Fragment(NamedTuple):
    """A bar of a tune, the seam it begins with, and the seam to which it led in its tune (``None`` at the end)."""

    tune: str
    bar: int
    begins: Seam
    leads_to: Seam | None


def cut(tunes: Sequence[str] = tuple(BARS)) -> list[Fragment]:
    """Every bar of the tunes as a fragment, with what it begins with and what it led to."""
    fragments = []
    for name in tunes:
        if name not in BARS:
            raise UsageError(f"tune {shown(name)} is unknown; choose one of {', '.join(BARS)}")
        seams = [
            Seam(read_score(bar)[0].pitches[0], harmony) for bar, harmony in zip(BARS[name], HARMONY[name], strict=True)
        ]
        ends: list[Seam | None] = [*seams[1:], None]
        fragments += [Fragment(name, i, begins, ends[i]) for i, begins in enumerate(seams)]
    return fragments


def reassemble(fragments: Sequence[Fragment], bars: int = 8, seed: int = 0) -> list[Fragment]:
    """``bars`` fragments: an opening, others that each begin as the one before went on, and the end of a tune.

    Of the fragments that may follow, those of another tune are preferred.

    Raises:
        UsageError: where no row of that many bars agrees at all its seams.
    """
    random = make_random(seed)
    can_end = [{i for i, one in enumerate(fragments) if one.leads_to is None}]  # within so many more bars
    while len(can_end) < whole("bars", bars, 2, 64):
        begun = {fragments[i].begins for i in can_end[-1]}
        can_end.append({i for i, one in enumerate(fragments) if one.leads_to in begun})
    made: list[Fragment] = []
    for left in reversed(range(bars)):
        fitting = [fragments[i] for i in sorted(can_end[left]) if _follows(fragments[i], made)]
        if not fitting:
            raise UsageError(f"no {bars} bars of these tunes agree at their seams; take more tunes or other lengths")
        fresh = [one for one in fitting if made and one.tune != made[-1].tune]
        choice = fresh or fitting
        made.append(choice[pick(random, len(choice))])
    return made


def _follows(fragment: Fragment, made: Sequence[Fragment]) -> bool:
    return fragment.begins == made[-1].leads_to if made else fragment.bar == 0


def signatures(tunes: Sequence[str] = tuple(BARS), notes: int = 5) -> Counter[tuple[int, ...]]:
    """Turns of phrase that several tunes share: intervals of ``notes`` notes, in semitones, and in how many tunes.

    Cope calls what recurs from work to work of a composer a signature, and keeps it whole.
    """
    found: Counter[tuple[int, ...]] = Counter()
    for name in tunes:
        pitches = [chord.pitches[0] for chord in read_score(" ".join(BARS[name]))]
        steps = [after - before for before, after in pairwise(pitches)]
        found.update({tuple(steps[i : i + notes - 1]) for i in range(len(steps) - notes + 2)})
    return Counter({steps: count for steps, count in found.items() if count > 1})


def compose_recombination(
    tunes: Sequence[str] = tuple(BARS),
    bars: int = 8,
    seed: int = 0,
    *,
    tempo: float = 160.0,
    family: str = "reed",
) -> list[PlayedNote]:
    """A new tune of old bars, see :func:`reassemble`.

    >>> compose_recombination(seed=1)[0].start
    0.0
    """
    chords: list[Chord] = []
    for fragment in reassemble(cut(tunes), bars, seed):
        chords += read_score(BARS[fragment.tune][fragment.bar])
    return piece(perform(chords, family, tempo=read_tempo(tempo)))
