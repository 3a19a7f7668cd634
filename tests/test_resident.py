"""Training notes a batch at a time: as they are, and as other instruments might have played them."""

from dataclasses import replace

import pytest
import torch

from nsynthlib.data import pocket
from nsynthlib.resident import Notes
from nsynthlib.settings import Settings
from nsynthlib.spectral import LogMel

PLAIN = Settings(varied=0, blended=0, hissing=0)
ROWS = torch.arange(20)


def chance():
    return torch.Generator().manual_seed(0)


@pytest.fixture(scope="module")
def notes():
    return Notes(pocket(), torch.device("cpu"), LogMel())


def test_pictures_are_the_notes_to_half_a_tenth_of_a_decibel(notes):
    pictures, condition = notes.batch(ROWS)
    for row, picture in zip(ROWS, pictures, strict=True):
        torch.testing.assert_close(picture, LogMel().picture(pocket()[int(row)].audio), atol=0.05, rtol=0)
    assert condition.pitch.tolist() == [pocket()[int(row)].pitch for row in ROWS]


def test_nothing_is_changed_unless_asked(notes):
    assert torch.equal(notes.varied(ROWS, PLAIN, chance())[0], notes.batch(ROWS)[0])


@pytest.mark.parametrize("change", ["varied", "blended", "hissing"])
def test_each_share_changes_pictures_and_no_condition(notes, change):
    before, asked = notes.batch(ROWS)
    after, told = notes.varied(ROWS, replace(PLAIN, **{change: 1.0}), chance())
    assert (after != before).flatten(1).any(1).float().mean() > 0.9
    assert all(torch.equal(a, b) for a, b in zip(asked, told, strict=True))


def test_what_is_blended_in_has_the_same_pitch(notes):
    rows = torch.arange(len(notes))
    partners = notes._same_pitch(rows, chance())
    assert torch.equal(notes.pitch[partners], notes.pitch)
    shared = notes.of_pitch[notes.pitch] > 4
    assert (partners != rows)[shared].float().mean() > 0.5
