"""Sounds that are not what they seem: rates, channels, levels and pitches, against formulas; and names that are not."""

import json
import shutil
import struct
import subprocess
import warnings

import numpy as np
import pytest
import soundfile
import torch
from helpers import harmonics, in_python, noise_notes, rms, sine

from nsynthlib import LogMel, NSynth, read_own_sound
from nsynthlib.audio.encoding import encode_wav
from nsynthlib.audio.pitch import estimate_pitch, midi_to_hz
from nsynthlib.cli import app
from nsynthlib.data import ConversionWarning, check, pack, write_notes, write_wav
from nsynthlib.data.own_sound import own_labels
from nsynthlib.errors import DataError, UsageError
from nsynthlib.widgets.modules import WEB

PCM = np.rint(0.3 * 32767 * harmonics(262, 3)).astype("<i2")


@pytest.fixture
def folder(tmp_path):
    """One good note."""
    write_notes(tmp_path / "notes", noise_notes(["organ_synthetic_000"], [60]))
    return tmp_path / "notes"


@pytest.mark.parametrize("rate", [44_101, 22_254, 11_127, 5513, 192_001, 48_000])
def test_any_rate_is_resampled_well(tmp_path, rate):
    """A sine stays that sine: what differs from the formula lies 80 dB below it."""
    soundfile.write(tmp_path / "a.wav", sine(1000, 0.5, rate=rate), rate, subtype="FLOAT")
    with pytest.warns(ConversionWarning, match=f"resampled from {rate} to 16000 Hz"):
        audio = read_own_sound(tmp_path / "a.wav").numpy()
    middle = slice(2000, 60_000)
    assert rms((audio - sine(1000, 0.5))[middle]) < 1e-4 * rms(audio[middle])


@pytest.mark.linux
def test_an_odd_rate_takes_little_memory(tmp_path):
    """In a process that the system stops at 700 MB more than the libraries took."""
    soundfile.write(tmp_path / "a.wav", sine(440, 0.5, rate=44_101), 44_101)
    code = """if True:
        import resource, sys, soxr, soundfile
        from nsynthlib import read_own_sound
        taken = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + 7 * 10**8, taken + 7 * 10**8))
        print(len(read_own_sound(sys.argv[1])))
    """
    assert in_python("-c", code, tmp_path / "a.wav").stdout == "64000\n"


@pytest.mark.parametrize("rate", [1, 999, 2_000_000_000])
def test_a_rate_that_no_sound_has_is_refused(tmp_path, rate):
    content = encode_wav(sine(440, 0.5), 16_000)  # the rate stands at byte 24
    (tmp_path / "a.wav").write_bytes(content[:24] + struct.pack("<I", rate) + content[28:])
    with pytest.raises(DataError, match=rf"a\.wav: its header tells {rate} Hz.* \(1000 to 1000000 Hz are read"):
        read_own_sound(tmp_path / "a.wav")


def test_channels_that_cancel_are_told_and_one_is_used(tmp_path):
    tone = 0.3 * harmonics(262, 3)
    soundfile.write(tmp_path / "a.wav", np.stack([tone, -0.97 * tone], 1), 16_000, subtype="FLOAT")
    with pytest.warns(ConversionWarning, match=r"a\.wav: its 2 channels cancel each other .* channel 1 alone is used"):
        audio = read_own_sound(tmp_path / "a.wav")
    np.testing.assert_allclose(audio.numpy(), tone, atol=1e-6)


@pytest.mark.parametrize("right", [0.0, 1.0, 0.5])
def test_other_channels_are_mixed(tmp_path, right):
    left, other = 0.3 * harmonics(262, 3), sine(1000, 0.1) * right
    soundfile.write(tmp_path / "a.wav", np.stack([left, other], 1), 16_000, subtype="FLOAT")
    with pytest.warns(ConversionWarning, match="2 channels mixed to one"):
        audio = read_own_sound(tmp_path / "a.wav")
    np.testing.assert_allclose(audio.numpy(), (left + other) / 2, atol=1e-6)


MIX = """const { mixChannels } = await import(process.argv[1]);
const { readFileSync } = await import("node:fs");
const { audio, alone } = mixChannels(JSON.parse(readFileSync(0)).map((one) => Float32Array.from(one)));
console.log(JSON.stringify([Array.from(audio), alone]));"""


@pytest.mark.skipif(shutil.which("node") is None, reason="runs the page's module in node")
@pytest.mark.parametrize("weights", [(1,), (1, -1), (1, -0.9), (1, 0), (0, 1), (1, 1), (0, 1, -1)])
def test_the_page_mixes_channels_as_the_package_does(tmp_path, weights):
    channels = np.outer(weights, 0.25 * harmonics(262, 3, 0.2)).astype(np.float32)
    command = ["node", "--no-warnings", "--input-type=module", "-e", MIX, WEB / "page" / "channels.mjs"]
    done = subprocess.run(command, input=json.dumps(channels.tolist()), capture_output=True, text=True, check=True)
    audio, alone = json.loads(done.stdout)
    soundfile.write(tmp_path / "a.wav", channels.T, 16_000, subtype="FLOAT")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        package = read_own_sound(tmp_path / "a.wav").numpy()
    np.testing.assert_allclose(package[:3000], audio[:3000], atol=1e-7)
    assert any(f"channel {alone} alone" in str(line.message) for line in told) == (alone > 0)
    assert (alone > 0) == (min(weights) < 0)


