"""What an explorer computes where a kernel runs, asked as its front end asks; and players."""

import base64
import io
import re
import subprocess
import sys
import wave

import librosa
import numpy as np
import pytest
import soundfile
import torch

from nsynthlib.generation import decode
from nsynthlib.models import CVAE
from nsynthlib.widgets import cvae_explorer, player, players, stft_explorer

RATE = 16_000


@pytest.fixture(scope="module")
def note() -> np.ndarray:
    """A decaying tone with five partials, float32 [64000]."""
    time = np.arange(64_000) / RATE
    return (0.2 * np.exp(-time) * sum(np.sin(2 * np.pi * 261.6 * k * time) / k for k in range(1, 6))).astype(np.float32)


@pytest.fixture(scope="module")
def model() -> CVAE:
    return CVAE.from_pretrained()


def settings(explorer) -> dict:
    """What the front end reads from the traits."""
    return {
        name: explorer.choices[name][getattr(explorer, name)] if name in explorer.choices else getattr(explorer, name)
        for name in explorer.settings
    }


def ask(explorer, want: str, monkeypatch, **changed) -> tuple[dict, bytes]:
    """Sends a message as the front end does, and gives the answer and its buffer."""
    sent = []
    monkeypatch.setattr(type(explorer), "send", lambda _, content, buffers=None: sent.append((content, buffers)))
    request = {"type": "compute", "id": "7", "want": want, "settings": settings(explorer) | changed}
    explorer._handle_custom_msg(request, [])
    [(content, buffers)] = sent
    assert content["id"] == "7"
    return content, buffers[0] if buffers else b""


def read_wav(data: bytes) -> np.ndarray:
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


def rms(audio: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.asarray(audio, np.float64) ** 2)))


def test_spectrogram_answers_with_librosas_picture(note, monkeypatch):
    explorer = stft_explorer(note, hop_length=128, n_fft=512).explorer
    answer, data = ask(explorer, "picture", monkeypatch)
    expected = np.abs(librosa.stft(note, n_fft=512, hop_length=128, pad_mode="constant")) / 128
    assert (answer["rows"], answer["cols"]) == expected.shape
    assert answer["hop"] == 128 / RATE
    level = np.frombuffer(data, np.uint8).reshape(expected.shape) / 255 * 80 - 80
    error = np.abs(level - np.clip(20 * np.log10(expected + 1e-12), -80, 0))
    assert error[level > -60].max() < 0.5 * 80 / 255 + 0.01  # half of one of 255 steps
    assert error.max() < 0.5  # near the floor the note's 16 bits are heard too


def test_every_place_of_a_control_means_its_label(note):
    widget = stft_explorer(note)
    assert settings(widget.explorer) == {"hop_length": 256, "window": "hann", "n_fft": 1024, "phase": "pghi"}
    for name, control in widget.controls.items():
        values = widget.explorer.choices[name]
        if name == "phase":
            assert list(zip(control.options, values, strict=True)) == [
                ("kept", "kept"),
                ("thrown away, PGHI", "pghi"),
                ("thrown away, Griffin-Lim 32", "griffin-lim"),
            ]
        else:
            assert list(control.options) == values
        assert control.index == getattr(widget.explorer, name)


def test_sound_with_phase_is_the_note_itself(note, monkeypatch):
    answer, data = ask(stft_explorer(note, phase="kept").explorer, "sound", monkeypatch)
    assert np.abs(read_wav(data) - note).max() < 2 / 32768
    assert answer["rms"] == pytest.approx(rms(note), rel=1e-3)
    assert answer["turned_down"] == 0


@pytest.mark.parametrize("phase", ["pghi", "griffin-lim"])
def test_sound_without_phase_keeps_its_level(note, monkeypatch, phase):
    """Another waveform, as loud within 0.5 dB."""
    answer, data = ask(stft_explorer(note, phase=phase).explorer, "sound", monkeypatch)
    sound = read_wav(data)
    assert np.abs(sound - note).max() > 0.01
    assert abs(20 * np.log10(rms(sound) / rms(note))) < 0.5
    assert answer["rms"] == pytest.approx(rms(sound), rel=1e-2)


def test_softer_note_stays_softer(note, monkeypatch):
    loud, soft = (ask(stft_explorer(x).explorer, "sound", monkeypatch)[0]["rms"] for x in (note, note / 10))
    assert 20 * np.log10(loud / soft) == pytest.approx(20, abs=0.1)


