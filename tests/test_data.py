"""NSynth's layout: reading real notes, refusing bad ones, writing new ones."""

import json
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from helpers import in_python, sine
from scipy.io import wavfile
from torch.utils.data import DataLoader

from nsynthlib import NSynth
from nsynthlib.data import (
    FAMILIES,
    SOURCES,
    VELOCITIES,
    ConversionWarning,
    NewNote,
    NoteDataset,
    held_out,
    index_entry,
    labels_of,
    load_samples,
    official,
    parse_name,
    read_own_sound,
    train_and_valid,
    write_notes,
    write_wav,
)
from nsynthlib.errors import DataError, UsageError


def new_note(name="synth_lead_synthetic_007", pitch=60, velocity=100):
    audio = 0.5 * torch.sin(torch.arange(64_000) * 0.1)
    return NewNote(name, 7, pitch, velocity, audio)


@pytest.fixture
def folder(tmp_path):
    """A set of four notes of two instruments."""
    notes = [new_note(name, pitch) for name in ("organ_synthetic_000", "organ_synthetic_001") for pitch in (50, 60)]
    write_notes(tmp_path / "notes", notes)
    return tmp_path / "notes"


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
    labels = parse_name("synth_lead_synthetic_011-071-127")
    assert labels == ("synth_lead_synthetic_011", "synth_lead", "synthetic", 71, 127)
    for wrong in ("organ", "organ_electronic_001-060", "kazoo_acoustic_001-060-100", "organ_electronic_001-200-100"):
        with pytest.raises(ValueError, match=r"."):
            parse_name(wrong)


def test_written_notes_are_read_back(folder):
    notes = NSynth(folder)
    assert [n.name for n in notes][:2] == ["organ_synthetic_000-050-100", "organ_synthetic_000-060-100"]
    torch.testing.assert_close(notes[0].audio, new_note().audio, atol=0.5 / 32768, rtol=0)
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
        yield new_note()
        raise RuntimeError("the lights went out")

    with pytest.raises(RuntimeError):
        write_notes(tmp_path / "notes", broken())
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UsageError, match="two notes are named"):
        write_notes(tmp_path / "notes", [new_note(), new_note()])
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_left_alone(folder):
    before = sorted(folder.rglob("*"))
    with pytest.raises(UsageError, match="exists already"):
        write_notes(folder, [new_note()])
    assert sorted(folder.rglob("*")) == before


def test_wav_is_clipped_not_wrapped(tmp_path):
    write_wav(tmp_path / "x.wav", torch.tensor([2.0, -2.0, 0.5]))
    _, samples = wavfile.read(tmp_path / "x.wav")
    assert samples.tolist() == [32767, -32768, 16384]


@pytest.fixture
def many(tmp_path):
    """An index without sounds: 12 organs, 12 reeds and one flute, pitches 50-59, two velocities."""
    instruments = [f"{family}_synthetic_{n:03d}" for family in ("organ", "reed") for n in range(12)]
    instruments.append("flute_acoustic_000")
    names = [f"{i}-{p:03d}-{v:03d}" for i in instruments for p in range(50, 60) for v in (25, 127)]
    (tmp_path / "examples.json").write_text(json.dumps({n: index_entry(n, i, 0) for i, n in enumerate(names)}))
    return NSynth(tmp_path)


def test_no_instrument_is_on_both_sides(many):
    learn, check = many.split("instrument", fraction=0.25, seed=1)
    assert not {n.instrument for n in learn} & {n.instrument for n in check}
    assert sorted(n.name for part in (learn, check) for n in part) == [n.name for n in many]
    families = [n.family for n in check]
    assert {f: families.count(f) for f in families} == {"organ": 3 * 20, "reed": 3 * 20}  # a lone flute stays
    assert many.split("instrument", 0.25, seed=1) == (learn, check)
    assert len({tuple(n.name for n in many.split(seed=s)[1]) for s in range(5)}) > 1


def test_no_pitch_of_an_instrument_is_on_both_sides(many):
    learn, check = many.split("pitch", fraction=0.2, seed=3)
    pairs = [{(n.instrument, n.pitch) for n in part} for part in (learn, check)]
    assert not pairs[0] & pairs[1]
    assert {n.instrument for n in learn} == {n.instrument for n in check} == {n.instrument for n in many}
    assert len(pairs[1]) == 25 * 2
    assert len(check) == 25 * 2 * 2  # both velocities


