"""Other instruments out of those there are: what changes, what must not."""

import numpy as np
import pytest
import torch
from helpers import seeded

from nsynthlib.audio.pitch import midi_to_hz
from nsynthlib.spectral import LogMel
from nsynthlib.training.augmentation import GAIN_MAX_DB, GAIN_MIN_DB, MIX_RANGE_DB, add_noise, augment, mix

LOG_MEL = LogMel()
FLOOR = LOG_MEL.floor_db


def augmented(db, probability, seed, pitches=None):
    pitches = torch.full((len(db),), 60) if pitches is None else pitches
    return augment(db, pitches, LOG_MEL, probability, seeded(seed))


def flat(notes):
    return torch.full((notes, *LOG_MEL.shape), -50.0)


@pytest.fixture(scope="module")
def notes(pocket_notes):
    return torch.stack([LOG_MEL(note.audio) for note in pocket_notes[:16]])


def test_none_is_none_and_a_seed_is_a_seed(notes):
    assert torch.equal(augmented(notes, 0.0, 0), notes)
    one, same, other = (augmented(notes, 1.0, s) for s in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_about_that_share_is_changed():
    changed = (augmented(flat(400), 0.3, 0) != -50).flatten(1).any(1)
    assert 0.23 < changed.float().mean() < 0.37  # 0.3 plus or minus three standard errors


def test_silence_stays_silent_and_nothing_leaves_the_range(notes):
    changed = augmented(notes, 1.0, 3)
    assert (changed[notes == FLOOR] == FLOOR).all()
    assert changed.min() >= FLOOR
    assert changed.max() <= 0


def test_the_change_is_a_sum_of_one_over_bands_and_one_over_time():
    """So partials stay where they are: no band moves to another."""
    change = augmented(flat(256), 1.0, 4) + 50
    inside = (change > -45).all((1, 2)) & (change < 45).all((1, 2))
    change = change[inside]
    assert len(change) > 50
    mixed = change - change.mean(1, keepdim=True) - change.mean(2, keepdim=True) + change.mean((1, 2), keepdim=True)
    assert mixed.abs().max() < 1e-3
    first = change[:, :, 0].mean(1)  # before any decay: the gain, with the mean of the colour
    assert (GAIN_MIN_DB + GAIN_MAX_DB) / 2 - 2 < first.mean() < (GAIN_MIN_DB + GAIN_MAX_DB) / 2 + 2


def test_each_partial_has_a_gain_of_its_own():
    """Of C6, whose partials lie bands apart: between two of them the change runs on a straight line in hertz.

    So its slope jumps at a partial, and nowhere else, up to the colour's, which is smooth.
    """
    pitch = 84
    change = augmented(flat(200), 1.0, 5, torch.full((200,), pitch))[:, :, 0].double() + 50
    bands = LOG_MEL.bands(np.array([n * midi_to_hz(pitch) for n in (2, 2.5, 3, 3.5, 4)])).round().astype(int)
    bend = (change[:, :-2] - 2 * change[:, 1:-1] + change[:, 2:]).std(0)
    on, off = bend[bands[[0, 2, 4]] - 1], bend[bands[[1, 3]] - 1]
    assert on.min() > 2 * off.max()


def test_two_instruments_add_their_powers(notes):
    one, other = notes[:8], notes[8:]
    both = mix(one, other, LOG_MEL, seeded(0))
    assert both.min() >= FLOOR
    assert both.max() <= 0
    assert (both >= one - 1e-3).all()
    assert (both[(one == FLOOR) & (other == FLOOR)] == FLOOR).all()
    inside = (both > FLOOR + 1) & (both < -1)
    added = 10 * torch.log10((10 ** (both.double() / 10) - 10 ** (one.double() / 10)).clamp_min(1e-30))
    level = added - other  # what the other was turned by: one number a note
    clear = inside & (both > one + 1) & (other > FLOOR)
    for i in range(8):
        turned = level[i][clear[i]]
        assert turned.std() < 0.01
        peak = turned.mean() + other[i].max() - one[i].max()
        assert -MIX_RANGE_DB <= peak <= 0


def test_noise_is_steady_and_as_uneven_as_noise():
    silence = torch.full((60, *LOG_MEL.shape), FLOOR)
    heard = add_noise(silence, LOG_MEL, seeded(1))
    assert heard.min() >= FLOOR
    clear = heard.amin((1, 2)) > FLOOR + 5  # where nothing was cut off at the floor
    assert clear.sum() > 5
    middle = heard[clear][:, 100:300]
    halves = [part.mean((1, 2)) for part in middle.tensor_split(2, 2)]
    assert (halves[0] - halves[1]).abs().max() < 1
    # The decibels of an exponential power spread by 10 / ln 10 * pi / sqrt(6) = 5.57 (bands of one bin).
    assert abs(middle[:, :80].std(2).mean() - 10 / np.log(10) * np.pi / 6**0.5) < 1


def test_noise_hides_no_loud_note(notes):
    heard = add_noise(notes, LOG_MEL, seeded(2))
    assert (heard >= notes - 1e-3).all()
    assert heard.max() <= 0
