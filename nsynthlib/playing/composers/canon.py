"""Canon: every voice sings the same tune, each a fixed time after the one before."""

from __future__ import annotations

from collections.abc import Sequence

from nsynthlib.errors import UsageError
from nsynthlib.playing.composers.scores import SCORES, Chord, perform, piece, read_tempo, read_tune
from nsynthlib.playing.midi import PlayedNote
from nsynthlib.values import whole

FAMILIES: tuple[str, ...] = tuple(SCORES["canon_families"])


def compose_canon(
    tune: str | Sequence[Chord] = "frere_jacques",
    *,
    voices: int = 3,
    delay: float = 8.0,
    interval: int = 0,
    families: Sequence[str] = FAMILIES,
    tempo: float = 160.0,
) -> list[PlayedNote]:
    """A tune against itself.

    Args:
        tune: a name in ``SCORES["tunes"]``, or chords.
        voices: 1-4.
        delay: beats from one voice's entry to the next one's.
        interval: semitones from one voice to the next: 0 is a canon at the unison, 7 one at the fifth above.
        families: that play the voices, in their order; repeated where there are more voices.

    Raises:
        UsageError: for an unknown tune, a delay below 0, or a piece of more than 30 s.

    >>> first, second = compose_canon("au_clair_de_la_lune", voices=2, delay=4, tempo=240)[:2]
    >>> first.pitch, second.start - first.start
    (60, 0.25)
    """
    chords = read_tune(tune) if isinstance(tune, str) else list(tune)
    if delay < 0:
        raise UsageError(f"delay {delay:g} lies before the tune; choose 0 beats or more")
    notes: list[PlayedNote] = []
    for voice in range(whole("voices", voices, 1, 4)):
        family = families[voice % len(families)]
        notes += perform(chords, family, tempo=read_tempo(tempo), at=voice * delay, transpose=voice * interval)
    return piece(notes)