def test_a_split_that_cannot_be_made_is_told(many):
    with pytest.raises(UsageError, match="split by 'colour' is unknown; choose one of instrument, pitch"):
        many.split("colour")
    with pytest.raises(UsageError, match=r"fraction 1\.5 is out of range"):
        many.split(fraction=1.5)


def test_official_splits_are_used_as_they_are(tmp_path):
    for split in ("train", "nsynth-valid"):
        write_notes(tmp_path / split, [new_note(f"organ_synthetic_{len(split):03d}")])
    assert {k: v.folder.name for k, v in official(tmp_path).items()} == {"train": "train", "valid": "nsynth-valid"}
    learn, check = train_and_valid(tmp_path)
    assert (learn[0].instrument, check[0].instrument) == ("organ_synthetic_005", "organ_synthetic_012")
    assert sorted(held_out(tmp_path)) == ["unseen_pitches", "valid"]
    (tmp_path / "train" / "examples.json").unlink()
    with pytest.raises(DataError, match=r"neither examples\.json nor a train set"):
        train_and_valid(tmp_path)
    assert official(tmp_path / "train" / "audio") == {}


def test_a_train_split_alone_is_parted_by_instrument(tmp_path):
    write_notes(tmp_path / "train", [new_note(f"organ_synthetic_{i:03d}") for i in range(4)])
    write_notes(tmp_path / "test", [new_note("organ_synthetic_009")])
    learn, check = train_and_valid(tmp_path)
    assert (len(learn), len(check)) == (3, 1)
    assert not {n.instrument for n in learn} & {n.instrument for n in check}
    assert sorted(held_out(tmp_path)) == ["test", "unseen_pitches", "valid"]


def test_several_sources_are_learned_from_together(tmp_path):
    for number, name in enumerate(("one", "two")):
        write_notes(tmp_path / name, [new_note(f"organ_synthetic_{10 * number + i:03d}") for i in range(4)])
    learn, check = train_and_valid(tmp_path / "one", tmp_path / "two")
    alone = [train_and_valid(tmp_path / name) for name in ("one", "two")]
    assert [n.path for n in learn] == [n.path for part in alone for n in part[0]]
    assert [n.path for n in check] == [n.path for part in alone for n in part[1]]


def test_some_pitches_of_the_training_instruments_are_kept_for_judging(tmp_path):
    """Every instrument is still learned from, and no (instrument, pitch) is on both sides."""
    write_notes(
        tmp_path / "train", [new_note(f"organ_synthetic_{i:03d}", pitch=p) for i in (1, 2) for p in range(60, 66)]
    )
    write_notes(tmp_path / "valid", [new_note("organ_synthetic_003")])
    learn, _ = train_and_valid(tmp_path)
    unseen = held_out(tmp_path)["unseen_pitches"]
    assert {n.instrument for n in learn} == {n.instrument for n in unseen}
    assert len(learn) + len(unseen) == 12
    assert not {(n.instrument, n.pitch) for n in learn} & {(n.instrument, n.pitch) for n in unseen}


def test_a_data_loader_reads_with_workers(folder):
    notes = NSynth(folder)
    batches = list(DataLoader(NoteDataset(notes), batch_size=3, num_workers=2))
    assert [b["audio"].shape for b in batches] == [(3, 64_000), (1, 64_000)]
    torch.testing.assert_close(batches[1]["audio"][0], notes[3].audio, rtol=0, atol=0)
    assert batches[0]["pitch"].tolist() == [50, 60, 50]
    assert batches[0]["name"] == [n.name for n in notes[:3]]


def test_every_bad_note_counts_in_training(folder):
    """None is left out: with one bad file its fault is told, with several how many there are."""
    notes = NSynth(folder)
    notes[1].path.write_bytes(notes[1].path.read_bytes()[:5000])
    with pytest.raises(DataError, match=r"000-060-100\.wav: cannot be read as WAV"):
        load_samples(notes)
    notes[3].path.write_bytes(b"")
    with pytest.raises(DataError, match=r"000-060-100\.wav: .* so are 1 more: `nsynthlib data check` names them all"):
        load_samples(notes)


