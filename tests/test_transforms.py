"""Ways through the latent space, against their formulas, and what is heard on them."""

import math

import numpy as np
import pytest
import torch
from helpers import SMALL, seeded

from nsynthlib import AE, CVAE
from nsynthlib.audio import estimate_pitch
from nsynthlib.errors import DataError, UsageError
from nsynthlib.generation import condition_of, generate, morph, morph_z, reconstruct, transpose


def angle(a, b):
    return math.degrees(math.acos(max(-1.0, min(1.0, float(a @ b / (a.norm() * b.norm()))))))


def test_a_morph_turns_and_grows_evenly():
    """Against angles measured by arccosines: a quarter of the way is a quarter of the angle, and of the length."""
    a, b = torch.randn(2, 48, generator=seeded(3), dtype=torch.float64)
    b *= 2.5
    torch.testing.assert_close(morph_z(a, b, 0), a)
    torch.testing.assert_close(morph_z(a, b, 1), b)
    for t in (0.25, 0.5, 0.9):
        z = morph_z(a, b, t)
        assert angle(a, z) == pytest.approx(t * angle(a, b), abs=1e-6)
        assert angle(z, b) == pytest.approx((1 - t) * angle(a, b), abs=1e-6)
        assert float(z.norm()) == pytest.approx(float((1 - t) * a.norm() + t * b.norm()))
        torch.testing.assert_close(morph_z(b, a, 1 - t), z)


def test_a_morph_along_one_line_stays_on_it():
    a = torch.tensor([3.0, 4.0])
    torch.testing.assert_close(morph_z(a, 3 * a, 0.5), 2 * a)
    torch.testing.assert_close(morph_z(a, -a, 0.25), 0.5 * a)
    torch.testing.assert_close(morph_z(torch.zeros(2), a, 0.5), 0.5 * a)
    assert not morph_z(torch.zeros(2), torch.zeros(2), 0.5).any()
    for position in (-0.1, 1.1, float("nan"), "half"):
        with pytest.raises(UsageError, match="no number from 0 to 1"):
            morph_z(a, a, position)


@pytest.fixture(scope="module")
def two(model):
    """A reed and a string, and what they are."""
    labels = (62, "reed", 100), (57, "string", 75)
    sounds = [generate(model, pitch=p, family=f, velocity=v, seed=4, texture=0) for p, f, v in labels]
    return sounds, [condition_of(*told) for told in labels]


def test_a_morph_goes_from_copy_to_copy_at_one_pitch(model, two):
    (a, b), (told_a, told_b) = two
    notes = morph(model, a, b, 4, condition_a=told_a, condition_b=told_b, texture=0)
    assert notes.shape == (4, 64_000)
    torch.testing.assert_close(notes[0], reconstruct(model, a, told_a))
    as_b = told_b._replace(pitch=told_a.pitch, velocity=told_a.velocity)
    z, _ = model.encode(model.log_mel(b)[None], told_b)
    pictures = [model.log_mel(note) for note in notes]
    expected = model.decode(z, as_b)[0]
    assert (pictures[-1] - expected).abs().mean() < (pictures[0] - expected).abs().mean() / 2
    for note in notes:
        assert estimate_pitch(note) == pytest.approx(62, abs=0.2)
    apart = [(picture - pictures[0]).abs().mean() for picture in pictures]
    assert apart == sorted(apart)


def test_a_note_is_transposed_and_played_by_others(model, two):
    (a, _), (told, _) = two
    torch.testing.assert_close(transpose(model, a, condition=told, texture=0), reconstruct(model, a, told))
    for by in (-12, -0.5, 7):
        assert estimate_pitch(transpose(model, a, by, condition=told)) == pytest.approx(62 + by, abs=0.2)
    other = transpose(model, a, condition=told, family="organ", texture=0)
    assert estimate_pitch(other) == pytest.approx(62, abs=0.2)
    assert (model.log_mel(other) - model.log_mel(a)).abs().mean() > 1


def test_a_note_of_a_set_tells_what_it_is(model, pocket_notes):
    first, second = pocket_notes[:2]
    assert morph(model, first, second, 2).shape == (2, 64_000)
    assert transpose(model, first, 1).shape == (64_000,)


def test_what_cannot_be_moved_is_told(model, two):
    (a, b), (told, _) = two
    wrong = {
        "by 100 leads to pitch 162": dict(by=100, condition=told),
        "by nan is no number": dict(by=float("nan"), condition=told),
        "'kazoo' is unknown": dict(condition=told, family="kazoo"),
        "texture 2": dict(condition=told, texture=2),
        "a CVAE is told what it hears": {},
    }
    for complaint, options in wrong.items():
        with pytest.raises(UsageError, match=complaint):
            transpose(model, a, **options)
    with pytest.raises(UsageError, match="steps 1"):
        morph(model, a, b, 1, condition_a=told, condition_b=told)
    with pytest.raises(UsageError, match="needs a trained CVAE"):
        transpose(AE("small", **SMALL), a)
    with pytest.raises(DataError, match="a note has 8000 samples"):
        transpose(CVAE("small", **SMALL).eval(), np.zeros(64_000), condition=told)
