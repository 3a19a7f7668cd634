"""Other instruments out of those there are: what changes, what must not."""

import pytest
import torch

from nsynthlib.augmentation import LOUDER, QUIETER, vary
from nsynthlib.data import pocket
from nsynthlib.spectral import LogMel

FLOOR = -100.0


def chance(seed):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def pictures():
    return torch.stack([LogMel().picture(note.audio) for note in pocket()[:16]])


def test_none_is_none_and_a_seed_is_a_seed(pictures):
    assert torch.equal(vary(pictures, FLOOR, 0.0, chance(0)), pictures)
    one, same, other = (vary(pictures, FLOOR, 1.0, chance(s)) for s in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_about_the_share_is_changed():
    pictures = torch.full((400, 8, 8), -50.0)
    changed = (vary(pictures, FLOOR, 0.3, chance(0)) != pictures).flatten(1).any(1)
    assert 0.23 < changed.float().mean() < 0.37  # 0.3 plus or minus three standard errors


def test_silence_stays_silent_and_nothing_leaves_the_range(pictures):
    varied = vary(pictures, FLOOR, 1.0, chance(3))
    assert (varied[pictures == FLOOR] == FLOOR).all()
    assert varied.min() >= FLOOR
    assert varied.max() <= 0


def test_the_change_is_a_sum_of_one_over_bands_and_one_over_time():
    """So partials stay where they are: no band moves to another."""
    pictures = torch.full((64, 40, 30), -50.0)
    change = vary(pictures, FLOOR, 1.0, chance(4)) + 50
    inside = (change > -45).all((1, 2)) & (change < 45).all((1, 2))
    change = change[inside]
    assert len(change) > 50
    mixed = change - change.mean(1, keepdim=True) - change.mean(2, keepdim=True) + change.mean((1, 2), keepdim=True)
    assert mixed.abs().max() < 1e-3
    first = change[:, :, 0].mean(1)  # before any decay: the gain, with the mean of the colour
    assert (QUIETER + LOUDER) / 2 - 2 < first.mean() < (QUIETER + LOUDER) / 2 + 2
