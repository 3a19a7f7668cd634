"""Notes of a MIDI file: what is played when, how hard, and by which family; what is left out is told."""

from __future__ import annotations

import io
import os
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from nsynthlib.constants import CONSTANTS
from nsynthlib.data.audio import ConversionWarning
from nsynthlib.errors import DataError, UsageError
from nsynthlib.models.condition import condition_of, read_family
from nsynthlib.playing.channels import Channels
from nsynthlib.soundfont.programs import PROGRAMS
from nsynthlib.values import number, shown

if TYPE_CHECKING:
    import mido

LARGEST = 4_000_000  # bytes: 100,000 notes are less than one million; as messages they take 200 times the memory
LONGEST = 4 * 3600.0  # seconds
MOST_AT_ONCE = 512  # notes that sound together
SHORTEST = 0.05  # seconds that a note without length is played for
LATEST_TICK = 2**32  # a MIDI file's longest pause is 2**28 ticks
LOWEST, HIGHEST = CONSTANTS["model_pitches"]
DRUMS = 9  # the channel, counted from 0

# Programs that sound no family in particular, but a pitch: orchestra hit, fifths and the "synth effects".
_FAMILIES = {program: family for program, (family, _) in PROGRAMS.items()}
_FAMILIES |= {55: "string", 86: "synth_lead"} | dict.fromkeys(range(96, 104), "synth_lead")

# No quantity of a MIDI file has more than three bytes above 127 in a row; mido would add up any number of them.
_ENDLESS = re.compile(rb"[\x80-\xff]{65536}")


class PlayedNote(NamedTuple):
    """A key that is pressed at ``start`` and let go at ``end``, in seconds from the beginning; ``pitch`` is a MIDI
    number, ``velocity`` 1-127, ``family`` a name in ``FAMILIES``.

    >>> note = PlayedNote(start=0.0, end=0.5, pitch=60, velocity=100, family="organ")
    >>> note.end - note.start, note._replace(pitch=67).pitch
    (0.5, 67)
    """

    start: float
    end: float
    pitch: int
    velocity: int
    family: str


def check_notes(notes: Sequence[PlayedNote]) -> list[PlayedNote]:
    """The notes by their beginning; UsageError for one that cannot be played."""
    if not notes:
        raise UsageError("a melody needs at least one note")
    for note in notes:
        start, end = number(note.start), number(note.end)
        if start is None or end is None or not 0 <= start <= end:
            raise UsageError(f"a note from {shown(note.start)} to {shown(note.end)} s cannot be played")
    for pitch, velocity, family in {note[2:] for note in notes}:
        condition_of(pitch, family, velocity)
    return sorted(notes, key=lambda note: note.start)


def read_midi(path: str | os.PathLike[str], family: str | None = None) -> list[PlayedNote]:
    """The notes of a MIDI file in the order in which they start.

    Tempo changes, velocities and the sustain pedal are played. A key that is pressed again while it is down sounds
    twice; of two such notes the one that began first ends first. Programs of General MIDI become the families they
    belong to. Each of these is told by one :class:`~nsynthlib.data.ConversionWarning`: drums (channel 10), untuned
    percussion and sound effects, which are skipped; notes outside MIDI numbers 24 to 96, which are moved by octaves;
    notes without length, which are played for 0.05 s; notes that are never let go, which end with the piece; pitch
    bend, aftertouch, controllers and system-exclusive messages, which are ignored.

    Args:
        path: of a standard MIDI file of type 0, 1 or 2 (of which all tracks are played together).
        family: plays all channels, in place of their programs.

    Raises:
        UsageError: for a family that there is not, or where mido is not installed.
        DataError: naming the file, if it cannot be read as MIDI, holds no note to play, is larger than 4 MB, lasts
            longer than 4 hours, or has more than 512 notes sounding at once.

    >>> import mido
    >>> song = mido.MidiFile()
    >>> song.add_track().extend([
    ...     mido.Message("program_change", program=19),
    ...     mido.Message("note_on", note=60, velocity=100),
    ...     mido.Message("note_off", note=60, time=480),
    ... ])
    >>> song.save("organ.mid")
    >>> read_midi("organ.mid")
    [PlayedNote(start=0.0, end=0.5, pitch=60, velocity=100, family='organ')]
    """
    path = Path(path)
    if family is not None:
        read_family(family)
    told: Counter[str] = Counter()
    channels = Channels()
    for seconds, message in _timed(_parsed(path), path):
        channels.take(seconds, message)
    channels.end()
    notes = _notes(channels, family, told)
    _tell(path, told + channels.ignored)
    if not notes:
        raise DataError(f"{path}: holds no note to play" + (", only drums or effects" if channels.notes else ""))
    _check_voices(notes, path)
    return notes


