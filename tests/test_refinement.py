"""A better latent vector than the encoder's: nearer to the picture, not farther from the prior than that is worth."""

import pytest
import torch

from nsynthlib.data import labels_of, pocket
from nsynthlib.models import AE, CVAE, N_EFFECTIVE, VAE, Condition
from nsynthlib.refinement import refine

NOTES = pocket()[:4]


@pytest.fixture(scope="module", params=[AE, VAE, CVAE])
def example(request):
    model = request.param.from_pretrained()
    pictures = torch.stack([model.log_mel.picture(note.audio) for note in NOTES])
    condition = Condition(**labels_of(NOTES)) if model.conditional else None
    with torch.inference_mode():
        return model, pictures, condition, model.encode(pictures, condition)[0]


def loss(model, pictures, condition, z):
    """Negative logarithm of p(x, z) up to a constant, as in Rybkin et al. 2021."""
    with torch.no_grad():
        mse = (model.paint(z, condition)[0] - model.scaled(pictures)).square().mean((1, 2))
    return N_EFFECTIVE / 2 * mse.log() + (0.5 * z.square().sum(1) if model.variational else 0)


def test_every_note_fits_better(example):
    model, pictures, condition, z = example
    assert (loss(model, pictures, condition, refine(model, pictures, z, condition)) < loss(*example[:3], z)).all()


def test_a_note_does_not_depend_on_its_batch(example):
    model, pictures, condition, z = example
    together = refine(model, pictures, z, condition, steps=3)
    one = Condition(*(field[:1] for field in condition)) if condition else None
    alone = refine(model, pictures[:1], z[:1], one, steps=3)
    torch.testing.assert_close(alone, together[:1], atol=2e-3, rtol=0)


def test_weights_get_no_gradient_and_no_steps_change_nothing(example):
    model, pictures, condition, z = example
    assert torch.equal(refine(model, pictures, z, condition, steps=0), z)
    refine(model, pictures, z, condition, steps=1)
    assert all(p.grad is None for p in model.parameters())
