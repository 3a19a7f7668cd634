"""Notes as a MIDI file: a track and a channel for each family, with a program of General MIDI that belongs to it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from nsynthlib.constants import CONSTANTS
from nsynthlib.files import atomic, check_ending
from nsynthlib.playing.midi import DRUMS, PlayedNote, check_notes, import_mido

#: Program of General MIDI for each family, counted from 0; ``read_midi`` takes each back to its family.
MIDI_PROGRAMS: dict[str, int] = CONSTANTS["midi_programs"]
TICKS, TEMPO = 500, 500_000  # a beat, in ticks and in microseconds: a tick is a millisecond


def write_midi(notes: Sequence[PlayedNote], path: str | os.PathLike[str] | IO[bytes]) -> None:
    """Write notes to a standard MIDI file of type 1, in whole milliseconds, so that :func:`read_midi` gives them back.

    Of two notes of one family and pitch that overlap, a MIDI file cannot say which ends first: the one that began
    first does. A note of less than a millisecond has no length in the file.

    Args:
        path: of a file that ends in ``.mid``, written whole or not at all; or an open binary file.

    Raises:
        UsageError: for no note, one that cannot be played, another ending, or where mido is not installed.

    >>> from nsynthlib.playing import PlayedNote, read_midi
    >>> write_midi([PlayedNote(0.0, 0.5, 60, 100, "organ")], "organ.mid")
    >>> read_midi("organ.mid")
    [PlayedNote(start=0.0, end=0.5, pitch=60, velocity=100, family='organ')]
    """
    mido = import_mido("written")
    played = check_notes(notes)
    channels = [channel for channel in range(16) if channel != DRUMS]
    file = mido.MidiFile(ticks_per_beat=TICKS)
    file.add_track().append(mido.MetaMessage("set_tempo", tempo=TEMPO))
    for channel, family in zip(channels, sorted({note.family for note in played}), strict=False):
        track = file.add_track(family)
        track.append(mido.Message("program_change", channel=channel, program=MIDI_PROGRAMS[family]))
        now = 0
        for tick, kind, pitch, velocity in _moments([note for note in played if note.family == family]):
            track.append(mido.Message(kind, channel=channel, note=pitch, velocity=velocity, time=tick - now))
            now = tick
    if not isinstance(path, str | os.PathLike):
        file.save(file=path)
        return
    check_ending(Path(path), ".mid")
    with atomic(Path(path)) as partial:
        file.save(partial)


def _moments(notes: Sequence[PlayedNote]) -> list[tuple[int, str, int, int]]:
    """Tick, kind, pitch and velocity of every message; a key is let go before it is pressed again."""
    moments = []
    for number, note in enumerate(notes):
        first, last = round(1000 * note.start), round(1000 * note.end)
        moments.append((first, 1, number, "note_on", note.pitch, note.velocity))
        moments.append((last, 0 if last > first else 2, number, "note_off", note.pitch, 0))
    return [(tick, kind, pitch, velocity) for tick, _, _, kind, pitch, velocity in sorted(moments)]
