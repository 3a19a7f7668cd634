"""MIDI files as notes: what was written is what is read, what is left out is told once, and no file breaks it."""

import random
import sys
import warnings

import mido
import pytest
from helpers import PEAK, in_python
from midi_files import BEAT, by_hand, control, off, on, program, saved

from nsynthlib.data import ConversionWarning
from nsynthlib.errors import DataError, UsageError
from nsynthlib.playing import PlayedNote, read_midi
from nsynthlib.playing.midi import LARGEST
from nsynthlib.soundfont.programs import PROGRAMS


def told(path, **options):
    """The notes, and every line that was told about the file."""
    with warnings.catch_warnings(record=True) as lines:
        warnings.simplefilter("always")
        notes = read_midi(path, **options)
    assert all(line.category is ConversionWarning for line in lines)
    return notes, [str(line.message).removeprefix(f"{path}: ") for line in lines]


def times(notes):
    return [(round(note.start, 6), round(note.end, 6), note.pitch) for note in notes]


def test_tempo_changes_apply_to_all_tracks_from_where_they_stand(tmp_path):
    """By hand: 480 ticks are 0.5 s; from tick 480 on 1 s; from tick 960 on 0.25 s."""
    tempi = [mido.MetaMessage("set_tempo", tempo=1_000_000, time=480)]
    tempi += [mido.MetaMessage("set_tempo", tempo=250_000, time=480)]
    track = [on(60), off(60, 480), on(62), off(62, 480), on(64), off(64, 480), on(65, time=240), off(65, 240)]
    notes, lines = told(saved(tmp_path / "a.mid", tempi, track))
    assert times(notes) == [(0, 0.5, 60), (0.5, 1.5, 62), (1.5, 1.75, 64), (1.875, 2.0, 65)]
    assert not lines


def test_chords_velocities_and_channels(tmp_path):
    track = [program(19), program(40, 1), on(60, 1), on(64, 127), on(67, 64, channel=1), off(60), off(64, 0)]
    notes, lines = told(saved(tmp_path / "a.mid", [*track, off(67, 240, channel=1)]))
    assert notes == [
        PlayedNote(0, 0.5, 60, 1, "organ"),
        PlayedNote(0, 0.5, 64, 127, "organ"),
        PlayedNote(0, 0.75, 67, 64, "string"),
    ]
    assert not lines


def test_of_two_notes_of_one_pitch_the_first_ends_first(tmp_path):
    track = [on(60, 100), on(60, 50, time=240), off(60, 240), off(60, 480)]
    notes, _ = told(saved(tmp_path / "a.mid", track))
    assert notes == [PlayedNote(0, 0.5, 60, 100, "keyboard"), PlayedNote(0.25, 1.0, 60, 50, "keyboard")]


def test_the_pedal_holds_what_is_let_go_until_it_comes_up(tmp_path):
    track = [control(64, 127), on(60), off(60, 480), on(62), control(64, 63, 480), off(62, 480), on(64), off(64, 480)]
    notes, lines = told(saved(tmp_path / "a.mid", track))
    assert times(notes) == [(0, 1.0, 60), (0.5, 1.5, 62), (1.5, 2.0, 64)]
    assert not lines
    again = [control(64, 64), on(60), off(60, 240), on(60, time=240), off(60, 240), control(64, 0, 240)]
    assert times(told(saved(tmp_path / "b.mid", again))[0]) == [(0, 0.5, 60), (0.5, 1.0, 60)]
    other = [control(64, 127, channel=3), on(60), off(60, 480), control(64, 0, 480, channel=3)]
    assert times(told(saved(tmp_path / "c.mid", other))[0]) == [(0, 0.5, 60)]
    never_up = [control(64, 127), on(60), off(60, 480), on(62), off(62, 480)]
    assert times(told(saved(tmp_path / "d.mid", never_up))[0]) == [(0, 1.0, 60), (0.5, 1.0, 62)]


def test_a_note_on_of_velocity_0_lets_go_and_all_notes_off_too(tmp_path):
    track = [on(60), on(60, 0, time=480), on(62), on(64), control(123, 0, 240)]
    notes, lines = told(saved(tmp_path / "a.mid", track))
    assert times(notes) == [(0, 0.5, 60), (0.5, 0.75, 62), (0.5, 0.75, 64)]
    assert not lines


