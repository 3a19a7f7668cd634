"""Notes that are written to a MIDI file are read back as they were."""

import io
import random

import mido
import pytest
from test_composers import ALL

from nsynthlib.data import FAMILIES
from nsynthlib.errors import UsageError
from nsynthlib.playing import PlayedNote, read_midi, write_midi
from nsynthlib.playing.midi_writing import MIDI_PROGRAMS
from nsynthlib.soundfont.programs import PROGRAMS


def in_milliseconds(notes):
    return sorted((round(1000 * n.start), round(1000 * n.end), *n[2:]) for n in notes)


def without_same_keys_down_twice(notes):
    kept, free = [], {}
    for note in sorted(notes):
        key = note.pitch, note.family
        if note.start >= free.get(key, 0):
            kept.append(note)
            free[key] = note.end
    return kept


@pytest.mark.parametrize("name", ALL)
def test_a_piece_comes_back(name, tmp_path):
    notes = without_same_keys_down_twice(ALL[name](1))
    write_midi(notes, tmp_path / "piece.mid")
    assert in_milliseconds(read_midi(tmp_path / "piece.mid")) == in_milliseconds(notes)


def test_random_notes_of_all_families_come_back(tmp_path):
    draw = random.Random(5)
    notes = []
    for _ in range(400):
        start = draw.randrange(0, 60_000) / 1000
        length = draw.randrange(1, 3000) / 1000
        notes.append(
            PlayedNote(start, start + length, draw.randint(24, 96), draw.randint(1, 127), draw.choice(FAMILIES))
        )
    notes = without_same_keys_down_twice(notes)
    write_midi(notes, tmp_path / "all.mid")
    assert in_milliseconds(read_midi(tmp_path / "all.mid")) == in_milliseconds(notes)
    assert len({n.family for n in notes}) == 11


def test_a_key_that_is_let_go_when_it_is_pressed_again_is_two_notes(tmp_path):
    twice = [PlayedNote(0, 0.5, 60, 90, "organ"), PlayedNote(0.5, 1, 60, 91, "organ")]
    write_midi(twice, tmp_path / "twice.mid")
    assert read_midi(tmp_path / "twice.mid") == twice


def test_each_family_has_a_program_that_general_midi_counts_to_it():
    assert list(MIDI_PROGRAMS) == list(FAMILIES)
    assert {family: PROGRAMS[program][0] for family, program in MIDI_PROGRAMS.items()} == {f: f for f in FAMILIES}


def test_another_program_reads_the_file(tmp_path):
    write_midi([PlayedNote(0.25, 1.5, 60, 90, "reed")], tmp_path / "one.mid")
    file = mido.MidiFile(tmp_path / "one.mid")
    assert file.length == pytest.approx(1.5)
    kinds = [message.type for message in file.tracks[1]]
    assert kinds == ["track_name", "program_change", "note_on", "note_off", "end_of_track"]


def test_an_open_file_gets_the_same_bytes(tmp_path):
    notes = ALL["counterpoint"](2)
    write_midi(notes, tmp_path / "a.mid")
    held = io.BytesIO()
    write_midi(notes, held)
    assert held.getvalue() == (tmp_path / "a.mid").read_bytes()


@pytest.mark.parametrize(
    ("notes", "name", "line"),
    [
        ([], "a.mid", "a melody needs at least one note"),
        ([PlayedNote(1, 0, 60, 90, "organ")], "a.mid", "a note from 1 to 0 s cannot be played"),
        ([PlayedNote(0, 1, 60, 90, "harp")], "a.mid", "harp"),
        ([PlayedNote(0, 1, 60, 90, "organ")], "a.txt", r"\.mid"),
    ],
)
def test_what_cannot_be_written_is_refused_and_nothing_is_left(notes, name, line, tmp_path):
    with pytest.raises(UsageError, match=line):
        write_midi(notes, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