def decaying(pitch):
    hertz = midi_to_hz(pitch)
    partials = harmonics(hertz, max(1, min(5, int(7900 / hertz)))) * np.exp(-np.arange(64_000) / 16_000)
    return torch.from_numpy((0.3 * partials).astype(np.float32))


@pytest.mark.parametrize("pitch", [*range(16, 114, 8), 113])
def test_a_pitch_within_reach_is_heard(pitch):
    assert estimate_pitch(decaying(pitch)) == pytest.approx(pitch, abs=0.25)


@pytest.mark.parametrize("pitch", [*range(9, 16), *range(114, 120)])
def test_a_pitch_out_of_reach_is_refused(pitch):
    with pytest.raises(DataError, match=r"no pitch is heard .* outside the MIDI numbers 16 to 113"):
        estimate_pitch(decaying(pitch))


UNPITCHED = {
    "noise": lambda: 0.3 * torch.randn(64_000),
    "noise of one step": lambda: (0.7 * torch.randn(64_000)).round() / 32768,
    "brown noise": lambda: torch.randn(64_000).cumsum(0) / 1000,
    "a constant": lambda: torch.full((64_000,), 0.3),
    "one click": lambda: (torch.arange(64_000) == 30_000).float(),
}


@pytest.mark.parametrize("kind", UNPITCHED)
def test_what_has_no_pitch_is_refused(kind):
    torch.manual_seed(0)
    with pytest.raises(DataError, match="no pitch is heard"):
        estimate_pitch(UNPITCHED[kind]())


def test_the_refusal_names_the_file_and_the_option(tmp_path):
    torch.manual_seed(0)
    with pytest.raises(DataError, match=r"hiss\.wav: no pitch is heard .*; add --pitch"):
        own_labels(tmp_path / "hiss.wav", 0.1 * torch.randn(64_000), family="flute")


def loud(note, times):
    soundfile.write(note.path, times * sine(440), 16_000, subtype="FLOAT")


def test_floats_a_little_beyond_full_scale_are_clipped_and_told(folder, tmp_path):
    note = NSynth(folder)[0]
    loud(note, 1.25)
    (fault,) = check(folder)
    assert not fault.harmless
    assert "clipped: it reaches 1.25 times full scale; divide" in str(fault)
    with pytest.warns(
        ConversionWarning, match="32-bit float samples, .* reaches 1.25 times full scale and was clipped"
    ):
        samples = note.samples
    np.testing.assert_array_equal(samples, np.clip(np.rint(1.25 * sine(440) * 32768), -32768, 32767))


@pytest.mark.parametrize("times", [10, 32_767])
def test_floats_far_beyond_full_scale_are_refused(folder, tmp_path, times):
    loud(NSynth(folder)[0], times)
    (line,) = map(str, check(folder))
    assert f"reaches {times:,}.0 times full scale; divide its samples by as much" in line
    with pytest.raises(DataError, match=r"reaches .* times full scale"):
        pack(NSynth(folder), tmp_path / "set.safetensors")
    assert not (tmp_path / "set.safetensors").exists()


@pytest.mark.parametrize("times", [1.25, 10, 32_767])
def test_an_own_sound_beyond_full_scale_is_turned_down_as_a_whole(tmp_path, times):
    tone = 0.5 * harmonics(262, 3)
    soundfile.write(tmp_path / "a.wav", times / np.abs(tone).max() * tone, 16_000, subtype="FLOAT")
    level = 20 * np.log10(times)
    with pytest.warns(ConversionWarning, match=rf"reaches {times:,.2f} times full scale.*down by {level:.2g} dB"):
        audio = read_own_sound(tmp_path / "a.wav").numpy()
    np.testing.assert_allclose(audio, tone / np.abs(tone).max(), atol=1e-6)


def test_integers_are_no_amplitudes():
    with pytest.raises(UsageError, match="divide int16 by 32768"):
        LogMel()(torch.from_numpy(PCM))


@pytest.mark.parametrize("name", ["note.mp3", "note.flac", "note", "note.wav.txt"])
def test_a_name_that_promises_another_format_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match=rf"{name}: is written as WAV; name a file that ends in \.wav"):
        write_wav(tmp_path / name, torch.zeros(10))
    assert list(tmp_path.iterdir()) == []


def test_the_commands_refuse_such_a_name_before_they_work(tmp_path, folder):
    own = NSynth(folder)[0].path
    for command in (
        ("generate", tmp_path / "a.mp3", "--pitch", 60, "--family", "organ"),
        ("reconstruct", own, tmp_path / "a.flac"),
        ("evaluate", "shipped", folder, "--json", tmp_path / "a.csv"),
        ("data", "pack", folder, tmp_path / "a.wav"),
    ):
        with pytest.raises(UsageError, match="name a file that ends in"):
            app([str(argument) for argument in command], standalone_mode=False)
    write_wav(tmp_path / "A.WAV", torch.zeros(10))
    assert soundfile.info(tmp_path / "A.WAV").format == "WAV"
