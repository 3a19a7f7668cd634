"""MIDI files for tests: events as mido writes them, and as bytes of one's own."""

import struct
from pathlib import Path

import mido

BEAT = 480  # ticks; half a second at the tempo that a file without one has


def on(pitch: int, velocity: int = 100, time: int = 0, channel: int = 0) -> mido.Message:
    return mido.Message("note_on", note=pitch, velocity=velocity, time=time, channel=channel)


def off(pitch: int, time: int = BEAT, channel: int = 0) -> mido.Message:
    return mido.Message("note_off", note=pitch, time=time, channel=channel)


def program(number: int, channel: int = 0) -> mido.Message:
    return mido.Message("program_change", program=number, channel=channel)


def control(number: int, value: int, time: int = 0, channel: int = 0) -> mido.Message:
    return mido.Message("control_change", control=number, value=value, time=time, channel=channel)


def saved(path: Path, *tracks: list, kind: int = 1) -> Path:
    file = mido.MidiFile(type=kind, ticks_per_beat=BEAT)
    for messages in tracks:
        file.add_track().extend(messages)
    file.save(path)
    return path


def by_hand(events: bytes, division: int = BEAT, tracks: int = 1, length: int | None = None) -> bytes:
    """A file of one track with these bytes and an end; ``length`` is what its header claims."""
    events += b"\x00\xff\x2f\x00"
    header = b"MThd" + struct.pack(">IHHH", 6, 0, tracks, division)
    return header + b"MTrk" + struct.pack(">I", len(events) if length is None else length) + events
