"""Pieces to listen to, old enough to be anybody's: as notes to render, and as they were rendered with the package."""

from __future__ import annotations

import io

import soundfile
import torch
from torch import Tensor

from nsynthlib.audio.pitch import read_pitch
from nsynthlib.models.sources import PRETRAINED
from nsynthlib.playing.composers.canon import compose_canon
from nsynthlib.playing.composers.scores import perform, read_score
from nsynthlib.playing.midi import PlayedNote

FOLDER = PRETRAINED / "pieces"
TITLES = {
    "round": "A round for three: Frère Jacques",
    "prelude": "Bach, Prelude in C major, its beginning",
    "greensleeves": "Greensleeves, whose voice changes",
}

GREENSLEEVES = (
    "A4:1 C5:2 D5:1 E5:1.5 F5:.5 E5:1 D5:2 B4:1 G4:1.5 A4:.5 B4:1 C5:2 A4:1 A4:1.5 G#4:.5 A4:1 B4:2 G#4:1 E4:2 "
    "A4:1 C5:2 D5:1 E5:1.5 F5:.5 E5:1 D5:2 B4:1 G4:1.5 A4:.5 B4:1 C5:1.5 B4:.5 A4:1 G#4:1.5 F#4:.5 G#4:1 A4:3"
)
GREENSLEEVES_BASS = "A2 A2 G2 G2 A2 A2 E2 E2 A2 A2 G2 G2 A2 E2 A2"  # one for each bar of three beats
PRELUDE = (  # five keys a bar, from the lowest
    "C4 E4 G4 C5 E5, C4 D4 A4 D5 F5, B3 D4 G4 D5 F5, C4 E4 G4 C5 E5, C4 E4 A4 E5 A5, C4 D4 F#4 A4 D5, "
    "B3 D4 G4 D5 G5, B3 C4 E4 G4 C5, A3 C4 E4 G4 C5, D3 A3 D4 F#4 C5, G3 B3 D4 G4 B4"
)


def phrase(
    tune: str,
    family: str,
    *,
    tempo: float = 120.0,
    start: float = 0.0,
    velocity: int = 90,
    transpose: int = 0,
    legato: float = 0.9,
) -> list[PlayedNote]:
    """The notes of a tune that is written as pairs of pitch and beats, one after another.

    Args:
        tune: such as ``"C4:1 D4:.5 E4:.5"``.
        family: that plays it, a name in ``FAMILIES``.
        tempo: beats a minute.
        start: seconds from the beginning of the piece.
        velocity: 1-127, of all notes.
        transpose: semitones up.
        legato: the part of its beats for which a key is down.

    Raises:
        UsageError: for a pitch that is none.

    >>> phrase("C4:1 E4:2", "organ")[1]
    PlayedNote(start=0.5, end=1.4, pitch=64, velocity=90, family='organ')
    """
    chords = read_score(tune)
    return perform(
        chords, family, tempo=tempo, at=start * tempo / 60, velocity=velocity, transpose=transpose, legato=legato
    )


def round_for_three(tempo: float = 126.0) -> list[PlayedNote]:
    """*Frère Jacques* by a flute, an organ and a mallet, of which each begins two bars after the one before."""
    return compose_canon("frere_jacques", voices=3, delay=8, tempo=tempo)


def prelude(tempo: float = 76.0, family: str = "guitar") -> list[PlayedNote]:
    """Eleven bars of the first prelude of Bach's *Well-Tempered Clavier* (BWV 846), 1722; the lower keys stay down."""
    sixteenth, notes, at = 15 / tempo, [], 0.0
    for bar in PRELUDE.split(", "):
        low, second, *upper = map(read_pitch, bar.split())
        for half in (at, at + 8 * sixteenth):
            end = half + 8 * sixteenth
            notes += [PlayedNote(half, end, low, 84, family), PlayedNote(half + sixteenth, end, second, 76, family)]
            for i, pitch in enumerate(upper * 2):
                begin = half + (2 + i) * sixteenth
                notes.append(PlayedNote(begin, begin + 2 * sixteenth, pitch, 80, family))
        at += 16 * sixteenth
    chord = (36, 48, 52, 55, 60)
    return notes + [PlayedNote(at + 0.04 * i, at + 2.5, pitch, 80, family) for i, pitch in enumerate(chord)]


def listening_examples() -> dict[str, Tensor]:
    """The three pieces that come with the package, float32 ``[samples]`` at 16 kHz, by their titles.

    ``tools/render_pieces.py`` made them with the shipped CVAE.

    >>> pieces = listening_examples()
    >>> [(title, round(len(audio) / 16_000)) for title, audio in pieces.items()][0]  # seconds
    ('A round for three: Frère Jacques', 24)
    """
    return {title: _read(name) for name, title in TITLES.items()}


def _read(name: str) -> Tensor:
    data = (FOLDER / f"{name}.mp3").read_bytes()
    audio, _ = soundfile.read(io.BytesIO(data), dtype="float32")
    return torch.from_numpy(audio).clamp(-1, 1)
