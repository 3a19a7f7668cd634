"""A better latent vector than the encoder's: nearer to the note, not farther from the prior than that is worth."""

import pytest
import torch

from nsynthlib import AE, CVAE, VAE
from nsynthlib.data import labels_of
from nsynthlib.generation import refine
from nsynthlib.models import BETA, Condition, bin_error


@pytest.fixture(scope="module", params=[AE, VAE, CVAE])
def example(request, pocket_notes):
    notes = pocket_notes[:4]
    model = request.param.from_pretrained()
    db = torch.stack([model.log_mel(note.audio) for note in notes])
    condition = Condition(**labels_of(notes)) if model.conditional else None
    with torch.inference_mode():
        return model, db, condition, model.encode(db, condition)[0]


def loss(model, db, condition, z):
    """What training makes smaller, of each note, for a posterior that is a point."""
    with torch.no_grad():
        error = bin_error(model.decibels(model.decode_stats(z, condition)[0]), db).mean((1, 2))
    return db[0].numel() / 2 / BETA * error.log() + (0.5 * z.square().sum(1) if model.variational else 0)


def test_every_note_fits_better(example):
    model, db, condition, z = example
    assert (loss(model, db, condition, refine(model, db, z, condition)) < loss(*example[:3], z)).all()


def test_a_note_does_not_depend_on_its_batch(example):
    model, db, condition, z = example
    together = refine(model, db, z, condition, steps=3)
    one = Condition(*(field[:1] for field in condition)) if condition else None
    alone = refine(model, db[:1], z[:1], one, steps=3)
    torch.testing.assert_close(alone, together[:1], atol=2e-3, rtol=0)


def test_weights_get_no_gradient_and_no_steps_change_nothing(example):
    model, db, condition, z = example
    assert torch.equal(refine(model, db, z, condition, steps=0), z)
    refine(model, db, z, condition, steps=1)
    assert all(p.grad is None for p in model.parameters())
