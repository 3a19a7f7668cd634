"""NSynth's layout: reading real notes, refusing bad ones, writing new ones."""

import json
import wave

import numpy as np
import pytest
import torch
from scipy.io import wavfile

from nsynthlib import NSynth
from nsynthlib.data import FAMILIES, Rendered, labels_of, parse_name, write_notes, write_wav
from nsynthlib.errors import DataError, UsageError


def rendered(name="synth_lead_synthetic_007", pitch=60, velocity=100):
    audio = 0.5 * torch.sin(torch.arange(64_000) * 0.1)
    return Rendered(name, 7, pitch, velocity, audio)


@pytest.fixture
def folder(tmp_path):
    """A set of four notes of two instruments."""
    notes = [rendered(name, pitch) for name in ("organ_synthetic_000", "organ_synthetic_001") for pitch in (50, 60)]
    write_notes(tmp_path / "notes", notes)
    return tmp_path / "notes"


def edit(folder, change):
    index = folder / "examples.json"
    entries = json.loads(index.read_text())
    change(entries)
    index.write_text(json.dumps(entries))


def test_every_real_note_is_read_sample_for_sample(real_notes):
    """Against the standard library's own WAV reader."""
    assert len(real_notes) == 61
    for note in real_notes:
        with wave.open(str(note.path)) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        assert note.audio.dtype == torch.float32
        np.testing.assert_array_equal(note.audio.numpy() * 32768, samples)


def test_real_labels(real_notes):
    note = next(n for n in real_notes if n.name == "organ_electronic_028-048-050")
    assert (note.pitch, note.velocity, note.family, note.source) == (48, 50, "organ", "electronic")
    assert note.instrument == "organ_electronic_028"
    assert len({n.instrument for n in real_notes}) == 40
    assert len({n.family for n in real_notes}) == 10


def test_the_complete_index_loads_without_its_audio(nsynth_folder):
    notes = NSynth(nsynth_folder / "metadata" / "nsynth-test.examples.json")
    assert len(notes) == 4096
    assert len(notes.filter(family="bass")) == 843
    assert len(notes.filter(family="synth_lead")) == 0
    with pytest.raises(DataError, match=r"-\d{3}\.wav is missing"):
        _ = notes[0].audio


def test_names_are_split_from_the_right():
    assert parse_name("synth_lead_synthetic_011-071-127") == ("synth_lead_synthetic_011", "synth_lead", 71, 127)
    for wrong in ("organ", "organ_electronic_001-060", "kazoo_acoustic_001-060-100", "organ_electronic_001-200-100"):
        with pytest.raises(ValueError, match=r"."):
            parse_name(wrong)


def test_written_notes_are_read_back(folder):
    notes = NSynth(folder)
    assert [n.name for n in notes][:2] == ["organ_synthetic_000-050-100", "organ_synthetic_000-060-100"]
    torch.testing.assert_close(notes[0].audio, rendered().audio, atol=0.5 / 32768, rtol=0)
    entry = json.loads((folder / "examples.json").read_text())["organ_synthetic_001-060-100"]
    assert entry["instrument_family"] == FAMILIES.index("organ") == 6
    assert entry["instrument_source_str"] == "synthetic"
    assert labels_of(notes)["pitch"].tolist() == [50, 60, 50, 60]
    assert repr(notes) == "NSynth('notes': 4 notes, 2 instruments)"


def test_filter_and_split(folder):
    notes = NSynth(folder)
    assert len(notes.filter(pitch=range(55, 70), family=("organ", "reed"))) == 2
    with pytest.raises(UsageError, match="no label 'colour'"):
        notes.filter(colour="red")
    learn, check = notes.split(seed=1)
    assert len(learn) == len(check) == 2
    assert not {n.instrument for n in learn} & {n.instrument for n in check}
    assert notes.split(seed=1) == (learn, check)


def test_writing_is_all_or_nothing(tmp_path):
    def broken():
        yield rendered()
        raise RuntimeError("the lights went out")

    with pytest.raises(RuntimeError):
        write_notes(tmp_path / "notes", broken())
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UsageError, match="two notes are named"):
        write_notes(tmp_path / "notes", [rendered(), rendered()])
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_left_alone(folder):
    before = sorted(folder.rglob("*"))
    with pytest.raises(UsageError, match="exists already"):
        write_notes(folder, [rendered()])
    assert sorted(folder.rglob("*")) == before


def test_wav_is_clipped_not_wrapped(tmp_path):
    write_wav(tmp_path / "x.wav", torch.tensor([2.0, -2.0, 0.5]))
    _, samples = wavfile.read(tmp_path / "x.wav")
    assert samples.tolist() == [32767, -32768, 16384]


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda e: e.clear(), "holds no notes"),
        (lambda e: e["organ_synthetic_000-050-100"].update(pitch=51), "contradict its name"),
        (lambda e: e["organ_synthetic_000-050-100"].pop("velocity"), "lacks labels"),
        (lambda e: e.update({"tuba_acoustic_001-060-100": {}}), "lacks labels|is not <family>"),
    ],
)
def test_a_bad_index_is_named(folder, spoil, complaint):
    edit(folder, spoil)
    with pytest.raises(DataError, match=complaint) as error:
        NSynth(folder)
    assert "examples.json" in str(error.value)


def test_a_broken_or_missing_index_is_named(tmp_path):
    with pytest.raises(DataError, match=r"examples\.json is missing"):
        NSynth(tmp_path)
    (tmp_path / "examples.json").write_text("{")
    with pytest.raises(DataError, match="cannot be read as JSON"):
        NSynth(tmp_path)


def stereo(path):
    wavfile.write(path, 16_000, np.zeros((64_000, 2), np.int16))


def floating(path):
    wavfile.write(path, 16_000, np.zeros(64_000, np.float32))


def wrong_rate(path):
    wavfile.write(path, 22_050, np.zeros(64_000, np.int16))


def short(path):
    wavfile.write(path, 16_000, np.zeros(1000, np.int16))


def truncated(path):
    path.write_bytes(path.read_bytes()[:5000])


def not_sound(path):
    path.write_text("hello")


def empty(path):
    path.write_bytes(b"")


@pytest.mark.parametrize("spoil", [stereo, floating, wrong_rate, short, truncated, not_sound, empty])
def test_a_bad_file_is_named(folder, spoil):
    note = NSynth(folder)[0]
    spoil(note.path)
    with pytest.raises(DataError) as error:
        _ = note.audio
    assert str(note.path) in str(error.value)
    assert "\n" not in str(error.value)
