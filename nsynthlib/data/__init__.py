"""Notes in NSynth's layout: a folder with ``examples.json`` beside ``audio/*.wav`` (Engel et al. 2017)."""

from nsynthlib.data.audio import ConversionWarning, read_samples, write_wav
from nsynthlib.data.checking import Fault, check
from nsynthlib.data.dataset import NoteDataset
from nsynthlib.data.downloading import OFFICIAL, download
from nsynthlib.data.files import atomic, read_json, write_json
from nsynthlib.data.labels import (
    FAMILIES,
    SAMPLE_RATE,
    SAMPLES,
    SOURCES,
    VELOCITIES,
    index_entry,
    note_name,
    parse_name,
)
from nsynthlib.data.notes import Note, NSynth, held_out, labels_of, learn_and_check, load_samples, official, pocket
from nsynthlib.data.packing import pack
from nsynthlib.data.writing import Rendered, write_notes

__all__ = [
    "FAMILIES",
    "OFFICIAL",
    "SAMPLES",
    "SAMPLE_RATE",
    "SOURCES",
    "VELOCITIES",
    "ConversionWarning",
    "Fault",
    "NSynth",
    "Note",
    "NoteDataset",
    "Rendered",
    "atomic",
    "check",
    "download",
    "held_out",
    "index_entry",
    "labels_of",
    "learn_and_check",
    "load_samples",
    "note_name",
    "official",
    "pack",
    "parse_name",
    "pocket",
    "read_json",
    "read_samples",
    "write_json",
    "write_notes",
    "write_wav",
]
