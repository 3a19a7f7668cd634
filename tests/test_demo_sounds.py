"""A voice, drums and a phrase: formants by linear prediction, strokes where the beats are, pitches where written."""

import librosa
import numpy as np
import pytest
import torch
from helpers import RATE
from scipy.signal import butter, find_peaks, sosfiltfilt

from nsynthlib.audio.pitch import midi_to_hz
from nsynthlib.errors import UsageError
from nsynthlib.synthesis import FM, drum_loop, formant_speech, phrase


@pytest.mark.parametrize("make", [formant_speech, drum_loop, phrase])
def test_a_sound_is_of_the_books_form_and_the_same_each_time(make):
    sound = make()
    assert sound.dtype == torch.float32
    assert sound.dim() == 1
    assert 2 * RATE <= len(sound) <= 4 * RATE
    assert sound.abs().max().item() == pytest.approx(10 ** (-3 / 20), abs=1e-6)
    assert sound.isfinite().all()
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    again = make()
    torch.set_num_threads(threads)
    assert torch.equal(sound, again)


# Speech


def formants(sound, order):
    """Resonances in hertz that linear prediction finds, those narrower than 400 Hz."""
    low = librosa.resample(sound, orig_sr=RATE, target_sr=7200)
    flat = np.append(low[0], low[1:] - 0.9 * low[:-1]) * np.hamming(len(low))
    roots = np.roots(librosa.lpc(flat, order=order))
    hertz, width = np.angle(roots) * 7200 / (2 * np.pi), -np.log(np.abs(roots)) * 7200 / np.pi
    return np.sort(hertz[(hertz > 100) & (width < 400)])


