"""Pitch by a tracker of others, where it is installed; a plain word where it is not."""

import numpy as np
import pytest
import torch
from helpers import harmonics, in_python

from nsynthlib.audio import midi_to_hz
from nsynthlib.evaluation import Judges
from nsynthlib.evaluation.judges import by_octave
from nsynthlib.evaluation.targets import Targets
from nsynthlib.evaluation.trackers import heard_pitch, pesto_pitch, pesto_version
from nsynthlib.models import Classifier


def tone(pitch: float) -> torch.Tensor:
    return torch.from_numpy(0.2 * harmonics(midi_to_hz(pitch), 6)).float()


@pytest.fixture(scope="module")
def judges():
    return Judges(Classifier.from_pretrained(), quiet=True)


def test_pesto_hears_pitch_as_our_tracker_does():
    pytest.importorskip("pesto", reason="PESTO is not installed")
    for pitch in (52, 60.3, 71):
        assert pesto_pitch(tone(pitch)) == pytest.approx(pitch, abs=0.25)
        assert heard_pitch(tone(pitch)) == pytest.approx(pitch, abs=0.1)
    assert np.isnan(pesto_pitch(torch.zeros(64_000)))
    assert pesto_version().startswith("2.")


def test_both_trackers_are_asked(judges):
    pytest.importorskip("pesto", reason="PESTO is not installed")
    targets = Targets(np.array([60, 66]), np.array([6, 6]), np.array([100, 100]), np.arange(2))
    shares = judges.observe([tone(60), tone(60)], targets).shares("in_tune", "in_tune_pesto")
    assert {measure: share["value"] for measure, share in shares.items()} == {"in_tune": 0.5, "in_tune_pesto": 0.5}


def test_real_notes_are_counted_by_octave(judges):
    pitches = np.array([36, 47, 48, 60])
    targets = Targets(pitches, np.full(4, 6), np.full(4, 100), np.array([0, 0, 1, 1]))
    sounds = [tone(36), tone(40), tone(48), tone(60)]
    rows = by_octave({"some": judges.observe(sounds, targets), "others": judges.observe(sounds, targets)})
    assert {octave: row["in_tune"]["value"] for octave, row in rows.items()} == {
        "C2 to B2": 0.5,
        "C3 to B3": 1.0,
        "C4 to B4": 1.0,
    }
    assert (rows["C2 to B2"]["in_tune"]["n"], rows["C2 to B2"]["in_tune"]["instruments"]) == (4, 2)


def test_without_pesto_its_measure_is_left_out_and_that_is_said():
    """An evaluation goes on, in one plain line."""
    code = """
import sys
sys.modules["pesto"] = None  # as if it were not there
from nsynthlib import pocket
from nsynthlib.evaluation import evaluate_classifier
from nsynthlib.models import Classifier
found = evaluate_classifier(Classifier.from_pretrained(), {"pocket": pocket()}, limit=2, quiet=True)
print(*found["tracker"]["pocket"])
"""
    done = in_python("-c", code)
    assert done.stdout.split() == ["in_tune"]
    assert "PESTO is not installed, so its measures are left out" in done.stderr
