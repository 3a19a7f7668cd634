"""Named points of the latent space: instruments of the pocket set, and no others, each where its own note is."""

import json

import numpy as np
import pytest

from nsynthlib import FAMILIES
from nsynthlib.errors import UsageError
from nsynthlib.generation import decode
from nsynthlib.generation.points import points_of


@pytest.fixture(scope="module")
def points(model):
    return {family: points_of(model, family) for family in FAMILIES}


def test_points_are_named_as_the_soundfont_names_its_instruments(points, pocket_notes):
    presets = json.loads((pocket_notes.folder / "pocket.json").read_text())["presets"]
    for family, found in points.items():
        own = [name for instrument, name in presets.items() if instrument.startswith(f"{family}_")]
        assert [point.name for point in found] == own[:3]
        assert all(point.family == family for point in found)


def test_points_sound_more_like_their_instruments_than_the_familys_middle(points, model, pocket_notes):
    """Differences in dB of the pictures of each instrument's note nearest to middle C; of nine in ten."""
    presets = json.loads((pocket_notes.folder / "pocket.json").read_text())["presets"]
    instrument = {name: key for key, name in presets.items()}
    gains = []
    for family, found in points.items():
        middle = model.prior.moments(60, FAMILIES.index(family))[0].float()
        for point in found:
            own = pocket_notes.filter(instrument=instrument[point.name])
            note = own[int(np.argmin([abs(one.pitch - 60.1) for one in own]))]
            true = model.log_mel(note.audio)
            told = (note.pitch, family, note.velocity)
            mine, others = (float((decode(model, z, *told) - true).square().mean().sqrt()) for z in (point.z, middle))
            gains.append(others - mine)
    assert len(gains) == len(presets)
    assert np.mean(np.array(gains) > 0) > 0.9  # one lies a third of a decibel farther than its family's middle
    assert np.median(gains) > 3


def test_what_has_no_points_is_refused(model):
    with pytest.raises(UsageError, match="family"):
        points_of(model, "gong")
    with pytest.raises(UsageError, match="points of a latent space"):
        points_of("cvae", "organ")
