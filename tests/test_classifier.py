"""The classifier: trained by one call, read back to the same answers, right about real notes."""

import json

import numpy as np
import pytest
import torch
from helpers import seeded
from torch.nn import functional as F

from nsynthlib import FAMILIES, NSynth
from nsynthlib.data import VELOCITIES
from nsynthlib.errors import DataError, UsageError
from nsynthlib.models import PRETRAINED, Classifier, Predictions
from nsynthlib.models.classifier import LOG_MEL, nearest_velocity
from nsynthlib.training import train_classifier
from nsynthlib.training.classifier import classifier_loss, spec_augment


def right(predictions, notes):
    """Shares of right pitches and families."""
    pitch = predictions.pitch.argmax(1) == torch.tensor([n.pitch for n in notes])
    family = predictions.family.argmax(1) == torch.tensor([FAMILIES.index(n.family) for n in notes])
    return pitch.float().mean().item(), family.float().mean().item()


@pytest.fixture(scope="module")
def shipped():
    return Classifier.from_pretrained()


def test_shapes_and_batches():
    torch.manual_seed(0)
    classifier = Classifier().eval()
    sounds = [0.1 * torch.randn(64_000) for _ in range(3)]
    predictions = classifier.predict(sounds)
    assert [tuple(part.shape) for part in predictions] == [(3, 128), (3, 11), (3, 5), (3, 96)]
    for whole, parts in zip(predictions, classifier.predict(sounds, batch_size=2), strict=True):
        torch.testing.assert_close(whole, parts, atol=1e-4, rtol=1e-4)
    assert sum(p.numel() for p in classifier.parameters()) < 1e6
    assert LOG_MEL(sounds[0]).shape == LOG_MEL.shape


def test_velocities_are_nsynths():
    assert nearest_velocity(torch.tensor([25, 50, 75, 100, 127])).tolist() == [0, 1, 2, 3, 4]
    assert nearest_velocity(torch.tensor([1, 60, 90, 120])).tolist() == [0, 1, 3, 4]


def test_the_loss_is_three_cross_entropies():
    """Knowing nothing costs ln 128 + ln 11 + ln 5 nats."""
    nothing = Predictions(torch.zeros(4, 128), torch.zeros(4, 11), torch.zeros(4, len(VELOCITIES)), torch.zeros(4, 96))
    expected = np.log(128) + np.log(11) + np.log(5)
    assert classifier_loss(nothing, torch.tensor([[60, 3, 2]] * 4)).item() == pytest.approx(expected, rel=1e-5)


def test_variations_keep_pitch_and_nearly_keep_level(pocket_notes):
    """Partials stay in their bands, levels within a few decibels, and each variation is another one."""
    db = LOG_MEL(pocket_notes[0].audio).expand(200, -1, -1)
    varied = spec_augment(db, seeded())
    assert varied.shape == db.shape
    assert varied.min() >= LOG_MEL.floor_db
    assert varied.max() <= 0
    loudest = varied.amax((1, 2)) - db[0].max()
    assert loudest.mean().abs() < 3
    assert 0.5 < loudest.std() < 8
    assert len({round(v, 3) for v in loudest.tolist()}) > 150
    place = varied.amax(2).argmax(1)
    assert (place - db[0].amax(1).argmax()).abs().median() <= 1
    again = spec_augment(db, seeded())
    torch.testing.assert_close(varied, again)


def test_a_classifier_is_trained_read_back_and_not_overwritten(synthetic_folder, tmp_path):
    notes = NSynth(synthetic_folder)
    story = train_classifier((notes[:33], notes[33:]), tmp_path / "run", epochs=2, quiet=True)
    assert len(story["validation"]) == 2
    assert story == json.loads((tmp_path / "run" / "training.json").read_text())
    classifier = Classifier.from_pretrained(tmp_path / "run")
    assert not classifier.training
    twice = train_classifier((notes[:33], notes[33:]), tmp_path / "again", epochs=2, quiet=True)
    assert twice["validation"] == story["validation"]
    assert twice["data"] == story["data"]
    with pytest.raises(UsageError, match="holds a classifier already"):
        train_classifier((notes[:33], notes[33:]), tmp_path / "run", epochs=1, quiet=True)
    with pytest.raises(DataError, match="no notes"):
        train_classifier(([], notes), tmp_path / "none", epochs=1, quiet=True)
    (tmp_path / "run" / "model.safetensors").write_bytes(b"no weights")
    for folder in ("run", "nowhere"):
        with pytest.raises(UsageError, match="holds no Classifier"):
            Classifier.from_pretrained(tmp_path / folder)


def test_the_shipped_one_is_small_and_tells_its_story():
    folder = PRETRAINED / "classifier"
    assert (folder / "model.safetensors").stat().st_size < 2e6
    story = json.loads((folder / "training.json").read_text())
    assert {"settings", "data", "validation", "seconds", "code", "torch"} <= story.keys()
    judged = json.loads((folder / "evaluation.json").read_text())["judges"]["classifier"]
    assert judged["unseen_pitches"]["pitch_accuracy"]["value"] > 0.95
    assert judged["unseen_pitches"]["family_accuracy"]["value"] > 0.7
    assert judged["test"]["pitch_accuracy"]["value"] > 0.8  # unseen instruments, harps and struck bars among them
    assert judged["test"]["family_accuracy"]["value"] > 0.4


def test_the_shipped_one_hears_pitch_and_family(shipped, pocket_notes):
    pitch, family = right(shipped.predict(n.audio for n in pocket_notes), pocket_notes)
    assert pitch > 0.9
    assert family > 0.5  # 1 in 11 by chance


def test_level_tells_velocity(shipped, pocket_notes):
    """The same note 20 dB softer is heard as struck more softly."""
    notes = [n for n in pocket_notes if n.velocity >= 100]
    loud, soft = (
        F.softmax(shipped.predict(gain * n.audio for n in notes).velocity, 1) @ torch.tensor(VELOCITIES).float()
        for gain in (1.0, 0.1)
    )
    assert (soft < loud).float().mean() > 0.9
    assert (loud - soft).mean() > 15


def test_real_notes_have_their_pitches(shipped, real_notes):
    pitch, _ = right(shipped.predict(n.audio for n in real_notes), real_notes)
    assert pitch > 0.9
