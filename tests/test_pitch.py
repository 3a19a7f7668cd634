"""Pitch arithmetic and the pitch tracker, against librosa and against sines."""

import librosa
import numpy as np
import pytest
import torch
from helpers import harmonics

from nsynthlib.audio.pitch import estimate_pitch, hz_to_midi, midi_to_hz
from nsynthlib.errors import DataError


def test_midi_and_hertz_are_librosas():
    pitches = np.arange(128)
    ours = [midi_to_hz(p) for p in pitches]
    np.testing.assert_allclose(ours, librosa.midi_to_hz(pitches), rtol=1e-12)
    np.testing.assert_allclose([hz_to_midi(f) for f in ours], pitches, atol=1e-9)


@pytest.mark.parametrize("pitch", [28, 45.3, 60, 83.5, 96])
def test_a_sawtooth_is_heard_within_10_cents(pitch):
    f0 = midi_to_hz(pitch)
    saw = torch.from_numpy(0.3 * harmonics(f0, int(7000 / f0)))
    assert estimate_pitch(saw) == pytest.approx(pitch, abs=0.1)


def test_few_frames_hear_what_many_do(real_notes):
    """Every 128 ms as every 32, with librosa's own frames: the same pitches, and those that the notes are named for."""
    ours, many = [], []
    for note in real_notes[::2]:
        ours.append(estimate_pitch(note.audio))
        audio = note.audio.numpy().astype(float)
        hz = librosa.yin(audio, fmin=20.0, fmax=6000.0, sr=16_000, frame_length=4096, hop_length=512)
        level = librosa.feature.rms(y=audio, frame_length=4096, hop_length=512)[0]
        many.append(hz_to_midi(float(np.median(hz[level > level.max() * 10 ** (-30 / 20)]))))
    agree = np.abs(np.subtract(ours, many)) < 0.1
    assert agree.mean() > 0.9
    assert np.mean(np.abs(np.subtract(ours, [note.pitch for note in real_notes[::2]])) <= 0.5) > 0.9


def test_silence_has_no_pitch():
    with pytest.raises(DataError, match="silent"):
        estimate_pitch(torch.zeros(64_000))
