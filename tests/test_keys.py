"""One z over the keyboard: what is told as spread is timbre, of instruments whose timbre is known."""

import numpy as np
import pytest
import torch

from nsynthlib.audio import midi_to_hz
from nsynthlib.data import NewNote, NSynth, write_notes
from nsynthlib.evaluation import Judges
from nsynthlib.evaluation.keys import one_instrument, timbre
from nsynthlib.models import Classifier

PITCHES = range(48, 73, 4)
TIMBRES = {  # levels of partials, and how fast they fade
    "organ_electronic_001": ([1, 0.8, 0, 0.6, 0, 0, 0, 0.5], 0.0),
    "guitar_acoustic_001": ([1, 0.5, 0.4, 0.3, 0.2, 0.1], 3.0),
    "reed_acoustic_001": ([1, 0, 0.7, 0, 0.6, 0, 0.4, 0, 0.3], 0.1),
    "synth_lead_synthetic_001": ([1 / k for k in range(1, 30)], 0.0),
    "flute_acoustic_001": ([1, 0.05], 0.0),
    "mallet_acoustic_001": ([1, 0, 0, 0.4], 6.0),
    "string_acoustic_001": ([1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3], 0.2),
    "keyboard_acoustic_001": ([1, 0.7, 0.2, 0.3, 0.1], 1.5),
}


def a_note(pitch, levels, decay):
    time = np.arange(64_000) / 16_000
    hertz = midi_to_hz(pitch)
    sound = sum(a * np.sin(2 * np.pi * k * hertz * time) for k, a in enumerate(levels, 1) if k * hertz < 7500)
    return (0.2 * sound * np.minimum(1, time / 0.01) * np.exp(-decay * time) * (time < 3.2)).astype(np.float32)


@pytest.fixture(scope="module")
def instruments(tmp_path_factory):
    """Seven keys of eight instruments, which hold their timbre."""
    folder = tmp_path_factory.mktemp("instruments") / "notes"
    notes = (
        (name, pitch, torch.from_numpy(a_note(pitch, *made))) for name, made in TIMBRES.items() for pitch in PITCHES
    )
    write_notes(folder, (NewNote(name, 0, pitch, 100, audio) for name, pitch, audio in notes))
    return NSynth(folder)


@pytest.fixture(scope="module")
def judges():
    return Judges(Classifier.from_pretrained(), quiet=True)


def test_an_instrument_spreads_less_over_its_keys_than_as_many_instruments(model, judges, instruments):
    rows = one_instrument(model, judges, instruments, 8, np.random.default_rng(0))
    real, made, different = (rows[row]["key_spread"] for row in ("real", "model", "different"))
    assert (real["n"], made["n"], different["n"]) == (8, 8, 8)
    assert real["interval"][1] < different["interval"][0]
    assert 0 < made["value"] < different["value"]
    assert different["value"] == pytest.approx(2**0.5, abs=0.15)  # nothing in common
    assert one_instrument(model, judges, instruments.filter(pitch=range(60)), 8, np.random.default_rng(0)) == {}


def test_timbre_is_what_families_are_told_by(judges, instruments):
    """Features that change without changing any answer for a family leave it where it is; others do not."""
    features = judges.observe_notes(instruments, tracker=False).features
    to_timbre = timbre(judges.classifier, features)
    found = to_timbre(features)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1)
    answers = judges.classifier.answers[-1].weight.detach().double().numpy()[128:139]  # of families
    rng = np.random.default_rng(0)
    change = rng.normal(size=features.shape)
    silent = change - change @ np.linalg.pinv(answers) @ answers
    np.testing.assert_allclose(to_timbre(features + silent), found, atol=1e-6)
    assert np.abs(to_timbre(features + change) - found).max() > 0.05