@pytest.mark.parametrize(
    ("changed", "words"), [({"hop_length": 1024, "n_fft": 256}, "hop_length 1024 must"), ({"window": "x"}, "unknown")]
)
def test_impossible_settings_are_refused_in_one_line(note, monkeypatch, changed, words):
    answer, _ = ask(stft_explorer(note).explorer, "picture", monkeypatch, **changed)
    assert words in answer["error"]
    assert "\n" not in answer["error"]


def test_cvae_answers_with_the_models_picture_and_sound(model, monkeypatch):
    widget = cvae_explorer(model)
    explorer = widget.explorer
    answer, data = ask(explorer, "picture", monkeypatch, pitch=48, family="flute", velocity=75)
    expected = decode(model, torch.zeros(model.latent_dim), 48, "flute", 75)
    assert (answer["rows"], answer["cols"]) == tuple(expected.shape)
    level = np.frombuffer(data, np.uint8).reshape(expected.shape) / 255 * 80 - 80
    assert np.abs(level - expected.numpy()).max() < 0.5 * 80 / 255 + 0.01
    _, file = ask(explorer, "sound", monkeypatch)
    sound = read_wav(file)
    assert len(sound) == 64_000
    assert rms(sound) > 1e-3


@pytest.mark.parametrize("name", ["x", "y", "point"])
def test_latent_controls_move_the_point(model, monkeypatch, name):
    explorer = cvae_explorer(model).explorer
    before, after = (ask(explorer, "picture", monkeypatch, **{name: value})[1] for value in (0, 2))
    assert before != after


def test_widgets_say_what_they_are(note, model):
    """Without an address, so that a stored chapter stays true."""
    assert repr(stft_explorer(note)) == "STFTExplorer(64000 samples, 16000 Hz)"
    assert repr(cvae_explorer(model)) == f"CVAEExplorer(11 families, {model.latent_dim} latent dimensions)"
    assert repr(stft_explorer(note).explorer) == "STFTPicture(stft)"


@pytest.mark.parametrize(("name", "value"), [("hop_length", 100), ("phase", "none")])
def test_start_that_no_control_has_is_named(note, name, value):
    with pytest.raises(ValueError, match=f"{name} {value!r} is not offered"):
        stft_explorer(note, **{name: value})


def test_player_tells_its_level():
    """A sine of amplitude 0.5 peaks at -6.0 dBFS and has an RMS 3.0 dB below."""
    sine = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    assert repr(player(sine, "A4")) == "Player('A4': 1.00 s, peak -6.0 dBFS, RMS -9.0 dBFS)"
    assert repr(players({"one": sine, "two": sine / 2})).count("\n") == 1


def test_players_sound_is_as_loud_as_the_note(note):
    """MP3 changes the RMS by less than 0.5 dB, whatever it is; nothing is normalised."""
    for gain in (1.0, 0.05):
        page = player(torch.from_numpy(gain * note), 'organ <"C4">')._repr_html_()
        assert "organ &lt;&quot;C4&quot;&gt;" in page
        assert 'organ <"C4">' not in page
        data = re.search(r'src="data:audio/mpeg;base64,([^"]+)"', page)
        sound, rate = soundfile.read(io.BytesIO(base64.b64decode(data[1])))
        assert rate == RATE
        assert abs(20 * np.log10(rms(sound) / rms(gain * note))) < 0.5


@pytest.mark.parametrize(
    ("audio", "words"),
    [
        (np.array([0.0, 1.5]), "reaches 1.5, beyond full scale; divide it by 1.5"),
        (np.array([0.0, np.nan]), "not finite"),
        (np.zeros((2, 3)), r"\[2, 3\]"),
        (np.zeros(0), r"\[0\]"),
    ],
    ids=["clips", "not a number", "two channels", "empty"],
)
@pytest.mark.parametrize("make", [lambda audio: player(audio, "x"), stft_explorer], ids=["player", "explorer"])
def test_what_cannot_be_played_is_refused(make, audio, words):
    with pytest.raises(ValueError, match=words):
        make(audio)


def test_package_needs_no_widget_library_to_train():
    """Everything below widgets imports where ipywidgets, anywidget, soundfile and librosa are missing."""
    code = """
import sys
for name in ("ipywidgets", "anywidget", "soundfile", "librosa"):
    sys.modules[name] = None
import nsynthlib.data, nsynthlib.generation, nsynthlib.plots, nsynthlib.spectral, nsynthlib.training
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
