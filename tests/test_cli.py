"""The command line, as a user meets it: files, exit codes, one line for every mistake."""

import hashlib
import json
import shutil
import socket

import numpy as np
import pytest
import soundfile
from helpers import command_line as run
from helpers import harmonics, in_python
from midi_files import off, on, program, saved
from scipy.io import wavfile

from nsynthlib import FAMILIES, NSynth
from nsynthlib.data.sets import POCKET


def test_generate_is_the_same_file_in_every_process(tmp_path):
    options = ("--pitch", 60, "--family", "organ", "--velocity", 100, "--seed", 0)
    run("generate", tmp_path / "a.wav", *options)
    in_python("-m", "nsynthlib", "generate", tmp_path / "b.wav", *options)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    rate, samples = wavfile.read(tmp_path / "a.wav")
    assert (rate, samples.dtype, samples.shape) == (16_000, np.int16, (64_000,))
    peak = 20 * np.log10(np.abs(samples.astype(float)).max() / 32768)
    assert -40 <= peak <= 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.wav", "b.wav"]


def test_several_pitches_become_a_file_each(tmp_path):
    """The same files as one by one."""
    run("generate", tmp_path / "chord.wav", "--pitch", "C4,e4,67", "--family", "reed")
    run("generate", tmp_path / "one.wav", "--pitch", 64, "--family", "reed")
    names = ["chord-060.wav", "chord-064.wav", "chord-067.wav", "one.wav"]
    assert sorted(p.name for p in tmp_path.iterdir()) == names
    assert (tmp_path / "chord-064.wav").read_bytes() == (tmp_path / "one.wav").read_bytes()


def test_a_midi_file_is_played_and_what_is_left_out_is_told(tmp_path):
    track = [program(19), on(60), on(40, channel=9), off(60, 960), off(40, 0, channel=9), on(12), off(12, 480)]
    saved(tmp_path / "song.mid", track)
    output, errors = run("melody", tmp_path / "song.mid", tmp_path / "song.wav")
    assert output == f"{tmp_path / 'song.wav'}: 2.5 s, 2 notes of organ, 2 of them different\n"
    assert "notes outside MIDI numbers 24 to 96, moved by octaves (1)" in errors
    assert "drums on channel 10, skipped (1)" in errors
    rate, samples = wavfile.read(tmp_path / "song.wav")
    assert (rate, len(samples)) == (16_000, 40_000)
    saved(tmp_path / "drums.mid", [on(40, channel=9), off(40, channel=9)])
    _, errors = run("melody", tmp_path / "drums.mid", tmp_path / "song.wav", code=1)
    assert errors.splitlines()[-1].endswith("drums.mid: holds no note to play, only drums or effects")
    assert len(wavfile.read(tmp_path / "song.wav")[1]) == 40_000  # what was there is still there
    _, errors = run("melody", tmp_path / "song.wav", tmp_path / "other.wav", code=1)
    assert errors == f"nsynthlib: {tmp_path / 'song.wav'}: is no MIDI file (it does not begin with MThd)\n"


def test_notes_are_morphed_and_transposed(tmp_path, pocket_notes):
    paths = []
    for note in [n for n in pocket_notes if n.family in ("reed", "string")][:2]:
        paths.append(tmp_path / f"{note.name}.wav")
        wavfile.write(paths[-1], 16_000, note.samples)
    run("morph", *paths, tmp_path / "morph.wav", "--steps", 3)
    assert len(wavfile.read(tmp_path / "morph.wav")[1]) == 3 * 64_000
    run("transpose", paths[0], tmp_path / "up.wav", "--by", 7, "--to-family", "organ")
    assert len(wavfile.read(tmp_path / "up.wav")[1]) == 64_000
    _, errors = run("transpose", paths[0], tmp_path / "far.wav", "--by", 100, code=2)
    assert "which is no MIDI number" in errors
    assert len(errors.strip().splitlines()) == 1


