"""Sets with faults of a whole folder: each note has its own file, hidden files are nothing, one cause is told once."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers import noise_notes

from nsynthlib import NSynth
from nsynthlib.data import OFFICIAL, check, download, downloading, pack, train_and_valid, write_notes
from nsynthlib.errors import DataError
from nsynthlib.files import read_json

MARK = b"\xef\xbb\xbf"
NOWHERE = "http://127.0.0.1:9/"


@pytest.fixture
def folder(tmp_path):
    """Four good notes as WAV."""
    write_notes(tmp_path / "notes", noise_notes(["organ_synthetic_000", "flute_synthetic_001"], [50, 60]))
    return tmp_path / "notes"


def faults(folder):
    return [str(fault) for fault in check(folder)]


def as_flac(path, ending=".flac"):
    samples, rate = soundfile.read(path, dtype="int16")
    path.unlink()
    soundfile.write(path.with_suffix(ending), samples, rate, format="FLAC")


def sounds(folder):
    return sorted((folder / "audio").glob("[!.]*"))


@pytest.mark.parametrize("which", [[0], [3], [0, 1, 2], [0, 1, 2, 3]])
@pytest.mark.parametrize("ending", [".flac", ".FLAC"])
def test_each_note_is_read_from_the_file_it_has(folder, tmp_path, which, ending):
    before = [note.samples for note in NSynth(folder)]
    for i in which:
        as_flac(sounds(folder)[i], ending)
    sounds(folder)[0].rename(sounds(folder)[0].with_suffix(sounds(folder)[0].suffix.upper()))
    assert faults(folder) == []
    np.testing.assert_array_equal([note.samples for note in NSynth(folder)], before)
    np.testing.assert_array_equal([note.samples for note in NSynth(folder)[1:]], before[1:])
    packed = NSynth(pack(NSynth(folder), tmp_path / "set.safetensors"))
    np.testing.assert_array_equal([note.samples for note in packed], before)


def test_a_note_with_two_files_is_a_fault_and_wav_counts(folder):
    path = sounds(folder)[0]
    before = NSynth(folder)[0].samples
    soundfile.write(path.with_suffix(".flac"), np.zeros(64_000, np.int16), 16_000)
    (fault,) = faults(folder)
    assert f"{path.stem}: has two files, {path.stem}.flac and {path.stem}.wav; remove one" in fault
    np.testing.assert_array_equal(NSynth(folder)[0].samples, before)


@pytest.mark.parametrize("leftover", ["._{}.wav", "._{}.flac", ".{}.wav.partial", ".DS_Store"])
def test_hidden_files_count_for_nothing(folder, leftover):
    """In checking, and in reading, whatever the order in which the folder is listed."""
    before = [note.samples for note in NSynth(folder)]
    for path in sounds(folder)[:2]:
        as_flac(path)
    for i in range(200):
        (folder / "audio" / leftover.format(f"old{i}")).write_bytes(b"\0\5\x16\7")
    for path in sounds(folder):
        (folder / "audio" / leftover.format(path.stem)).write_bytes(b"\0\5\x16\7")
    assert faults(folder) == []
    np.testing.assert_array_equal([note.samples for note in NSynth(folder)], before)


def test_a_byte_order_mark_is_skipped(folder, tmp_path):
    index = folder / "examples.json"
    index.write_bytes(MARK + index.read_bytes())
    assert faults(folder) == []
    assert len(NSynth(folder)) == 4
    (tmp_path / "settings.json").write_bytes(MARK + b'{"kind": "cvae"}')
    assert read_json(tmp_path / "settings.json") == {"kind": "cvae"}


UNREADABLE = {
    "cut short": lambda content: content[:-50],
    "UTF-16": lambda content: content.decode().encode("utf-16"),
    "empty": lambda content: b"",
    "no entries": lambda content: b"{}",
    "a number too long": lambda content: b'{"a": ' + b"1" * 5000 + b"}",
}


@pytest.mark.parametrize("how", UNREADABLE)
def test_an_index_that_cannot_be_read_is_one_fault(folder, how):
    index = folder / "examples.json"
    index.write_bytes(UNREADABLE[how](index.read_bytes()))
    (fault,) = faults(folder)
    assert str(index) in fault
    with pytest.raises(DataError, match=r"examples\.json: (cannot be read as JSON|holds no notes)"):
        NSynth(folder)
    sounds(folder)[0].write_bytes(b"")  # another cause, which is told beside it
    assert len(faults(folder)) == 2


def test_an_index_that_is_missing_is_one_fault(folder):
    (folder / "examples.json").unlink()
    (fault,) = faults(folder)
    assert "examples.json is missing" in fault
    (fault,) = faults(folder / "nowhere")
    assert f"there is no folder {folder / 'nowhere'}" in fault


def test_what_follows_from_another_fault_is_not_told(folder):
    """No sounds at all, a name that is wrong, and silence: a line each."""
    index = folder / "examples.json"
    good = index.read_text()
    entries = json.loads(good)
    entries["my best note"] = dict(next(iter(entries.values())))
    index.write_text(json.dumps(entries))
    (fault,) = faults(folder)
    assert "'my best note' is not named" in fault
    index.write_text(good)
    for path in sounds(folder)[:3]:
        soundfile.write(path, np.zeros(64_000, np.int16), 16_000)
    assert len(faults(folder)) == 3
    for path in sounds(folder):
        path.unlink()
    (fault,) = faults(folder)
    assert "audio: holds no sounds; fetch the audio" in fault
    shutil.rmtree(folder / "audio")
    (fault,) = faults(folder)
    assert "audio is missing" in fault


@pytest.fixture
def extracted(folder, tmp_path, monkeypatch):
    """Four notes where an official split of four is looked for."""
    monkeypatch.setitem(downloading.OFFICIAL, "test", downloading.Split(4, OFFICIAL["test"].checksum))
    folder.rename(tmp_path / "nsynth-test")
    return tmp_path / "nsynth-test"


def cut(path):
    path.write_bytes(path.read_bytes()[:-50])


PARTLY = {
    "sounds are missing": (lambda f: sounds(f)[0].unlink(), "holds 4 entries and 3 sounds, not 4"),
    "only leftovers are there": (
        lambda f: sounds(f)[0].rename(f / "audio" / f"._{sounds(f)[0].name}"),
        "holds 4 entries and 3 sounds, not 4",
    ),
    "entries are missing": (
        lambda f: (f / "examples.json").write_text(
            json.dumps(dict(list(json.loads((f / "examples.json").read_text()).items())[:3]))
        ),
        "holds 3 entries and 4 sounds, not 4",
    ),
    "the index is cut": (lambda f: cut(f / "examples.json"), r"its index is not whole \(examples.json: cannot be read"),
    "no index": (lambda f: (f / "examples.json").unlink(), "holds no examples.json"),
    "no sounds": (lambda f: shutil.rmtree(f / "audio"), "its folder audio cannot be listed"),
}


@pytest.mark.parametrize("how", PARTLY)
def test_a_partly_extracted_split_is_not_taken_as_whole(extracted, how):
    spoil, complaint = PARTLY[how]
    assert len(download("test", extracted.parent, NOWHERE)) == 4
    spoil(extracted)
    with pytest.raises(DataError, match=rf"nsynth-test: {complaint}.*; remove it, and the same command fetches it"):
        download("test", extracted.parent, NOWHERE)
    assert extracted.exists()  # nobody's files are removed for them


@pytest.mark.parametrize("opens", [NSynth, train_and_valid])
@pytest.mark.parametrize("name", ["", "nowhere"])
def test_a_folder_without_index_says_what_can_be_done(tmp_path, opens, name):
    with pytest.raises(DataError, match=r"name a folder of notes, or get one: `nsynthlib data pocket`") as error:
        opens(Path(tmp_path) / name)
    assert str(tmp_path / name) in str(error.value)