@pytest.mark.parametrize(
    ("vowel", "measured"),  # Peterson and Barney 1952, table II, men
    [
        ("a", (730, 1090, 2440)),
        ("e", (530, 1840, 2480)),
        ("i", (270, 2290, 3010)),
        ("o", (570, 840, 2410)),
        ("u", (300, 870, 2240)),
    ],
)
def test_a_vowel_has_its_formants(vowel, measured):
    alone = formant_speech(vowel).numpy().astype(float)[1600:6400]
    assert formants(alone, 8) == pytest.approx(measured, rel=0.08)
    after = formant_speech("s" + vowel + "a").numpy().astype(float)[RATE // 4 + 1600 : RATE // 4 + 6400]
    assert formants(after, 8) == pytest.approx(measured, rel=0.08)


def test_the_hiss_is_noise_above_four_kilohertz():
    sound = formant_speech("asa").numpy()
    power = np.abs(np.fft.rfft(sound[int(0.54 * RATE) : int(0.71 * RATE)])) ** 2
    hertz = np.fft.rfftfreq(int(0.71 * RATE) - int(0.54 * RATE), 1 / RATE)
    assert power[hertz > 3900].sum() > 0.99 * power.sum()
    frames = librosa.feature.spectral_flatness(S=power[None, hertz > 4500].T ** 0.5, power=2)
    assert frames.item() > 0.3  # white noise has about 0.56, a vowel's harmonics less than 0.01


def test_the_voices_pitch_falls_from_above_to_below():
    f0, voiced, _ = librosa.pyin(formant_speech("aiueo", f0=120).numpy(), fmin=60, fmax=300, sr=RATE)
    heard = f0[voiced]
    assert len(heard) > 0.9 * len(f0)
    assert np.median(heard) == pytest.approx(120, rel=0.05)
    assert heard[:8].mean() > 1.15 * np.median(heard)
    assert heard[-8:].mean() < 0.9 * np.median(heard)


@pytest.mark.parametrize("says", ["", "xylophone", 5])
def test_a_letter_without_a_sound_is_named(says):
    with pytest.raises(UsageError, match=r"says is .*; it must be a row of the letters a, e, i, o, u, s"):
        formant_speech(says)


def test_a_voice_has_a_pitch_a_voice_can_have():
    with pytest.raises(UsageError, match="f0 is 20; it must be from 50 to 400 Hz"):
        formant_speech("a", f0=20)


# Drums


def strokes(sound, low, high):
    """Seconds at which the level between ``low`` and ``high`` hertz jumps."""
    band = sosfiltfilt(butter(2, (low, high), "bandpass", fs=RATE, output="sos"), np.tile(sound.numpy(), 2))
    level = np.sqrt(np.convolve(band**2, np.ones(160) / 160, "same"))
    jumps, _ = find_peaks(np.maximum(np.diff(level), 0), height=0.3 * np.diff(level).max(), distance=1600)
    second = jumps[(jumps >= len(sound) - 400) & (jumps < 2 * len(sound) - 400)]  # the loop's second turn
    return (second - len(sound)) / RATE


@pytest.mark.parametrize("tempo", [90, 120])
def test_drums_fall_on_their_beats(tempo):
    beat = 60 / tempo
    sound = drum_loop(tempo=tempo, bars=1)
    assert len(sound) == round(4 * beat * RATE)
    assert strokes(sound, 40, 140) == pytest.approx([0, 2 * beat, 2.5 * beat], abs=0.02)
    assert strokes(sound, 150, 380)[-1] == pytest.approx(3 * beat, abs=0.02)
    assert strokes(sound, 6500, 7900) == pytest.approx(np.arange(8) * beat / 2, abs=0.02)


def test_what_rings_at_a_loops_end_is_heard_at_its_beginning():
    sound = drum_loop(tempo=240, bars=1)  # the last kick is struck 0.375 s before the end
    assert sound[0].abs() > 1e-3  # a stroke itself begins at zero
    assert (sound[0] - sound[-1]).abs() < 0.02


@pytest.mark.parametrize(("wrong", "message"), [({"tempo": 0}, "tempo is 0"), ({"bars": 1.5}, "bars 1.5 is no whole")])
def test_a_loop_that_cannot_be_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        drum_loop(**wrong)


# Phrase

MELODY = ["E4", "A4", "B4", "C5", "A4", "B4", "D5", "B4", "C5"]
BEGINS = np.array([0, 1, 1.5, 2, 3.5, 4, 5, 5.5, 6]) / 2  # seconds
CHORDS = [("A2", "C4"), ("F2", "F4"), ("G2", "G4"), ("C3", "E4")]  # one a second


def level_near(sound, hertz):
    """Of the partial within 20 cents of ``hertz``, and beside it, 60 to 100 cents away, in dB."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 2**17))
    away = np.abs(1200 * np.log2(np.fft.rfftfreq(2**17, 1 / RATE)[1:] / hertz))
    inside, beside = spectrum[1:][away < 20].max(), spectrum[1:][(away > 60) & (away < 100)].max()
    return 20 * np.log10(inside), 20 * np.log10(beside)


def test_the_melody_is_the_one_written():
    sound = phrase(FM(attack=0.005, index=0.1, release=0.15)).numpy()  # nearly sines: no partial poses as a note
    for name, begin in zip(MELODY, BEGINS, strict=True):
        piece = sound[int((begin + 0.03) * RATE) : int((begin + 0.25) * RATE)]
        inside, beside = level_near(piece, midi_to_hz(librosa.note_to_midi(name)))
        assert inside > beside + 6, name
    absent = level_near(sound[: RATE // 2], midi_to_hz(librosa.note_to_midi("B4")))[0]
    assert absent < level_near(sound[: RATE // 2], midi_to_hz(librosa.note_to_midi("E4")))[0] - 20


def test_the_chords_are_the_ones_written():
    sound = phrase().numpy()
    for second, names in enumerate(CHORDS):
        piece = sound[int((second + 0.05) * RATE) : int((second + 0.95) * RATE)]
        for name in names:
            inside, beside = level_near(piece, midi_to_hz(librosa.note_to_midi(name)))
            assert inside > beside + 6, name


def test_a_phrase_ends_in_silence():
    assert phrase()[-100:].abs().max() < 1e-2
    assert phrase()[-1].abs() < 1e-6