def import_mido(use: str) -> Any:
    """The module ``mido``; UsageError, which says what it is of ``use`` for, where it is not installed."""
    try:
        import mido
    except ImportError:  # the package was installed without what it needs, as for Colab
        raise UsageError(f"MIDI files are {use} by mido, which is not installed; pip install mido") from None
    return mido


def _parsed(path: Path) -> mido.MidiFile:
    mido = import_mido("read")
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= LARGEST else b""
    except OSError as error:
        raise DataError(f"{path}: cannot be read as MIDI ({error.strerror})") from None
    if size > LARGEST:
        limit = f"a MIDI file of more than {LARGEST / 1e6:.0f} MB is not read"
        raise DataError(f"{path}: has {size / 1e6:.1f} MB, and {limit}; cut it into shorter pieces")
    if not data.startswith(b"MThd"):
        raise DataError(f"{path}: is no MIDI file (it does not begin with MThd)")
    if _ENDLESS.search(data):
        raise DataError(f"{path}: cannot be read as MIDI (it holds a number without end)")
    try:
        return mido.MidiFile(file=io.BytesIO(data))
    except EOFError:
        raise DataError(f"{path}: is cut short; get it whole") from None
    except Exception as error:  # mido raises whatever a wrong byte leads to
        raise DataError(f"{path}: cannot be read as MIDI ({error or type(error).__name__})") from None


def _timed(file: mido.MidiFile, path: Path) -> Iterator[tuple[float, mido.Message]]:
    """Every message of all tracks with its time in seconds, in order."""
    division, tempo = file.ticks_per_beat, 500_000  # microseconds a beat: 120 beats a minute
    frames = 29.97 if division >> 8 == -29 else -(division >> 8)  # of film, which has no beats, where negative
    if division == 0 or (division < 0 and not division & 0xFF):
        raise DataError(f"{path}: cannot be read as MIDI (its beat has no ticks)")
    seconds, before = 0.0, 0
    for ticks, message in _merged(file, path):
        seconds += (ticks - before) * (tempo / 1e6 / division if division > 0 else 1 / (frames * (division & 0xFF)))
        before = ticks
        if message.type == "set_tempo":
            tempo = message.tempo
        if seconds > LONGEST:
            _refuse_length(path)
        yield seconds, message


def _merged(file: mido.MidiFile, path: Path) -> list[tuple[int, mido.Message]]:
    """The messages of all tracks by their time in ticks (``mido.merge_tracks`` is four times slower)."""
    merged: list[tuple[int, mido.Message]] = []
    for track in file.tracks:
        times = list(accumulate(message.time for message in track))
        if times and times[-1] > LATEST_TICK:
            _refuse_length(path)
        merged += zip(times, track, strict=True)
    return sorted(merged, key=itemgetter(0))


def _refuse_length(path: Path) -> NoReturn:
    raise DataError(f"{path}: lasts longer than {LONGEST / 3600:.0f} hours; cut it into shorter pieces")


def _notes(channels: Channels, family: str | None, told: Counter[str]) -> list[PlayedNote]:
    """What the channels played as notes of families, within the model's pitches."""
    notes = []
    for start, end, channel, program, pitch, velocity in channels.notes:
        if channel == DRUMS:
            told["drums on channel 10, skipped"] += 1
            continue
        plays = family or _FAMILIES.get(program)
        if plays is None:
            told["notes of untuned percussion or sound effects, skipped"] += 1
            continue
        moved = min(max(pitch, LOWEST + pitch % 12), HIGHEST - (HIGHEST - pitch) % 12)
        told[f"notes outside MIDI numbers {LOWEST} to {HIGHEST}, moved by octaves"] += moved != pitch
        told[f"notes without length, played for {SHORTEST} s"] += end == start
        notes.append(PlayedNote(start, end if end > start else start + SHORTEST, moved, velocity, plays))
    return sorted(notes)


def _tell(path: Path, told: Counter[str]) -> None:
    for what, count in told.items():
        if count:
            warnings.warn(f"{path}: {what} ({count:,})", ConversionWarning, stacklevel=3)


def _check_voices(notes: list[PlayedNote], path: Path) -> None:
    starts, ends = np.array([note[:2] for note in notes]).T
    sounding = np.arange(1, len(starts) + 1) - np.searchsorted(np.sort(ends), starts, side="right")
    if sounding.max() > MOST_AT_ONCE:
        raise DataError(f"{path}: {sounding.max():,} notes sound at once; at most {MOST_AT_ONCE} are played together")