def test_running_status_is_read(tmp_path):
    """One status byte for five events: 90 3C 64, then pairs of data with their times."""
    path = tmp_path / "running.mid"
    events = b"\x00\x90\x3c\x64" + b"\x00\x40\x64" + b"\x83\x60\x3c\x00" + b"\x00\x40\x00"  # 83 60 is 480
    path.write_bytes(by_hand(events))
    notes, lines = told(path)
    assert times(notes) == [(0, 0.5, 60), (0, 0.5, 64)]
    assert not lines


def test_film_time_is_read(tmp_path):
    """25 frames of 40 ticks a second, written as -25 and 40: a tick is a millisecond, whatever the tempo."""
    path = tmp_path / "film.mid"
    events = b"\x00\xff\x51\x03\x01\x00\x00" + b"\x00\x90\x3c\x64" + b"\x83\x60\x80\x3c\x00"
    path.write_bytes(by_hand(events, division=((256 - 25) << 8) | 40))
    assert times(told(path)[0]) == [(0, 0.48, 60)]


def test_every_program_has_its_family_or_is_skipped(tmp_path):
    track = []
    for number in range(128):
        track += [program(number), on(60), off(60, BEAT)]
    notes, lines = told(saved(tmp_path / "a.mid", track))
    played = {round(2 * note.start): note.family for note in notes}
    skipped = {113, *range(115, 120), *range(120, 128)}
    assert played.keys() == set(range(128)) - skipped
    assert {number: played[number] for number in PROGRAMS} == {n: family for n, (family, _) in PROGRAMS.items()}
    assert lines == [f"notes of untuned percussion or sound effects, skipped ({len(skipped)})"]
    notes, lines = told(tmp_path / "a.mid", family="flute")
    assert {note.family for note in notes} == {"flute"}
    assert len(notes) == 128
    assert not lines


def test_all_sixteen_channels_but_the_drums_are_played(tmp_path):
    track = [on(40 + channel, channel=channel) for channel in range(16)]
    track += [off(40 + channel, BEAT if channel == 0 else 0, channel=channel) for channel in range(16)]
    notes, lines = told(saved(tmp_path / "a.mid", track))
    assert [note.pitch for note in notes] == [40 + channel for channel in range(16) if channel != 9]
    assert lines == ["drums on channel 10, skipped (1)"]


