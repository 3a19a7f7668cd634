"""What an explorer computes where a kernel runs, asked as its front end asks; and players."""

import base64
import io
import re
import wave

import librosa
import numpy as np
import pytest
import soundfile
import torch
from helpers import RATE, decaying_note, in_python, level_db, rms, settings_of, sine, strongest

from nsynthlib.audio.encoding import to_pcm16
from nsynthlib.errors import UsageError
from nsynthlib.generation import TEXTURE, decode
from nsynthlib.generation.pad import pad_of
from nsynthlib.spectral import MEL_SCALES, log_spectral_distance
from nsynthlib.widgets import abx, cvae_explorer, mel_explorer, player, players, sampling_explorer, stft_explorer
from nsynthlib.widgets.sampling import quantise, spectrum_db


@pytest.fixture(scope="module")
def note() -> np.ndarray:
    return decaying_note(5)


def ask(widget, want: str, own: tuple[bytes, ...] = (), **changed) -> dict:
    """Sends a message as the front end does, and gives the answer with its arrays in their places."""
    sent = []
    widget.send = lambda content, buffers=None: sent.append((content, buffers))
    request = {"type": "compute", "id": "7", "want": want, "settings": settings_of(widget) | changed}
    widget._handle_custom_msg(request, list(own))
    [(content, buffers)] = sent
    assert content["id"] == "7"
    arrays = zip(content.pop("arrays", []), buffers or [], strict=True)
    return content | {name: np.frombuffer(data, kind) for (name, kind), data in arrays}


def cells_of(answer: dict) -> np.ndarray:
    return answer["cells"].reshape(answer["rows"], answer["cols"])


def read_wav(answer: dict, rate: int = RATE) -> np.ndarray:
    with wave.open(io.BytesIO(answer["wav"].tobytes())) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, rate)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


def test_spectrogram_answers_with_librosas_spectrogram(note):
    answer = ask(stft_explorer(note, hop_length=128, n_fft=512, win_length=256).widget, "figure")
    spectrum = librosa.stft(note, n_fft=512, hop_length=128, win_length=256, pad_mode="constant")
    expected = np.abs(spectrum) / 64  # half the sum of a Hann window of 256 samples
    assert answer["hop"] == 128 / RATE
    level = cells_of(answer) / 255 * 80 - 80
    error = np.abs(level - np.clip(20 * np.log10(expected + 1e-12), -80, 0))
    assert error[level > -50].max() < 0.5 * 80 / 255 + 0.01  # half of one of 255 steps
    assert error.max() < 0.5  # near the floor the note's 16 bits are heard too


def test_linear_display_tells_its_scale(note):
    answer = ask(stft_explorer(note, display="linear").widget, "figure")
    expected = np.abs(librosa.stft(note, n_fft=1024, hop_length=256, pad_mode="constant")) / 256
    assert answer["top"] == pytest.approx(expected.max(), rel=1e-3)
    assert np.abs(cells_of(answer) / 255 * answer["top"] - expected).max() < answer["top"] / 255


def test_every_place_of_a_control_means_its_label(note):
    widget = stft_explorer(note)
    start = {"n_fft": 1024, "win_length": 0, "hop_length": 256, "window": "hann", "n_iter": 32}
    assert settings_of(widget.widget) == start | {"phase": "pghi", "display": "decibels"}
    for name, control in widget.controls.items():
        if name == "n_iter":
            assert control.value == 32
            continue
        values = widget.widget.choices[name]
        labels = [label for label, _ in control.options] if name not in ("window", "display") else control.options
        assert control.index == getattr(widget.widget, name)
        if name in ("n_fft", "hop_length"):
            assert labels == [f"{value} samples" for value in values]
        elif name in ("window", "display"):
            assert list(labels) == values
        else:
            assert [value for _, value in control.options] == values


@pytest.mark.parametrize("make", [stft_explorer, mel_explorer], ids=["STFT", "mel"])
def test_original_is_the_note_itself(note, make):
    answer = ask(make(note).widget, "original")
    assert np.abs(read_wav(answer) - note).max() < 1 / 32768
    assert answer["reduction_db"] == 0


def test_sound_with_phase_is_the_note_itself(note):
    answer = ask(stft_explorer(note, phase="kept").widget, "sound")
    assert np.abs(read_wav(answer) - note).max() < 2 / 32768
    assert answer["rms"] == pytest.approx(rms(note), rel=1e-3)
    assert answer["reduction_db"] == 0