def test_an_instrument_is_written_whole_or_not_at_all(tmp_path):
    output, _ = run("export-sfz", tmp_path / "sampler", "--family", "bass", "--step", 12)
    assert output == f"{tmp_path / 'sampler' / 'bass.sfz'}: 35 samples\n"
    _, errors = run("export-sfz", tmp_path / "sampler", "--family", "bass", code=2)
    assert "exists already" in errors
    _, errors = run("export-sfz", tmp_path / "other", "--family", "kazoo", code=2)
    assert "'kazoo' is unknown" in errors
    assert [p.name for p in tmp_path.iterdir()] == ["sampler"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["generate", "x.wav", "--pitch", 128, "--family", "organ"], "pitch 128"),
        (["generate", "x.wav", "--pitch", 60, "--family", "kazoo"], "family 'kazoo'"),
        (["generate", "x.wav", "--pitch", 60, "--family", "organ", "--model", "nowhere"], "'nowhere' holds no CVAE"),
        (["generate", "no/such/folder/x.wav", "--pitch", 60, "--family", "organ"], "no/such/folder is no folder"),
        (["generate", "x.wav", "--pitch", "C4,,E4", "--family", "organ"], "--pitch"),
        (["generate", "x.wav", "--pitch", "high", "--family", "organ"], "--pitch"),
        (["train", "gan", "notes", "--out", "run"], "'gan' is unknown"),
        (["sing"], "No such command"),
        ([], "Missing command"),
    ],
)
def test_bad_use_is_one_line_and_exit_2(arguments, complaint):
    _, errors = run(*arguments, code=2)
    assert complaint in errors
    assert len(errors.strip().splitlines()) == 1


def test_bad_data_is_one_line_and_exit_1(tmp_path):
    _, errors = run("train", "cvae", tmp_path, "--out", tmp_path / "run", code=1)
    assert errors.startswith("nsynthlib: ")
    assert "holds neither examples.json nor a train set" in errors
    (tmp_path / "organ_electronic_001-060-100.wav").write_text("no sound")
    _, errors = run("reconstruct", tmp_path / "organ_electronic_001-060-100.wav", tmp_path / "out.wav", code=1)
    assert "cannot be read as sound" in errors
    assert not (tmp_path / "out.wav").exists()


def test_synthetic_notes_are_the_same_bytes_for_the_same_seed(tmp_path):
    for name in ("a", "b"):
        run("data", "synthetic", tmp_path / name, "--notes", 11, "--seed", 4)
    first, second = (sorted((tmp_path / name).rglob("*.*")) for name in ("a", "b"))
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    assert {n.family for n in NSynth(tmp_path / "a")} == set(FAMILIES)
    _, errors = run("data", "synthetic", tmp_path / "a", "--notes", 11, code=2)
    assert "exists already" in errors


def test_a_set_is_checked_packed_and_trained_on(tmp_path):
    """Faults are listed on stdout with exit code 1; a packed set is a set like any other."""
    run("data", "synthetic", tmp_path / "my notes", "--notes", 22)
    assert run("data", "check", tmp_path / "my notes")[0].endswith("my notes: no faults\n")
    run("data", "pack", tmp_path / "my notes", tmp_path / "set.safetensors")
    assert run("data", "check", tmp_path / "set.safetensors")[0].endswith("set.safetensors: no faults\n")
    output, _ = run(
        "train", "ae", tmp_path / "set.safetensors", "--out", tmp_path / "run", "--epochs", 1, "--batch-size", 8
    )
    assert "validation error" in output

    first, second = NSynth(tmp_path / "my notes")[:2]
    soundfile.write(first.path, first.audio.numpy(), 16_000, subtype="PCM_24")
    output, _ = run("data", "check", tmp_path / "my notes")
    assert output.startswith("note: ")
    assert "24-bit samples, which are converted" in output
    second.path.write_text("no sound")
    output, errors = run("data", "check", tmp_path / "my notes", code=1)
    assert f"{second.name}.wav: cannot be read as WAV" in output
    assert errors.endswith("my notes: 1 fault\n")
    options = ("--out", tmp_path / "bad", "--epochs", 1, "--batch-size", 8)
    _, errors = run("train", "ae", tmp_path / "my notes", *options, code=1)
    assert f"{second.name}.wav: cannot be read as WAV" in errors
    second.path.unlink()
    shutil.copyfile(first.path, second.path)
    _, errors = run("train", "ae", tmp_path / "my notes", *options)
    assert f"{first.name}.wav: holds 24-bit samples, read as 16-bit" in errors


