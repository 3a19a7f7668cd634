"""Notes of a model played: held for as long as a key is down, from a MIDI file, as an instrument for samplers."""

from nsynthlib.playing.melody import Rendered, render_melody
from nsynthlib.playing.midi import PlayedNote, read_midi
from nsynthlib.playing.midi_writing import write_midi
from nsynthlib.playing.pieces import listening_examples
from nsynthlib.playing.sfz import write_sfz
from nsynthlib.playing.sustain import HeldNote, hold, play

__all__ = [
    "HeldNote",
    "PlayedNote",
    "Rendered",
    "hold",
    "listening_examples",
    "play",
    "read_midi",
    "render_melody",
    "write_midi",
    "write_sfz",
]
