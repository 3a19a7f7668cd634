"""Any sound file becomes a note: what is done is told, what is good is left alone, and nothing clicks."""

import warnings

import numpy as np
import pytest
import soundfile
from hand import Hand, wav
from helpers import harmonics, rms, sine

import nsynthlib
from nsynthlib import pocket, read_own_sound
from nsynthlib.data import ConversionWarning
from nsynthlib.errors import DataError

RATE = 16_000


def told(path):
    """The note, and what was said."""
    with warnings.catch_warnings(record=True) as lines:
        warnings.simplefilter("always")
        note = read_own_sound(path).numpy()
    assert all(issubclass(line.category, ConversionWarning) for line in lines)
    return note, [str(line.message).removeprefix(f"{path}: ") for line in lines]


@pytest.fixture
def write(tmp_path):
    def write(audio, rate=RATE, name="a.wav", **how):
        soundfile.write(tmp_path / name, audio, rate, **how)
        return tmp_path / name

    return write


def test_it_is_a_name_of_the_package():
    assert nsynthlib.read_own_sound is read_own_sound
    assert "read_own_sound" in nsynthlib.__all__


def test_a_note_is_left_alone():
    """Sample for sample and without a word, also those that begin slowly."""
    for note in pocket():
        audio, lines = told(note.path)
        assert lines == []
        np.testing.assert_array_equal(audio, note.audio.numpy())


def test_real_notes_are_left_alone(real_notes):
    for note in real_notes:
        audio, lines = told(note.path)
        assert lines == []
        np.testing.assert_array_equal(audio, note.audio.numpy())


@pytest.mark.parametrize("noise", [0.0, 0.001])
def test_a_recording_that_begins_late_is_cut_at_its_onset(write, noise):
    """The onset lies 10 ms behind the new beginning, the room before it rises without a step."""
    rng = np.random.default_rng(0)
    tone = 0.3 * np.cos(2 * np.pi * 440 * np.arange(3 * RATE) / RATE)  # begins at its peak
    late = np.concatenate([np.zeros(20_000), tone]) + noise * rng.uniform(-1, 1, 68_000)
    audio, lines = told(write(late, subtype="FLOAT"))
    assert lines == ["1.24 s before the sound left out", "3.01 s filled with silence to 4 s"]
    assert np.abs(audio[:160]).max() <= noise
    np.testing.assert_allclose(audio[160:30_000], late[20_000:49_840], atol=1e-6)


def test_what_begins_soon_enough_is_not_touched(write):
    soon = np.concatenate([np.zeros(1500), sine(440, 0.3)[: 64_000 - 1500]])
    audio, lines = told(write(soon, subtype="FLOAT"))
    assert lines == []
    np.testing.assert_array_equal(audio, soon.astype(np.float32))


@pytest.mark.parametrize("seconds", [0.5, 3.0, 4.5, 10.0])
def test_no_cut_clicks(write, seconds):
    """A sine cut anywhere, on its way up: no step is larger than the sine's own, and only the last 10 ms are softer."""
    tone = sine(100.3, 0.5, seconds)
    audio, (line,) = told(write(tone, subtype="FLOAT"))
    change = "cut to" if seconds > 4 else "filled with silence to"
    assert line == f"{seconds:.2f} s {change} 4 s"
    end = min(64_000, len(tone))
    assert np.abs(np.diff(audio, append=0.0)).max() < 1.01 * np.abs(np.diff(tone)).max()
    np.testing.assert_allclose(audio[: end - 160], tone[: end - 160], atol=1e-6)
    assert not audio[end:].any()


@pytest.mark.parametrize("name", ["a.flac", "a.ogg", "a.mp3", "a.aiff"])
def test_other_formats_are_read(write, name):
    tone = 0.2 * harmonics(440, 4)
    audio, _ = told(write(tone, name=name))
    assert rms(audio[2000:60_000] - tone[2000:60_000]) < 0.1 * rms(tone)


def test_of_a_long_file_only_the_beginning_is_read(write):
    audio, lines = told(write(sine(440, 0.3, 100, 8000), 8000))
    assert lines == ["resampled from 8000 to 16000 Hz", "100.00 s cut to 4 s"]
    assert rms(audio[1000:-1000]) == pytest.approx(0.3 / np.sqrt(2), rel=1e-3)


@pytest.mark.parametrize(
    ("audio", "complaint"),
    [
        (np.zeros(64_000), "is silent .* record it louder"),
        (1e-5 * harmonics(440, 3), "is silent .* record it louder"),
        (np.concatenate([np.zeros(31 * RATE), sine(440, 0.3)]), "is silent for 30 s .*cut that off"),
        (sine(440, 0.3)[:800], r"is 0\.050 s long; a note needs 0\.1 s"),
        (np.full(64_000, np.nan), "holds values that are not numbers"),
        (np.zeros(0), "no samples"),
    ],
)
def test_what_is_no_note_is_refused(write, audio, complaint):
    path = write(audio, subtype="FLOAT")
    with pytest.raises(DataError, match=rf"a\.wav: .*{complaint}"):
        read_own_sound(path)


def test_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "empty.mp3").touch()
    (tmp_path / "text.flac").write_text("hello")
    (tmp_path / "bare.raw").write_bytes(bytes(128_000))
    with pytest.raises(DataError, match=r"bare\.raw: cannot be read as sound \(raw samples"):
        read_own_sound(tmp_path / "bare.raw")
    for name, complaint in {"": "is not a file", "no.wav": "is missing", "empty.mp3": "is empty"}.items():
        with pytest.raises(DataError, match=f"{complaint}.*; name a sound file"):
            read_own_sound(tmp_path / name)
    with pytest.raises(DataError, match=r"text\.flac: cannot be read as sound \([A-Z][a-z ]+\)"):
        read_own_sound(str(tmp_path / "text.flac"))


def test_the_page_tells_what_it_does_too(pages, visit):
    """A stereo file whose channels cancel, 3.5 times as loud as can be: one channel, turned down to full scale."""
    hand = Hand(visit(), f"{pages}/stft.html")
    tone = 2.4 * harmonics(262, 3, 1.0, 44_100)
    hand.page.set_input_files(".nn-file", wav(np.stack([tone, -tone], 1), 44_100))
    _, after = hand.settled()
    status = hand.view.locator(".nn-own-status").inner_text()
    assert status.startswith("mine.wav: 1.00 s. Its channels cancel each other when mixed; channel 1 alone is used.")
    assert "times full scale and was turned down by 10." in status
    audio, _ = after["sounds"]["Original"]
    assert 0.99 < np.abs(audio).max() <= 1
    assert hand.window.complaints == []