@pytest.mark.parametrize("phase", ["pghi", "griffin-lim", "pghi, griffin-lim"])
def test_sound_without_phase_keeps_its_level(note, phase):
    """Another waveform, as loud within 0.5 dB."""
    answer = ask(stft_explorer(note, phase=phase).widget, "sound")
    sound = read_wav(answer)
    assert np.abs(sound - note).max() > 0.01
    assert abs(level_db(sound) - level_db(note)) < 0.5
    assert answer["rms"] == pytest.approx(rms(sound), rel=1e-2)


def test_softer_note_stays_softer(note):
    loud, soft = (ask(stft_explorer(x).widget, "sound")["rms"] for x in (note, note / 10))
    assert 20 * np.log10(loud / soft) == pytest.approx(20, abs=0.1)


def test_more_iterations_come_nearer(note):
    """Griffin and Lim's steps are the slider's: the spectrogram of the sound approaches the spectrogram."""
    explorer = stft_explorer(note, phase="griffin-lim").widget

    def distance(steps: int) -> float:
        sound = read_wav(ask(explorer, "sound", n_iter=steps))
        wanted, found = (np.abs(librosa.stft(x, n_fft=1024, hop_length=256)) for x in (note, sound))
        return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))

    assert distance(1) > 1.5 * distance(8) > 2 * distance(64)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"hop_length": 1024, "n_fft": 256}, "hop_length 1024 must"),
        ({"win_length": 2048}, "win_length 2048 must lie between 2 and n_fft"),
        ({"hop_length": 512, "win_length": 512}, "leaves gaps between the windows"),
        ({"window": "x"}, "unknown"),
    ],
    ids=["hop", "window length", "gaps", "window"],
)
def test_impossible_settings_are_refused_in_one_line(note, changed, words):
    answer = ask(stft_explorer(note).widget, "figure", **changed)
    assert words in answer["error"]
    assert "\n" not in answer["error"]


@pytest.mark.parametrize("scale", MEL_SCALES)
def test_mel_answers_with_librosas_spectrogram(note, scale):
    widget = mel_explorer(note, n_mels=64, mel_scale=scale, f_min=100, f_max=4000)
    answer = ask(widget.widget, "figure")
    bank = librosa.filters.mel(sr=RATE, n_fft=2048, n_mels=64, fmin=100, fmax=4000, htk=scale == "htk", norm=None)
    expected = bank @ np.abs(librosa.stft(note, n_fft=2048, hop_length=512, pad_mode="constant")) / 512
    level = cells_of(answer) / 255 * 80 - 80
    assert np.abs(level - np.clip(20 * np.log10(expected + 1e-12), -80, 0))[level > -60].max() < 0.2
    assert len(answer["corners"]) == 66
    assert answer["corners"][[0, -1]] == pytest.approx([100, 4000])
    assert answer["empty"] == (bank.max(1) == 0).sum()


def test_fewer_bands_keep_less_of_the_sound(note):
    explorer = mel_explorer(note).widget

    def distance(bands: int) -> float:
        sound = read_wav(ask(explorer, "sound", n_mels=bands))
        return float(log_spectral_distance(torch.from_numpy(note), torch.from_numpy(sound.astype(np.float32))))

    assert distance(16) > distance(80) + 1 > distance(512) + 2


def test_empty_range_is_refused(note):
    answer = ask(mel_explorer(note).widget, "figure", f_min=4000, f_max=2000)
    assert answer["error"] == "the lowest frequency (4000 Hz) must lie below the highest (2000 Hz)"


def test_own_sound_takes_the_place_of_the_example(note):
    """It comes with the message, and nothing of it stays behind."""
    explorer = stft_explorer(note).widget
    own = (np.sin(np.arange(8000)) * 16384).astype("<i2")
    before = explorer.get_state()
    answer = ask(explorer, "original", own=(own.tobytes(),))
    assert np.array_equal(read_wav(answer) * 32768, own)
    assert ask(explorer, "figure", own=(own.tobytes(),))["cols"] == 1 + 8000 // 256
    assert explorer.get_state() == before


def test_own_sound_that_is_too_long_is_refused(note):
    answer = ask(stft_explorer(note).widget, "figure", own=(bytes(2 * 4 * RATE + 2),))
    assert answer["error"] == "the sound is longer than 4 s"


@pytest.mark.parametrize(("frequency", "heard"), [(1000, 1000), (3500, 3500), (5000, 3000), (9000, 1000)])
def test_sampled_sine_folds_at_half_the_sample_rate(frequency, heard):
    explorer = sampling_explorer(sample_rate=8000, bits=16).widget
    answer = ask(explorer, "figure", frequency=frequency)
    assert abs(answer["alias"]) == heard
    assert answer["spectrum"].argmax() * 4000 / (len(answer["spectrum"]) - 1) == pytest.approx(heard, abs=1)
    assert answer["spectrum"].max() == pytest.approx(-6, abs=0.1)
    sound = read_wav(ask(explorer, "sound", frequency=frequency), 8000)
    assert strongest(sound, 8000) == pytest.approx(heard, abs=1)
    original = read_wav(ask(explorer, "original", frequency=frequency), 48_000)
    assert strongest(original, 48_000) == pytest.approx(frequency, abs=1)