def test_what_is_changed_or_ignored_is_told_once(tmp_path):
    track = [control(7, 90), control(7, 80), control(11, 80), mido.Message("pitchwheel", pitch=0)]
    track += [mido.Message("pitchwheel", pitch=value) for value in (100, -100)]
    track += [mido.Message("aftertouch", value=3), mido.Message("polytouch", note=3, value=3)]
    track += [mido.Message("sysex", data=(1, 2)), on(10), on(110), off(10), off(110, 0), on(50), off(50, 0), on(51)]
    notes, lines = told(saved(tmp_path / "a.mid", [*track, mido.MetaMessage("text", text="end", time=BEAT)]))
    assert [note.pitch for note in notes] == [34, 86, 50, 51]
    assert times(notes)[2] == (0.5, 0.55, 50)
    assert times(notes)[3] == (0.5, 1.0, 51)
    assert sorted(lines) == [
        "aftertouch, ignored (2)",
        "controller 11 (expression), ignored (1)",
        "controller 7 (volume), ignored (2)",
        "notes never let go, which end with the piece (1)",
        "notes outside MIDI numbers 24 to 96, moved by octaves (2)",
        "notes without length, played for 0.05 s (1)",
        "pitch bend, ignored (2)",
        "system-exclusive messages, ignored (1)",
    ]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is no MIDI file"),
        (b"RIFF\x00\x00\x00\x00RMID", "is no MIDI file"),
        (b"MThd", "is cut short"),
        (by_hand(b"\x00\x90\x3c\x64")[:-3], "is cut short"),
        (by_hand(b"\x00\x90\x3c\x64", length=2**31), "is cut short"),
        (by_hand(b"\x00\x90\x3c\x64", tracks=30_000), "is cut short"),
        (by_hand(b"\x00\x90\x3c\x64", tracks=60_000), "holds no note to play"),
        (by_hand(b""), "holds no note to play"),
        (by_hand(b"\x00\x99\x3c\x64\x00\x89\x3c\x00"), "holds no note to play, only drums or effects"),
        (by_hand(b"\x00\x90\x3c\x64", division=0), "its beat has no ticks"),
        (by_hand(b"\x00\x90\x3c\x64", division=0xE700), "its beat has no ticks"),
        (by_hand(b"\x00\x3c\x64"), "cannot be read as MIDI"),
        (by_hand(b"\x00\x90\x3c\xe4\x00"), "cannot be read as MIDI"),
        (by_hand(b"\x00\xff\x51\x01\x01"), "cannot be read as MIDI"),
        (by_hand(b"\x00" + b"\xff" * 1_000_000), "a number without end"),
        (by_hand(b"\x00\x90\x3c\x64" + b"\xff\xff\xff\x7f\x80\x3c\x00"), "lasts longer than 4 hours"),
        (by_hand(b"\x00\x90\x3c\x64" + b"\xff" * 200 + b"\x7f\x80\x3c\x00"), "lasts longer than 4 hours"),
        (by_hand(b"\x00\x90\x3c\x64" * 600 + b"\x83\x60\x80\x3c\x00"), "600 notes sound at once; at most 512"),
        (b"MThd" + bytes(LARGEST), "has 4.0 MB, and a MIDI file of more than 4 MB is not read"),
    ],
)
def test_a_hostile_file_is_one_clear_line(tmp_path, content, complaint):
    path = tmp_path / "bad.mid"
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        read_midi(path)
    assert str(error.value).startswith(f"{path}: ")
    assert complaint in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_what_is_no_file_or_no_family_is_told(tmp_path):
    with pytest.raises(DataError, match="cannot be read as MIDI"):
        read_midi(tmp_path / "missing.mid")
    with pytest.raises(DataError, match="cannot be read as MIDI"):
        read_midi(tmp_path)
    with pytest.raises(UsageError, match="'kazoo' is unknown"):
        read_midi(saved(tmp_path / "a.mid", [on(60), off(60)]), family="kazoo")


def test_without_mido_it_is_told(tmp_path, monkeypatch):
    path = saved(tmp_path / "a.mid", [on(60), off(60)])
    monkeypatch.setitem(sys.modules, "mido", None)
    with pytest.raises(UsageError, match="pip install mido"):
        read_midi(path)


@pytest.mark.filterwarnings("ignore")
def test_damaged_files_are_read_or_refused(tmp_path):
    """A hundred files with a few bytes changed or missing: notes or a DataError, and nothing else."""
    draw = random.Random(0)
    track = [program(19), control(64, 127), on(60), on(64), off(60), off(64, 0), control(64, 0)] * 4
    whole = saved(tmp_path / "a.mid", track).read_bytes()
    path = tmp_path / "damaged.mid"
    refused = 0
    for _ in range(100):
        data = bytearray(whole)
        for _ in range(draw.randint(1, 5)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        path.write_bytes(data[: draw.randint(1, len(data))] if draw.random() < 0.3 else data)
        try:
            assert read_midi(path)
        except DataError:
            refused += 1
    assert 10 < refused < 100


LONG = """
import sys
from nsynthlib.playing import read_midi
notes = read_midi(sys.argv[1])
print(len(notes), round(notes[-1].end), peak())
"""


@pytest.mark.linux
def test_a_hundred_thousand_notes_of_an_hour_are_read_within_a_gigabyte(tmp_path):
    path = tmp_path / "long.mid"
    one = (bytes((0, pitch, 100, 35, pitch, 0)) for pitch in (40 + number % 30 for number in range(100_000)))
    path.write_bytes(by_hand(b"\x00\x90" + b"".join(one)[1:]))  # 35 ticks at 120 beats a minute are 36.46 ms
    count, end, kilobytes = map(int, in_python("-c", PEAK + LONG, path).stdout.split())
    assert (count, end) == (100_000, 3646)
    assert kilobytes < 1_000_000
