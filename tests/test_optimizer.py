"""Muon and AdamW as one: each parameter has exactly one of them, and updates are orthogonal."""

import pytest
import torch
from helpers import SMALL

from nsynthlib import CVAE
from nsynthlib.training import optimizer
from nsynthlib.training.optimizer import MuonAdamW, as_matrix


def network(preset="residual"):
    torch.manual_seed(0)
    return CVAE(preset, **SMALL).to(memory_format=torch.channels_last)


@pytest.mark.parametrize("preset", ["residual", "thesis"])
def test_every_parameter_is_updated_once_and_in_place(preset):
    model = network(preset)
    both = MuonAdamW(model, 1e-2, weight_decay=0.0)
    parameters = dict(model.named_parameters())
    rest = [p for group in both.adamw.param_groups for p in group["params"]]
    assert len(both.weights) + len(rest) == len(parameters)
    assert {id(p) for p in both.weights} | {id(p) for p in rest} == {id(p) for p in parameters.values()}
    assert any(p is parameters["family.weight"] for p in rest)  # a table's rows are no directions of a matrix
    before = {name: p.detach().clone() for name, p in parameters.items()}
    for p in parameters.values():
        p.grad = torch.randn_like(p)
    both.step()
    assert [name for name, p in parameters.items() if torch.equal(p, before[name])] == []
    both.zero_grad()
    assert all(p.grad is None for p in parameters.values())


def step_of_a_convolution():
    """Where one step moves the weights of a convolution, as a matrix; the gradient that it follows is kept."""
    torch.manual_seed(0)
    layer = torch.nn.Conv2d(24, 16, 3).to(memory_format=torch.channels_last)
    before = as_matrix(layer.weight.detach()).clone()
    layer.weight.grad = torch.randn_like(layer.weight)
    layer.bias.grad = torch.zeros_like(layer.bias)
    kept = layer.weight.grad.clone()
    MuonAdamW(layer, 1.0, weight_decay=0.0).step()
    assert torch.equal(layer.weight.grad, kept)
    return as_matrix(layer.weight.detach()) - before


def test_a_convolutions_step_is_orthogonal():
    """Muon's steps have singular values near 1 (0.7 to 1.2: Jordan et al. 2024), times 0.2 sqrt(longer side)."""
    singular = torch.linalg.svdvals(step_of_a_convolution() / (0.2 * (24 * 9) ** 0.5))
    assert singular.min() > 0.6
    assert singular.max() < 1.3


def test_an_older_processor_steps_in_float32(monkeypatch):
    """Where bfloat16 is slow Muon computes in float32: the same step to a few per cent, and the gradient is kept."""
    steps = []
    for fast in (True, False):
        monkeypatch.setattr(optimizer, "cpu_has_bf16_matrices", lambda fast=fast: fast)
        steps.append(step_of_a_convolution())
    apart = (steps[0] - steps[1]).norm() / steps[1].norm()
    assert 0 < apart < 0.05  # bfloat16 has eight bits, and five rounds add up


def test_its_state_survives_the_disk(tmp_path):
    """Nothing is unpickled, and the next step is the same."""
    ends = []
    for stored in (False, True):
        model = network()
        both = MuonAdamW(model, 1e-2)
        generator = torch.Generator().manual_seed(1)
        for i in range(3):
            if stored and i == 2:
                torch.save(both.state_dict(), tmp_path / "state.pt")
                both = MuonAdamW(model, 1e-2)
                both.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
            for p in model.parameters():
                p.grad = torch.randn(p.shape, generator=generator).to(memory_format=torch.preserve_format)
            both.step()
        ends.append([p.detach().clone() for p in model.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*ends, strict=True))
