"""What names of sound files and of instruments tell."""

import librosa
import pytest

from nsynthlib.data import FAMILIES, SOURCES
from nsynthlib.data.instrument_names import family_and_source, is_struck
from nsynthlib.data.note_names import read_dynamic, read_note_name, velocity_of_layer


@pytest.mark.parametrize(
    ("stem", "words", "pitch", "velocity"),
    [
        ("cello_A2_15_forte", "cello", 45, 100),
        ("C#4", "", 61, None),
        ("Bb3-mf", "", 58, 75),
        ("piano_060_100", "piano", 60, 100),
        ("As4", "", 70, None),
        ("violin_Gs6_05_fortissimo_arco-normal", "violin", 92, 127),
        ("double-bass_E1_1_molto-pianissimo_arco-normal", "double bass", 28, 25),
        ("trombone_F2_very-long_mezzo-forte_normal", "trombone", 41, 75),
        ("cello_C4_15_piano_normal", "cello", 60, 50),
        ("piano_C4", "piano", 60, None),
        ("piano_C4_piano", "piano", 60, 50),
        ("a1pp", "", 33, 25),
        ("027-D#1-PP", "", 27, 25),  # the number and the note agree
        ("060_C3_ff", "", 60, 127),  # another count of octaves: the number tells
        ("Steel Drum_060__C4_4-1", "steel drum", 60, None),
        ("SteelDrum C4", "steel drum", 60, None),
        ("C4_100", "", 60, 100),
        ("C4_15", "", 60, None),  # a length or a take, no velocity
        ("Bassoon mp C#1", "bassoon", 25, 75),
        ("D♭4 ff", "", 61, 127),
        ("HEADROOM PIANO CLOSE 21", "headroom piano close", 21, None),
        ("Kick", "kick", None, None),
        ("55.083", "", None, None),
        ("organ_001_060_100", "organ", None, None),  # one number too many
        ("C11", "", None, None),  # beyond MIDI
    ],
)
def test_a_name_tells_instrument_pitch_and_velocity(stem, words, pitch, velocity):
    named = read_note_name(stem)
    assert (" ".join(named.words), named.pitch, named.velocity) == (words, pitch, velocity)


def test_every_note_of_the_keyboard_is_read_as_librosa_does():
    for pitch in range(12, 128):
        for unicode in (True, False):
            name = librosa.midi_to_note(pitch, unicode=unicode)
            assert read_note_name(f"oboe_{name}_ff").pitch == pitch
            assert read_note_name(name.replace("#", "s").replace("♯", "s")).pitch == pitch


def test_articulations_tell_sounds_apart_and_takes_do_not():
    assert read_note_name("cello_A2_1_forte_pizz-normal").articulation == ("pizz",)
    assert read_note_name("cello_A2_1_forte_arco-normal").articulation == ()
    for take in ("C4_rr2", "C4 take 3", "C4_long_2", "C4 v2"):
        assert read_note_name(take).articulation == ()
    assert not read_note_name("flute_C5_phrase_forte_normal").steady
    assert not read_note_name("a2_rel_rr1").steady


def test_velocity_layers_are_counted():
    assert [read_note_name(name).layer for name in ("A0v12", "c4_vl3_rr1", "PIANO LEVEL2 60", "C4")] == [12, 3, 2, None]
    assert [velocity_of_layer(layer, 3) for layer in (1, 2, 3)] == [50, 75, 127]
    sixteen = [velocity_of_layer(layer, 16) for layer in range(1, 17)]
    assert sixteen == sorted(sixteen)
    assert set(sixteen) == {25, 50, 75, 100, 127}


def test_a_folder_may_be_a_dynamic():
    assert [read_dynamic(word) for word in ("ff", "mezzo-forte", "Piano", "cello", "ff takes")] == [
        127,
        75,
        50,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    {
        "cello": ("string", "acoustic"),
        "Violins": ("string", "acoustic"),
        "double bass": ("string", "acoustic"),
        "double bass pizz": ("bass", "acoustic"),
        "rhodes": ("keyboard", "electronic"),
        "electric guitar": ("guitar", "electronic"),
        "bass clarinet": ("reed", "acoustic"),
        "bass trombone": ("brass", "acoustic"),
        "english horn": ("reed", "acoustic"),
        "french horn": ("brass", "acoustic"),
        "piano accordion": ("organ", "acoustic"),
        "synth strings": ("string", "synthetic"),
        "synth lead": ("synth_lead", "synthetic"),
        "soprano recorder": ("flute", "acoustic"),
        "soprano": ("vocal", "acoustic"),
        "kazoo": None,
    }.items(),
)
def test_common_instruments_have_their_families(name, expected):
    assert family_and_source(name.split()) == expected


def test_names_of_nsynths_instruments_are_families_and_sources():
    for family in FAMILIES:
        for source in ["synthetic"] if family == "synth_lead" else SOURCES:
            assert family_and_source([*family.split("_"), source]) == (family, source)


def test_what_dies_away_is_struck():
    assert [is_struck(*case) for case in (("keyboard", []), ("string", ["cello"]), ("string", ["cello", "pizz"]))] == [
        True,
        False,
        True,
    ]
