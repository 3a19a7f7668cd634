"""The fitted prior: closed forms against sampling and scipy, and what it is for."""

import pytest
import torch
from helpers import SMALL
from scipy import stats

from nsynthlib import CVAE, FAMILIES
from nsynthlib.errors import DataError, UsageError
from nsynthlib.evaluation.judges import level_rises
from nsynthlib.generation import generate, sample_z
from nsynthlib.models.prior import MIN_VARIANCE, Prior, scaled_pitch

FEW = {**SMALL, "latent_dim": 4}


@pytest.fixture(scope="module")
def labelled():
    """Latent vectors of two families: dimensions 0 and 1 follow pitch, 2 has two humps, 3 tells the family."""
    generator = torch.Generator().manual_seed(0)
    n = 6000
    pitch = torch.randint(24, 97, (n,), generator=generator)
    family = torch.randint(0, 2, (n,), generator=generator)
    z = 0.3 * torch.randn(n, 4, generator=generator)
    z[:, 0] += scaled_pitch(pitch).float()
    z[:, 1] -= 0.5 * scaled_pitch(pitch).float()
    z[:, 2] += 4.0 * torch.randint(0, 2, (n,), generator=generator) - 2
    z[:, 3] += 2.0 * family
    return z, pitch, family


@pytest.fixture(scope="module")
def fitted(labelled):
    return Prior.fit(*labelled)


def test_samples_follow_the_condition(fitted):
    drawn = torch.stack([fitted.sample(78, 1, seed) for seed in range(400)])
    assert drawn.mean(0)[[0, 1, 3]].tolist() == pytest.approx([1.0, -0.5, 2.0], abs=0.06)
    # The least variance widens z, and c as well, which the first two dimensions follow.
    widths = [(0.3**2 + times * MIN_VARIANCE) ** 0.5 for times in (2, 1.25, 1)]
    assert drawn.std(0)[[0, 1, 3]].tolist() == pytest.approx(widths, abs=0.05)
    assert (drawn[:, 2].abs() > 1).float().mean() > 0.97  # in one hump or the other, not between
    assert 0.35 < (drawn[:, 2] > 0).float().mean() < 0.65


def test_moments_are_those_of_draws(fitted):
    """Of both humps together."""
    drawn = torch.stack([fitted.sample(50, 0, seed) for seed in range(3000)]).double()
    mean, covariance = fitted.moments(50, 0)
    assert drawn.mean(0).tolist() == pytest.approx(mean.tolist(), abs=0.12)
    torch.testing.assert_close(drawn.T.cov(), covariance, rtol=0.06, atol=0.06)
    assert covariance[2, 2] > 3


def test_the_conditional_is_bayes(fitted):
    """p(z | c) = p(z, c) / p(c), with scipy's densities."""
    weights, means, covariances = fitted.conditional(50, 0)
    z, c = torch.tensor([-0.5, 0.3, 2.0, 0.2]).double(), scaled_pitch(torch.tensor([50]))
    ours = sum(
        w * stats.multivariate_normal(m, v).pdf(z) for w, m, v in zip(weights.tolist(), means, covariances, strict=True)
    )
    joint = known = 0.0
    for w, m, v in zip(fitted.weights[0].tolist(), fitted.means[0], fitted.covariances[0], strict=True):
        if w:
            joint += w * stats.multivariate_normal(m, v).pdf(torch.cat([z, c]))
            known += w * stats.norm(m[4], v[4, 4].sqrt()).pdf(c).item()
    assert ours == pytest.approx(joint / known, rel=1e-6)


def test_temperature_narrows_a_component_by_its_root(fitted):
    one = Prior(torch.ones(1, 1).double(), torch.zeros(1, 1, 5).double(), torch.eye(5).double()[None, None])
    wide, narrow = (torch.stack([one.sample(60, 0, s, t) for s in range(300)]).std(0) for t in (1.0, 0.25))
    assert wide.tolist() == pytest.approx([1.0] * 4, abs=0.13)  # three standard errors of a deviation
    assert (narrow / wide).tolist() == pytest.approx([0.5] * 4, abs=1e-3)
    with pytest.raises(UsageError, match="temperature 0 is out of range"):
        fitted.sample(60, 0, 0, temperature=0)
    with pytest.raises(UsageError, match=r"temperature 1\.5 is out of range"):
        sample_z(CVAE(**FEW), 60, "organ", 0, temperature=1.5)  # without a fitted prior


def test_a_seed_is_one_instrument_at_every_velocity(model):
    """With the shipped weights a note grows in level with velocity, whatever the seed."""
    for seed, family in enumerate(FAMILIES):
        notes = [generate(model, pitch=60, family=family, velocity=v, seed=seed) for v in (25, 75, 127)]
        assert level_rises(*notes), family


def test_a_family_without_notes_is_a_unit_gaussian(fitted):
    drawn = torch.stack([fitted.sample(60, 7, seed) for seed in range(500)])
    assert drawn.mean(0).abs().max() < 0.2
    assert drawn.std(0).tolist() == pytest.approx([1.0] * 4, abs=0.1)


def test_it_travels_with_the_weights(fitted, tmp_path):
    """In half precision, as files beside the weights, through the hub's mixin on a local folder."""
    model = CVAE(**FEW)
    model.prior = fitted
    model.save_pretrained(tmp_path)
    again = CVAE.from_pretrained(tmp_path).prior
    torch.testing.assert_close(again.sample(60, 1, 3), fitted.sample(60, 1, 3), rtol=0, atol=0.02)
    assert torch.linalg.eigvalsh(again.covariances).min() > 0
    Prior.fit(torch.randn(200, 5), *torch.zeros(2, 200).long()).save(tmp_path)
    with pytest.raises(UsageError, match="was fitted to another model"):
        CVAE.from_pretrained(tmp_path)
    (tmp_path / "prior.safetensors").write_bytes(b"nonsense")
    with pytest.raises((DataError, UsageError), match="cannot be read as a fitted prior"):
        CVAE.from_pretrained(tmp_path)
    (tmp_path / "prior.safetensors").unlink()
    assert CVAE.from_pretrained(tmp_path).prior is None
