"""Training notes a batch at a time: as they are, and as other instruments might have played them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import seeded

from nsynthlib import LogMel, Settings
from nsynthlib.data import Note, parse_name
from nsynthlib.evaluation.trackers import heard_pitch
from nsynthlib.training import batches
from nsynthlib.training.batches import BatchSource, even_weights

PLAIN = Settings(augment_prob=0, mix_prob=0, noise_prob=0)
ROWS = torch.arange(20)


@pytest.fixture(scope="module")
def notes(pocket_notes):
    return BatchSource(pocket_notes, torch.device("cpu"), LogMel())


def test_spectrograms_are_the_notes_to_half_a_tenth_of_a_decibel(notes, pocket_notes):
    spectrograms, condition = notes.batch(ROWS)
    for note, db in zip(pocket_notes[:20], spectrograms, strict=True):
        torch.testing.assert_close(db, LogMel()(note.audio), atol=0.05, rtol=0)
    assert condition.pitch.round().tolist() == [note.pitch for note in pocket_notes[:20]]


def test_a_condition_tells_where_a_note_sounds(notes, pocket_notes):
    told = notes.batch(torch.arange(len(notes)))[1].pitch
    apart = [float(pitch) - heard_pitch(note.audio) for pitch, note in zip(told, pocket_notes, strict=True)]
    near = [cents for cents in apart if abs(cents) < 0.5]  # others are heard an octave off, or not at all
    assert len(near) > 50
    assert np.median(np.abs(near)) < 0.03


def test_families_sets_and_instruments_are_drawn_alike():
    def some(folder, instrument, count):
        labels = parse_name(f"{instrument}-060-100")
        return [
            Note(f"{i}", 60, 100, labels.family, labels.source, instrument, Path(folder, f"{i}")) for i in range(count)
        ]

    notes = some("a", "bass_acoustic_000", 30) + some("a", "bass_acoustic_001", 10) + some("b", "bass_acoustic_002", 5)
    notes += some("a", "reed_acoustic_000", 2)
    weights = even_weights(notes)
    shares = [float(weights[rows].sum()) for rows in (slice(30), slice(30, 40), slice(40, 45), slice(45, 47))]
    assert shares == pytest.approx([1 / 8, 1 / 8, 1 / 4, 1 / 2])
    assert all(float(weights[rows].std()) < 1e-12 for rows in (slice(30), slice(30, 40), slice(45, 47)))


def test_notes_are_drawn_as_often_as_their_weights_say(notes):
    drawn = notes.draw(100_000, seeded()).bincount(minlength=len(notes)) / 100_000
    torch.testing.assert_close(drawn.double(), notes.weights, atol=0.003, rtol=0)


def test_nothing_is_changed_unless_asked(notes):
    assert torch.equal(notes.augmented_batch(ROWS, PLAIN, seeded())[0], notes.batch(ROWS)[0])


@pytest.mark.parametrize("change", ["augment_prob", "mix_prob", "noise_prob"])
def test_each_probability_changes_spectrograms_and_no_condition(notes, change):
    before, asked = notes.batch(ROWS)
    after, told = notes.augmented_batch(ROWS, replace(PLAIN, **{change: 1.0}), seeded())
    assert (after != before).flatten(1).any(1).float().mean() > 0.9
    assert all(torch.equal(a, b) for a, b in zip(asked, told, strict=True))


def test_what_is_mixed_in_has_the_same_pitch_and_family(notes, monkeypatch):
    mixed = []
    monkeypatch.setattr(batches, "mix", lambda db, others, *_: mixed.append(others) or db)
    rows = torch.arange(len(notes))
    notes.augmented_batch(rows, replace(PLAIN, mix_prob=1.0), seeded())
    every, _ = notes.batch(rows)
    partners = torch.stack([(every == other).all((1, 2)).nonzero()[0, 0] for other in mixed[0]])
    assert torch.equal(notes.pitch[partners], notes.pitch)
    assert torch.equal(notes.family[partners], notes.family)
    kind = notes.pitch * 11 + notes.family
    shared = kind.bincount()[kind] > 1
    assert shared.any()
    assert (partners != rows)[shared].float().mean() > 0.2