def test_alias_runs_through_the_same_samples():
    answer = ask(sampling_explorer(sample_rate=8000, bits=16).widget, "figure", frequency=5000)
    at = np.arange(24) / 8000 / answer["span"] * (len(answer["curve"]) - 1)
    for curve in ("curve", "folded"):
        through = np.interp(at, np.arange(len(answer[curve])), answer[curve])
        assert np.abs(through - answer["samples"]).max() < 1e-3


def test_offered_sounds_travel_without_loss(note):
    """As 16-bit files at their own rate, under the names that the reader presses."""
    other = sine(300, 0.5, 1).astype(np.float32)
    files = sampling_explorer({"a note": note, "a sine": other}, 22_050).widget.sounds
    assert list(files) == ["a note", "a sine"]
    for file, sound in zip(files.values(), (note, other), strict=True):
        samples, rate = soundfile.read(io.BytesIO(file), dtype="int16")
        assert rate == 22_050
        np.testing.assert_array_equal(samples, to_pcm16(sound))
    assert sum(map(len, files.values())) < 0.8 * 2 * (len(note) + len(other))


@pytest.mark.parametrize(("sounds", "rate"), [({"a": np.zeros((2, 9))}, RATE), ({"a": [2.0]}, RATE), ({}, 100)])
def test_impossible_offered_sounds_are_refused(sounds, rate):
    with pytest.raises(UsageError, match=r"one channel|full scale|sample_rate"):
        sampling_explorer(sounds, rate)


@pytest.mark.parametrize("bits", [2, 4, 8, 16])
def test_quantiser_has_as_many_steps_as_its_bits(bits):
    full = np.sin(np.linspace(0, 2 * np.pi, 1_000_003))
    values = np.unique(quantise(full, bits, dither=False))
    assert len(values) == 2**bits
    assert np.abs(quantise(full, bits, False) - full)[full < 1 - 2.0 ** (1 - bits)].max() <= 2.0**-bits


def test_dither_makes_the_error_independent_of_the_sound():
    """Without it, 4 bits turn a soft sine into harmonics; with it, into even noise of a quarter of a square step."""
    step = 2.0**-3
    tone = 0.6 * step * np.sin(2 * np.pi * 1000 / 16_384 * np.arange(16_384))
    third = 3000  # the third harmonic's bin
    plain, dithered = (spectrum_db(quantise(tone, 4, dither)) for dither in (False, True))
    assert plain[third] - np.median(plain) > 40
    assert dithered[third] - np.median(dithered) < 12
    error = quantise(tone, 4, True) - tone
    assert error.mean() == pytest.approx(0, abs=0.02 * step)
    assert error.var() == pytest.approx(step**2 / 4, rel=0.05)


def test_abx_sounds_are_equally_loud(note):
    """Within 0.1 dB, neither of them louder than it was; the reader is told."""
    other = sine(300, 0.5, 3.75).astype(np.float32)
    test = abx({"note": note, "sine": other}, RATE, trials=12)
    first, second = (np.frombuffer(data, "<i2") / 32768 for data in (test.first, test.second))
    assert len(first) == len(second) == 60_000
    assert abs(level_db(first) - level_db(second)) < 0.1
    assert np.abs(first - note[:60_000]).max() < 2 / 32768
    less = level_db(other) - level_db(note[:60_000])
    assert test.matching == f"sine is turned down by {less:.1f} dB, to the other's RMS."


@pytest.mark.parametrize(
    ("sounds", "trials", "words"),
    [
        ({"a": np.ones(10) / 2}, 10, "compares two sounds, not 1"),
        ({"a": np.ones(10) / 2, "b": np.zeros(10)}, 10, "too soft to be matched"),
        ({"a": np.ones(10) / 2, "b": np.ones(10) / 2}, 0, "0 trials are not offered"),
    ],
    ids=["one sound", "silence", "no trials"],
)
def test_impossible_abx_is_refused(sounds, trials, words):
    with pytest.raises(ValueError, match=words):
        abx(sounds, RATE, trials)


