"""Tuning, against tones whose tuning is known and the pitch tracker on real notes."""

import numpy as np
import pytest
import torch
from helpers import seeded

from nsynthlib.audio.pitch import midi_to_hz
from nsynthlib.audio.tuning import measure_tuning
from nsynthlib.data import labels_of, load_samples
from nsynthlib.evaluation.trackers import heard_pitch


def tone(pitch: float, partials: int = 6) -> torch.Tensor:
    time = torch.arange(64_000) / 16_000
    orders = (k for k in range(1, partials + 1) if k * midi_to_hz(pitch) < 8000)
    return 0.1 * sum(torch.sin(2 * torch.pi * k * midi_to_hz(pitch) * time) / k for k in orders)


@pytest.mark.parametrize("cents", [-42, -17, 0, 8, 35])
def test_a_tones_tuning_is_measured_to_two_cents(cents):
    pitches = torch.tensor([30, 48, 60, 79, 96, 108])
    audio = torch.stack([tone(pitch + cents / 100) for pitch in pitches.tolist()])
    assert measure_tuning(audio, pitches).tolist() == pytest.approx([cents] * 6, abs=2.01)


def test_noise_silence_and_another_pitch_have_no_tuning():
    noise = torch.randn(64, 64_000, generator=seeded())
    assert not measure_tuning(noise, torch.arange(64) + 40).any()
    assert not measure_tuning(torch.zeros(1, 64_000), torch.tensor([60])).any()
    assert not measure_tuning(tone(60.7)[None], torch.tensor([60])).any()  # 70 cents are nearer to 61


def test_a_note_does_not_depend_on_its_batch():
    audio, pitches = torch.stack([tone(60.1), tone(72.2)]), torch.tensor([60, 72])
    assert torch.equal(measure_tuning(audio, pitches)[:1], measure_tuning(audio[:1], pitches[:1]))


def test_real_notes_lie_where_the_tracker_hears_them(real_notes):
    labels = labels_of(real_notes)
    cents = measure_tuning(load_samples(real_notes).float() / 32768, labels["pitch"]).numpy()
    tracked = np.array([heard_pitch(note.audio) for note in real_notes]) - labels["pitch"].numpy()
    near = np.abs(tracked) < 0.5
    assert near.sum() > 40
    assert np.median(np.abs(cents - 100 * tracked)[near]) < 3
