"""Notes in NSynth's layout: a folder with ``examples.json`` beside ``audio/*.wav`` (Engel et al. 2017)."""

from nsynthlib.audio.format import SAMPLE_RATE, SAMPLES
from nsynthlib.data.audio import ConversionWarning, read_samples, write_wav
from nsynthlib.data.checking import Fault, check
from nsynthlib.data.dataset import NoteDataset
from nsynthlib.data.downloading import OFFICIAL, download
from nsynthlib.data.importing import import_notes
from nsynthlib.data.labels import FAMILIES, SOURCES, VELOCITIES, index_entry, note_name, parse_name
from nsynthlib.data.notes import Note, load_samples
from nsynthlib.data.own_sound import read_own_sound
from nsynthlib.data.sets import NSynth, held_out, labels_of, official, pack, pocket, train_and_valid
from nsynthlib.data.writing import NewNote, write_notes
from nsynthlib.files import atomic, read_json, write_json

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
    "NewNote",
    "Note",
    "NoteDataset",
    "atomic",
    "check",
    "download",
    "held_out",
    "import_notes",
    "index_entry",
    "labels_of",
    "load_samples",
    "note_name",
    "official",
    "pack",
    "parse_name",
    "pocket",
    "read_json",
    "read_own_sound",
    "read_samples",
    "train_and_valid",
    "write_json",
    "write_notes",
    "write_wav",
]
