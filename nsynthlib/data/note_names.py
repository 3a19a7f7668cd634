"""What a sound file's name tells: the instrument, its pitch and how loudly it is played.

``cello_A2_15_forte.mp3``, ``C#4.wav``, ``Bb3-mf.wav``, ``piano_060_100.wav``, ``As4.mp3`` (an s for the sharp),
``A0v12.flac`` (the twelfth velocity layer) and ``violin_Gs6_05_fortissimo_arco-normal.mp3`` (the Philharmonia
Orchestra's instrument, note, length, dynamic and articulation) are all understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nsynthlib.audio.pitch import note_to_midi
from nsynthlib.data.labels import VELOCITIES

DYNAMICS = {
    **dict.fromkeys(("ppp", "pp", "pianissimo"), 25),
    **dict.fromkeys(("p", "piano"), 50),
    **dict.fromkeys(("mp", "mf", "mezzo"), 75),
    **dict.fromkeys(("f", "forte"), 100),
    **dict.fromkeys(("ff", "fff", "fortissimo"), 127),
}
NO_VELOCITY = 100  # where nothing is told
SOFTEST_NUMBER = 20  # a smaller number behind a note is a take's, or the Philharmonia's length
DEEPEST_NUMBER = 12  # MIDI's C0, 16 Hz; a smaller number is a count

_NOTE = re.compile(r"([a-g])(##?|♯|s|sharp|bb?|♭|flat)?(10|\d)([a-z]*|v\d+)", re.IGNORECASE)
_ACCIDENTALS = {"s": "#", "sharp": "#", "flat": "b"}
_LAYER = re.compile(r"(?:v|vl|vel|velocity|layer|level|lvl|dyn)(\d{1,3})", re.IGNORECASE)
_COUNT = re.compile(_LAYER.pattern + r"|(?:rr|take|tk|var|alt|no|nr)\d*", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SPLIT = re.compile(r"[\s_,()\[\]-]+")
_TAKES = "long very molto short up down left right mono stereo lo hi"  # of one sound
_ORDINARY = "normal arco sus sustain sustained"  # manner of playing
_UNSTEADY = "phrase glissando gliss trill cresc crescendo decresc decrescendo diminuendo release rel noise"
_SIMILAR = frozenset(f"{_TAKES} {_ORDINARY}".split())
_NO_NOTE = frozenset(_UNSTEADY.split())


@dataclass(frozen=True)
class NamedNote:
    """What a name tells; ``None`` for what it does not.

    ``words`` name the instrument, ``articulation`` its manner of playing. ``layer`` is a number that is a MIDI velocity
    or counts an instrument's velocity layers, which only its other files tell. ``steady`` is false for a phrase, a
    glissando, or the noise of a key that is released.
    """

    words: tuple[str, ...] = ()
    pitch: int | None = None
    velocity: int | None = None
    layer: int | None = None
    articulation: tuple[str, ...] = ()
    steady: bool = True


def read_note_name(stem: str) -> NamedNote:
    """Read a file's name without its ending.

    The pitch is a note's name, or the first of one or two numbers; where a number before the note's name gives the same
    note, or one an octave off, it is the MIDI number and counts. The velocity is a dynamic (pp 25, p 50, mp and mf 75,
    f 100, ff 127) or a number.

    >>> read_note_name("cello_A2_15_forte")
    NamedNote(words=('cello',), pitch=45, velocity=100, layer=None, articulation=(), steady=True)
    """
    tokens = [token for token in _SPLIT.split(stem) if token]
    at, pitch, rest = _find_pitch(tokens)
    before, after = (tokens, []) if at is None else (tokens[:at], [*rest, *tokens[at + 1 :]])
    if at is not None and _note(tokens[at]):
        pitch = _midi_number(before, pitch)
    velocity = _dynamic(before, "piano") or _dynamic(after)
    if velocity is None and at is not None:
        velocity = _velocity_number(after, SOFTEST_NUMBER if _note(tokens[at]) else 1)
    layers = [int(match[1]) for token in tokens + rest if (match := _LAYER.fullmatch(token))]
    words = tuple(word for word in words_of(" ".join(before)) if word not in DYNAMICS or word == "piano")
    manner = tuple(word for word in words_of(" ".join(after)) if word not in DYNAMICS)
    steady = not _NO_NOTE & {token.lower() for token in tokens}
    return NamedNote(words, pitch, velocity, layers[0] if layers else None, manner, steady)


def read_dynamic(word: str) -> int | None:
    """Velocity of a dynamic such as ``mf`` or ``mezzo-forte``; ``None`` for any other word."""
    tokens = [token for token in _SPLIT.split(word) if token]
    known = all(token.lower() in DYNAMICS or token.lower() == "molto" for token in tokens)
    return _dynamic(tokens) if known else None


def words_of(text: str) -> tuple[str, ...]:
    """Words of a name in small letters, without takes, layers, and manners of playing that make no other sound."""
    tokens = [token for token in _SPLIT.split(text) if not _COUNT.fullmatch(token)]
    plain = [word.rstrip("0123456789").lower() for token in tokens for word in _CAMEL.sub(" ", token).split()]
    return tuple(word for word in plain if len(word) > 1 and word.isalpha() and word not in _SIMILAR)


def velocity_of_layer(layer: int, layers: int) -> int:
    """Velocity of the ``layer``-th of so many, counted from 1: the loudest is 127, the others of NSynth's five."""
    return min(VELOCITIES, key=lambda velocity: (abs(velocity - 127 * layer / layers), -velocity))


def _note(token: str) -> tuple[int, str] | None:
    """MIDI number of a note's name, and what is written in one with it: ``a1pp``, ``A0v12``."""
    match = _NOTE.fullmatch(token)
    if match is None:
        return None
    letter, accidental, octave, more = match.groups()
    if more and more[-1].isalpha() and more.lower() not in DYNAMICS:
        return None
    accidental = _ACCIDENTALS.get((accidental or "").lower(), accidental or "")
    return note_to_midi(letter + accidental + octave), more


def _find_pitch(tokens: list[str]) -> tuple[int | None, int | None, list[str]]:
    """Where the pitch stands, which it is, and what is written in one with it."""
    for at in reversed(range(len(tokens))):
        if note := _note(tokens[at]):
            pitch, more = note
            return at, pitch if pitch <= 127 else None, [more] if more else []
    numbers = [at for at, token in enumerate(tokens) if token.isdecimal() and len(token) <= 3]
    if len(numbers) in (1, 2) and int(tokens[numbers[0]]) <= 127:
        return numbers[0], int(tokens[numbers[0]]), []
    return None, None, []


def _midi_number(before: list[str], pitch: int | None) -> int | None:
    numbers = [int(token) for token in before if token.isdecimal() and DEEPEST_NUMBER <= int(token) <= 127]
    return next((n for n in numbers if pitch is not None and abs(n - pitch) in (0, 12)), pitch)


def _velocity_number(after: list[str], lowest: int) -> int | None:
    return next((int(token) for token in after if token.isdecimal() and lowest <= int(token) <= 127), None)


def _dynamic(tokens: list[str], *no_dynamic: str) -> int | None:
    found = [token.lower() for token in tokens if token.lower() in DYNAMICS and token.lower() not in no_dynamic]
    return DYNAMICS["mezzo" if "mezzo" in found else found[0]] if found else None
