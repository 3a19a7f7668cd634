"""Texture: the fast part against SciPy, the deviation against its closed form, noise against real STFT noise."""

import numpy as np
import pytest
import torch
from helpers import SMALL, seeded
from scipy.ndimage import uniform_filter1d

from nsynthlib import AE, CVAE, LogMel
from nsynthlib.models import Condition
from nsynthlib.models.texture import (
    FRAMES,
    LOCAL,
    fast_part,
    highpass,
    local_deviation,
    reference_noise,
    rolled,
    steady_frames,
)
from nsynthlib.training import Settings, deviation_loss, fit_log_sigma
from nsynthlib.training.batches import BatchSource


def test_the_fast_part_is_what_a_moving_average_leaves():
    db = torch.randn(3, 5, 40)
    inner = slice(FRAMES // 2, -(FRAMES // 2))
    expected = db.numpy() - uniform_filter1d(db.numpy(), FRAMES, axis=-1)
    np.testing.assert_allclose(highpass(db).numpy()[..., inner], expected[..., inner], atol=1e-5)
    line = torch.linspace(-80, -20, 40).expand(2, 40)
    assert highpass(line)[:, inner].abs().max() < 1e-4  # a steady decay has none
    assert highpass(torch.full((2, 40), -7.0)).abs().max() < 1e-5


def test_the_local_deviation_is_that_of_the_bins_about_each():
    fast = torch.randn(2, 20, 60, generator=seeded()).double()
    power = uniform_filter1d(uniform_filter1d(fast.numpy() ** 2, LOCAL[0], axis=1), LOCAL[1], axis=2)
    inner = (slice(None), slice(LOCAL[0] // 2, -(LOCAL[0] // 2)), slice(LOCAL[1] // 2, -(LOCAL[1] // 2)))
    np.testing.assert_allclose(local_deviation(fast).numpy()[inner], np.sqrt(power)[inner], rtol=1e-9)
    assert torch.allclose(local_deviation(torch.full((1, 9, 9), -2.0)), torch.tensor(2.0))  # edges count what is there


def test_the_best_deviation_is_the_mean_of_all():
    """The loss has its minimum where exp(log sigma) is the mean, which one restless note does not make large."""
    deviation = torch.cat([torch.full((9, 8, 100), 0.1), torch.full((1, 8, 100), 1.0)])
    best = deviation.mean().log().requires_grad_()
    (slope,) = torch.autograd.grad(deviation_loss(best.expand_as(deviation), deviation), best)
    assert abs(slope.item()) < 1e-6
    assert best.exp().item() == pytest.approx(0.19)
    worse = [deviation_loss((best.detach() + off).expand_as(deviation), deviation) for off in (-0.1, 0.0, 0.1)]
    assert worse[1] < min(worse[0], worse[2])


def test_the_fast_part_is_a_notes_own_where_it_is_steady_and_what_the_mean_leaves_elsewhere():
    target, x_mean = torch.randn(2, 3, 126, generator=seeded()), torch.randn(2, 3, 126, generator=seeded(1))
    steady = steady_frames(LogMel())
    assert (~steady).nonzero()[:, 0].tolist() == [*range(9), *range(85, 103)]  # the key is let go in frame 93.75
    made = fast_part(target, x_mean, steady)
    assert torch.equal(made[..., steady], highpass(target)[..., steady])
    assert torch.equal(made[..., ~steady], highpass(target - x_mean)[..., ~steady])


def test_the_deviation_is_fitted_last_and_changes_nothing_else(pocket_notes):
    """Its optimum is where deviations are those of the notes, on average and from bin to bin; and it is found again."""
    torch.manual_seed(0)
    model = CVAE("small").eval()
    notes = BatchSource(pocket_notes, torch.device("cpu"), model.log_mel)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    assert fit_log_sigma(model, notes, Settings(batch_size=4))
    after = model.state_dict()
    fitted = {name for name, weight in after.items() if not torch.equal(weight, before[name])}
    assert fitted == {"decoder.log_sigma.weight", "decoder.log_sigma.bias"}
    found = after["decoder.log_sigma.bias"].clone()
    fit_log_sigma(model, notes, Settings(batch_size=4))
    assert torch.equal(model.decoder.log_sigma.bias, found)
    assert all(weight.requires_grad for weight in model.parameters())
    with torch.no_grad():
        db, condition = notes.batch(notes.draw(32, seeded(5)))
        x_mean, log_sigma = model.decode_stats(model.encode(db, condition)[0], condition)
        deviation = local_deviation(fast_part(model.scaled(db), x_mean, steady_frames(model.log_mel)))
    assert (log_sigma.exp().mean() / deviation.mean()).item() == pytest.approx(1.0, abs=0.2)
    assert np.corrcoef(log_sigma.exp().flatten(), deviation.flatten())[0, 1] > 0.05  # its features are random


def test_a_preset_without_texture_has_nothing_to_fit():
    assert not fit_log_sigma(AE("thesis"), None, Settings())


def test_noise_is_even_as_a_whole_and_its_neighbours_belong_together():
    """Every band has mean 0 and deviation 1; neighbouring frames overlap by three quarters and so are alike."""
    noise = reference_noise(LogMel())
    assert noise.shape == (4, *LogMel().shape)
    torch.testing.assert_close(noise.mean(-1), torch.zeros(4, 384), atol=1e-4, rtol=0)
    torch.testing.assert_close(noise.std(-1), torch.ones(4, 384), atol=1e-4, rtol=0)
    next_frame = (noise[..., 1:] * noise[..., :-1]).mean()
    far = (noise[..., 8:] * noise[..., :-8]).mean()
    next_band = (noise[:, 1:60] * noise[:, :59]).mean()  # these lie closer than the window can tell apart
    assert next_frame > 0.25  # of independent numbers less their moving average it is -0.1, of white noise 0.23
    assert abs(far) < 0.15
    assert next_band > 0.25
    alike = torch.corrcoef(noise.flatten(1)) - torch.eye(4)
    assert alike.abs().max() < 0.03


def test_seeds_choose_a_noise_and_turn_it():
    noise = torch.arange(36.0).view(3, 2, 6)
    made = rolled(noise, torch.tensor([0, 1, 5]))
    assert torch.equal(made[0], noise[0])
    assert torch.equal(made[1], noise[1].roll(-37 % 6 - 6, 1))
    assert torch.equal(made[2], noise[2].roll(-(37 * 5 % 6), 1))
    assert made.shape == (3, 2, 6)


def test_texture_is_added_and_nothing_else_changes():
    torch.manual_seed(0)
    model = CVAE("residual", **SMALL).eval()
    z, condition = torch.randn(2, 6), Condition(torch.tensor([60, 50]), torch.tensor([3, 1]), torch.tensor([100, 50]))
    _, log_sigma = model.decode_stats(z, condition)
    still, half, whole = (model.decode(z, condition, texture, torch.tensor([0, 5])) for texture in (0.0, 0.5, 1.0))
    assert torch.equal(still, model.decode(z, condition))
    assert (whole - still).abs().sum() > (half - still).abs().sum() > 0
    stray = log_sigma.exp() * rolled(model.reference_noise, torch.tensor([0, 5])) * 50  # 100 dB are two network units
    inside = (still > -90) & (whole > -90) & (still < -1) & (whole < -1)
    torch.testing.assert_close((whole - still)[inside], stray[inside], atol=1e-3, rtol=0)


def test_a_preset_without_texture_has_no_noise_to_add():
    model = AE("thesis", **SMALL).eval()
    z = torch.randn(1, 6)
    assert model.decode_stats(z)[1] is None
    assert torch.equal(model.decode(z, texture=1.0), model.decode(z))


def test_a_bold_step_of_the_fit_does_not_end_in_numbers_that_are_none(pocket_notes):
    """Features so large that a first step would ask for deviations beyond all numbers."""
    torch.manual_seed(0)
    model = CVAE("small").eval()
    with torch.no_grad():
        model.decoder.up[-1].weight.mul_(1e5)
    assert fit_log_sigma(model, BatchSource(pocket_notes, torch.device("cpu"), model.log_mel), Settings(batch_size=16))
    assert all(weight.isfinite().all() for weight in model.decoder.log_sigma.parameters())
