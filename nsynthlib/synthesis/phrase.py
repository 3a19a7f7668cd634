"""A phrase of music in place of a lone note: three voices and four chords, by any instrument."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE, SAMPLES
from nsynthlib.synthesis.controls import ADSR, at_peak
from nsynthlib.synthesis.timbre import Plucked, Timbre, synthesise

BEAT = 0.5  # seconds: eight beats are four seconds


class PhraseNote(NamedTuple):
    """One note of a phrase.

    >>> PHRASE[0]
    PhraseNote(start=0, beats=1, pitch=64, velocity=96)
    """

    start: float  #: in beats
    beats: float  #: how long its key is held
    pitch: int  #: MIDI number
    velocity: int


PHRASE = (  # A minor, F, G, C: a melody, a middle voice and a bass
    PhraseNote(0, 1, 64, 96),
    PhraseNote(1, 0.5, 69, 88),
    PhraseNote(1.5, 0.5, 71, 92),
    PhraseNote(2, 1.5, 72, 108),
    PhraseNote(3.5, 0.5, 69, 84),
    PhraseNote(4, 1, 71, 100),
    PhraseNote(5, 0.5, 74, 104),
    PhraseNote(5.5, 0.5, 71, 88),
    PhraseNote(6, 1.75, 72, 96),
    PhraseNote(0, 2, 60, 60),
    PhraseNote(2, 2, 65, 60),
    PhraseNote(4, 2, 67, 60),
    PhraseNote(6, 1.75, 64, 60),
    PhraseNote(0, 2, 45, 80),
    PhraseNote(2, 2, 41, 80),
    PhraseNote(4, 2, 43, 80),
    PhraseNote(6, 1.75, 48, 80),
)
GUITAR = Plucked(decay=7.0, high_decay=0.5, position=0.2, cutoff=6000.0, release=0.25)


def phrase(timbre: Timbre = GUITAR, seed: int = 0) -> Tensor:
    """Four seconds of music, made up for this book, played by ``timbre``; peak at -3 dBFS.

    Args:
        timbre: the instrument; without one, a plucked string.
        seed: of phases, grains, plucks and noise.

    Returns:
        Float32 ``[64000]`` at 16 kHz, in [-1, 1], the same for the same arguments.

    >>> phrase().shape
    torch.Size([64000])
    """
    sound = torch.zeros(SAMPLES)
    for note in PHRASE:
        begin = round(note.start * BEAT * SAMPLE_RATE)
        key = ADSR(attack=0.0, release=timbre.release).curve(held=note.beats * BEAT)
        tone = synthesise(timbre, note.pitch, note.velocity, seed) * key
        sound[begin:] += tone[: SAMPLES - begin]
    fade = round(0.05 * SAMPLE_RATE)
    sound[-fade:] *= torch.cos(torch.linspace(0, math.pi / 2, fade)).square()
    return at_peak(sound)