@pytest.mark.parametrize(
    ("subtype", "step"),
    [("PCM_24", 2**-15), ("PCM_32", 2**-15), ("FLOAT", 2**-15), ("DOUBLE", 2**-15), ("PCM_U8", 2**-7)],
)
def test_other_widths_are_converted_and_said(folder, subtype, step):
    """Written by libsndfile, read back to within one step of the coarser of the two widths."""
    note = NSynth(folder)[0]
    audio = note.audio
    soundfile.write(note.path, audio.numpy(), 16_000, subtype=subtype)
    with pytest.warns(ConversionWarning, match=r"000-050-100\.wav: holds \d+-bit.* samples, read as 16-bit"):
        converted = note.audio
    torch.testing.assert_close(converted, audio, rtol=0, atol=step)


@pytest.mark.parametrize("write", [Path.write_text, None])
def test_flac_is_read_like_wav(folder, write):
    for note in NSynth(folder):
        samples = note.samples
        note.path.unlink()
        soundfile.write(note.path.with_suffix(".flac"), samples, 16_000)
    again = NSynth(folder)[-1]
    np.testing.assert_array_equal(again.samples, samples)
    if write:
        write(again.path, "hello")
        with pytest.raises(DataError, match=r"\.flac: cannot be read as FLAC"):
            _ = again.audio


@pytest.mark.parametrize(
    ("seconds", "rate", "channels", "told"),
    [
        (4.0, 16_000, 2, ["2 channels mixed to one"]),
        (4.0, 22_050, 1, ["resampled from 22050 to 16000 Hz"]),
        (5.5, 16_000, 1, ["5.50 s cut to 4 s"]),
        (1.25, 16_000, 1, ["1.25 s filled with silence to 4 s"]),
        (5.0, 8000, 2, ["2 channels mixed to one", "resampled from 8000 to 16000 Hz", "5.00 s cut to 4 s"]),
        (4.0, 16_000, 1, []),
    ],
    ids=["mixed", "resampled", "cut", "filled", "all", "nothing"],
)
def test_what_is_done_to_an_own_sound_is_told(tmp_path, recwarn, seconds, rate, channels, told):
    path = tmp_path / "mine.wav"
    tone = sine(440, 0.5, seconds, rate)
    soundfile.write(path, np.stack([tone, *[0 * tone] * (channels - 1)], 1), rate, subtype="FLOAT")
    audio = read_own_sound(path)
    assert [str(warning.message) for warning in recwarn] == [f"{path}: {line}" for line in told]
    assert {warning.category for warning in recwarn} <= {ConversionWarning}
    inside = slice(1000, min(int(seconds * 16_000), 64_000) - 1000)  # a filter's ends lie outside
    np.testing.assert_allclose(audio.numpy()[inside], sine(440, 0.5 / channels)[inside], atol=1e-3)
    assert audio.shape == (64_000,)
    assert not audio[int(seconds * 16_000) :].any()


def huge_index(path):
    """289,205 entries of 1,006 instruments, pitches 9-119, three quarters as long as NSynth's own (154 MB)."""
    instruments = [f"{FAMILIES[i % 11]}_{SOURCES[i % 3]}_{i:03d}" for i in range(1006)]
    pieces = []
    for n in range(289_205):
        cell = n // 1006
        name = f"{instruments[n % 1006]}-{9 + cell % 111:03d}-{VELOCITIES[cell // 111]:03d}"
        pieces.append(f'"{name}": {json.dumps(index_entry(name, n, n % 1006), indent=4)}')
    path.write_text("{" + ",\n".join(pieces) + "}")


@pytest.mark.linux
def test_the_whole_of_nsynths_index_opens_within_a_gigabyte(tmp_path):
    """In a process of its own, which the system stops at 1 GB more than the libraries took."""
    huge_index(tmp_path / "examples.json")
    code = """if True:
        import resource, sys
        from nsynthlib.data import NSynth
        taken = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + 10**9, taken + 10**9))
        notes = NSynth(sys.argv[1])
        learn, check = notes.split()
        organs = notes.filter(pitch=range(24, 85), family="organ")
        print(len(notes), len(learn) + len(check), len(organs), notes[-1].name)
    """
    total, parts, organs, last = in_python("-c", code, tmp_path).stdout.split()
    expected = sum(n % 1006 % 11 == 6 and 24 <= 9 + n // 1006 % 111 <= 84 for n in range(289_205))
    assert (int(total), int(parts), int(organs)) == (289_205, 289_205, expected)
    assert last.startswith("vocal_")
