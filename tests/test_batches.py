"""Training notes a batch at a time: as they are, and as other instruments might have played them."""

from dataclasses import replace

import pytest
import torch
from helpers import seeded

from nsynthlib import LogMel, Settings
from nsynthlib.training import batches
from nsynthlib.training.batches import BatchSource

PLAIN = Settings(augment_prob=0, mix_prob=0, noise_prob=0)
ROWS = torch.arange(20)


@pytest.fixture(scope="module")
def notes(pocket_notes):
    return BatchSource(pocket_notes, torch.device("cpu"), LogMel())


def test_spectrograms_are_the_notes_to_half_a_tenth_of_a_decibel(notes, pocket_notes):
    spectrograms, condition = notes.batch(ROWS)
    for note, db in zip(pocket_notes[:20], spectrograms, strict=True):
        torch.testing.assert_close(db, LogMel()(note.audio), atol=0.05, rtol=0)
    assert condition.pitch.tolist() == [note.pitch for note in pocket_notes[:20]]


def test_nothing_is_changed_unless_asked(notes):
    assert torch.equal(notes.augmented_batch(ROWS, PLAIN, seeded())[0], notes.batch(ROWS)[0])


@pytest.mark.parametrize("change", ["augment_prob", "mix_prob", "noise_prob"])
def test_each_probability_changes_spectrograms_and_no_condition(notes, change):
    before, asked = notes.batch(ROWS)
    after, told = notes.augmented_batch(ROWS, replace(PLAIN, **{change: 1.0}), seeded())
    assert (after != before).flatten(1).any(1).float().mean() > 0.9
    assert all(torch.equal(a, b) for a, b in zip(asked, told, strict=True))


def test_what_is_mixed_in_has_the_same_pitch(notes, monkeypatch):
    mixed = []
    monkeypatch.setattr(batches, "mix", lambda db, others, *_: mixed.append(others) or db)
    rows = torch.arange(len(notes))
    notes.augmented_batch(rows, replace(PLAIN, mix_prob=1.0), seeded())
    every, _ = notes.batch(rows)
    partners = torch.stack([(every == other).all((1, 2)).nonzero()[0, 0] for other in mixed[0]])
    assert torch.equal(notes.pitch[partners], notes.pitch)
    shared = notes.of_pitch[notes.pitch] > 4
    assert (partners != rows)[shared].float().mean() > 0.5
    shared = notes.of_pitch[notes.pitch] > 4
    assert (partners != rows)[shared].float().mean() > 0.5