def test_cvae_answers_with_the_models_spectrogram_and_sound(model):
    explorer = cvae_explorer(model).widget
    answer = ask(explorer, "figure", pitch=48, family="flute", velocity=75)
    expected = decode(model, pad_of(model, "flute").middle, 48, "flute", 75, TEXTURE)
    level = cells_of(answer) / 255 * 80 - 80  # colours reach 80 dB down, the spectrogram 100
    assert np.abs(level - expected.clamp_min(-80).numpy()).max() < 0.5 * 80 / 255 + 0.01
    assert answer["corners"][[0, -1]] == pytest.approx([0, RATE / 2])
    sound = read_wav(ask(explorer, "sound"))
    assert len(sound) == 64_000
    assert rms(sound) > 1e-3


@pytest.mark.parametrize("name", ["x", "y", "texture"])
def test_latent_controls_move_the_point(model, name):
    explorer = cvae_explorer(model).widget
    before, after = (ask(explorer, "figure", **{name: value})["cells"] for value in (0, 1))
    assert not np.array_equal(before, after)


def test_a_move_decodes_once(model):
    """The figure is asked for, then its sound; what was asked for before is not kept."""
    widget = cvae_explorer(model).widget
    ask(widget, "figure")  # the family's pad is found once
    calls = []
    handle = model.decoder.register_forward_hook(lambda *_: calls.append(1))
    for pitch, decoded in ((48, 1), (48, 1), (72, 2), (48, 3)):
        ask(widget, "figure", pitch=pitch)
        ask(widget, "sound", pitch=pitch)
        assert len(calls) == decoded
    handle.remove()


def test_stored_answers_are_those_to_the_settings_of_now(model):
    widget = cvae_explorer(model, stored=True).widget
    settings = settings_of(widget)
    assert list(widget.stored["settings"].items()) == list(settings.items())  # in their order: a page compares texts
    for want in ("figure", "sound"):
        answer, kept = widget.answer(want, settings), widget.stored[want]
        for (name, kind), data in zip(kept["arrays"], kept["buffers"], strict=True):
            assert np.array_equal(np.frombuffer(data, kind), np.ravel(answer.pop(name)))
        assert answer.items() <= kept.items()
    assert cvae_explorer(model).widget.stored == {}


def test_an_explorer_shows_the_controls_that_are_asked_for(model):
    assert list(cvae_explorer(model, controls=("family", "pitch")).controls) == ["family", "pitch"]
    with pytest.raises(ValueError, match="control 'colour' is not offered; choose one of family, pitch, velocity"):
        cvae_explorer(model, controls=["colour"])


def test_widgets_say_what_they_are(note, model):
    """Without an address, so that a stored chapter stays true."""
    assert repr(stft_explorer(note)) == "STFTExplorer(64000 samples, 16000 Hz)"
    assert repr(cvae_explorer(model)) == f"CVAEExplorer(11 families, {model.latent_dim} latent dimensions)"
    assert repr(mel_explorer(note)) == "MelExplorer(64000 samples, 16000 Hz)"
    assert repr(sampling_explorer()) == "SamplingExplorer(50 to 12000 Hz at 4000 to 48000 Hz)"
    assert repr(abx({"a": note, "b": note}, RATE, 5)) == "ABX(a | b: 5 trials)"
    assert repr(stft_explorer(note).widget) == "STFTWidget(stft)"


@pytest.mark.parametrize(("name", "value"), [("hop_length", 100), ("phase", "none"), ("n_iter", 0)])
def test_start_that_no_control_has_is_named(note, name, value):
    with pytest.raises(ValueError, match=f"{name} {value!r} is not offered"):
        stft_explorer(note, **{name: value})


def test_player_tells_its_level():
    """A sine of amplitude 0.5 peaks at -6.0 dBFS and has an RMS 3.0 dB below."""
    tone = sine(440, 0.5, 1)
    assert repr(player(tone, "A4")) == "Player('A4': 1.00 s, peak -6.0 dBFS, RMS -9.0 dBFS)"
    assert repr(players({"one": tone, "two": tone / 2})).count("\n") == 1


def test_players_sound_is_as_loud_as_the_note(note):
    """MP3 changes the RMS by less than 0.5 dB, whatever it is; nothing is normalised."""
    for gain in (1.0, 0.05):
        page = player(torch.from_numpy(gain * note), 'organ <"C4">')._repr_html_()
        assert "organ &lt;&quot;C4&quot;&gt;" in page
        assert 'organ <"C4">' not in page
        data = re.search(r'src="data:audio/mpeg;base64,([^"]+)"', page)
        sound, rate = soundfile.read(io.BytesIO(base64.b64decode(data[1])))
        assert rate == RATE
        assert abs(level_db(sound) - level_db(gain * note)) < 0.5


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
@pytest.mark.parametrize(
    "make",
    [lambda audio: player(audio, "x"), stft_explorer, mel_explorer, lambda audio: abx({"a": audio, "b": audio})],
    ids=["player", "STFT", "mel", "ABX"],
)
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
    in_python("-c", code)