def test_the_pocket_set_becomes_a_folder(tmp_path, pocket_notes):
    run("data", "pocket", tmp_path / "pocket")
    notes = NSynth(tmp_path / "pocket")
    assert [n.name for n in notes] == [n.name for n in pocket_notes]
    np.testing.assert_array_equal(notes[7].samples, pocket_notes[7].samples)


def test_a_download_without_a_server_is_one_line(tmp_path):
    with socket.socket() as taken:  # bound, but not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        _, errors = run("data", "download", tmp_path / "nsynth", "--splits", "test", "--address", address, code=1)
    assert len(errors.strip().splitlines()) == 1
    assert "cannot be fetched" in errors
    _, errors = run("data", "download", tmp_path / "nsynth", "--splits", "test,tests", code=2)
    assert "split 'tests' is unknown" in errors


def test_a_real_note_is_reconstructed(tmp_path, real_notes):
    note = next(n for n in real_notes if n.family == "organ")
    _, errors = run("reconstruct", note.path, tmp_path / "out.wav")
    assert errors == ""
    rate, samples = wavfile.read(tmp_path / "out.wav")
    assert (rate, samples.shape) == (16_000, (64_000,))
    assert np.sqrt((samples / 32768.0) ** 2).mean() > 1e-3


def test_what_a_name_does_not_tell_is_estimated_and_said(tmp_path):
    tone = harmonics(330, 7, 1, 44_100)
    soundfile.write(tmp_path / "my note.wav", np.stack([tone, tone], 1) * 0.2, 44_100)
    _, errors = run("reconstruct", tmp_path / "my note.wav", tmp_path / "out.wav", code=2)
    assert "add --family" in errors
    _, errors = run("reconstruct", tmp_path / "my note.wav", tmp_path / "out.wav", "--family", "reed")
    for said in ("2 channels mixed", "resampled from 44100", "filled with silence", "estimated as 64", "taken as 100"):
        assert said in errors
    assert wavfile.read(tmp_path / "out.wav")[1].shape == (64_000,)


def test_from_notes_to_a_judged_model(tmp_path, synthetic_folder):
    """Train, evaluate, generate and export with a run of one's own."""
    notes = synthetic_folder
    output, _ = run("train", "cvae", notes, "--out", tmp_path / "run", "--epochs", 1, "--batch-size", 8)
    assert "validation error" in output
    _, errors = run("train", "cvae", notes, "--out", tmp_path / "run", code=2)
    assert "add --resume" in errors.replace("\n", " ")
    output, _ = run("train-classifier", notes, "--out", tmp_path / "classifier", "--epochs", 1)
    assert "right on validation: pitch" in output
    _, errors = run("train-classifier", notes, "--out", tmp_path / "classifier", code=2)
    assert "holds a classifier already" in errors
    options = ("--json", tmp_path / "result.json", "--limit", 1, "--classifier", tmp_path / "classifier")
    output, _ = run("evaluate", tmp_path / "run", notes, POCKET, "--real", notes, *options)
    assert "new notes model" in output
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["model"] == "CVAE"
    assert list(result["reconstruction"]) == list(result["sets"]) == ["valid", "pocket_notes", "nsynth"]
    assert list(result["reconstruction"]["valid"]) == ["real", "copy_synthesis", "smoothed_copy", "model", "refined"]
    weights = (tmp_path / "run" / "model.safetensors").read_bytes()
    assert result["weights"]["model.safetensors"] == hashlib.sha256(weights).hexdigest()
    assert set(result["judge_weights"]) == {"model.safetensors"}
    _, errors = run("evaluate", tmp_path / "run", notes, POCKET, POCKET, *options, code=2)
    assert "two sets are called 'pocket_notes'" in errors
    _, errors = run("evaluate", tmp_path / "run", notes, *options[:2], "--classifier", tmp_path, code=2)
    assert "holds no Classifier" in errors
    run("generate", tmp_path / "x.wav", "--pitch", 60, "--family", "organ", "--model", tmp_path / "run")
    _, errors = run("export", tmp_path / "page", "--model", tmp_path / "run")
    assert not errors  # the tracer, for one, warns of what it takes for a constant
    assert sorted(p.name for p in (tmp_path / "page").iterdir()) == [
        "cvae_decoder.onnx",
        "cvae_encoder.onnx",
        "manifest.json",
    ]
