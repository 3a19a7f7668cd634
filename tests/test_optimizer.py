"""Muon and AdamW as one: each parameter has exactly one of them, and updates are orthogonal."""

import pytest
import torch

import nsynthlib.optimizer
from nsynthlib.models import CVAE
from nsynthlib.optimizer import MuonAdamW, as_matrix

SMALL = {"latent_dim": 6, "n_mels": 64, "n_fft": 512, "hop_length": 256, "samples": 8000}


def network(preset="residual"):
    torch.manual_seed(0)
    return CVAE(preset, **SMALL).to(memory_format=torch.channels_last)


@pytest.mark.parametrize("preset", ["residual", "thesis"])
def test_every_parameter_is_updated_once_and_in_place(preset):
    model = network(preset)
    optimizer = MuonAdamW(model, 1e-2, weight_decay=0.0)
    parameters = dict(model.named_parameters())
    rest = [p for group in optimizer.adamw.param_groups for p in group["params"]]
    assert len(optimizer.weights) + len(rest) == len(parameters)
    assert {id(p) for p in optimizer.weights} | {id(p) for p in rest} == {id(p) for p in parameters.values()}
    assert any(p is parameters["family.weight"] for p in rest)  # a table's rows are no directions of a matrix
    before = {name: p.detach().clone() for name, p in parameters.items()}
    for p in parameters.values():
        p.grad = torch.randn_like(p)
    optimizer.step()
    assert [name for name, p in parameters.items() if torch.equal(p, before[name])] == []
    optimizer.zero_grad()
    assert all(p.grad is None for p in parameters.values())


def test_a_convolutions_step_is_orthogonal():
    """Muon's steps have singular values near 1 (0.7 to 1.2: Jordan et al. 2024), times 0.2 sqrt(longer side)."""
    layer = torch.nn.Conv2d(24, 16, 3).to(memory_format=torch.channels_last)
    before = as_matrix(layer.weight.detach()).clone()
    layer.weight.grad = torch.randn_like(layer.weight)
    layer.bias.grad = torch.zeros_like(layer.bias)
    MuonAdamW(layer, 1.0, weight_decay=0.0).step()
    step = (before - as_matrix(layer.weight.detach())) / (0.2 * (24 * 9) ** 0.5)
    singular = torch.linalg.svdvals(step)
    assert singular.min() > 0.6
    assert singular.max() < 1.3


def test_an_older_processor_steps_in_float32(monkeypatch):
    """Where bfloat16 is slow Muon computes in float32: the same step to a few per cent, and the gradient is kept."""
    steps = []
    for fast in (True, False):
        monkeypatch.setattr(nsynthlib.optimizer, "cpu_has_bf16_matrices", lambda fast=fast: fast)
        torch.manual_seed(0)
        layer = torch.nn.Conv2d(24, 16, 3).to(memory_format=torch.channels_last)
        before = as_matrix(layer.weight.detach()).clone()
        layer.weight.grad = torch.randn_like(layer.weight)
        layer.bias.grad = torch.zeros_like(layer.bias)
        kept = layer.weight.grad.clone()
        MuonAdamW(layer, 1.0, weight_decay=0.0).step()
        assert torch.equal(layer.weight.grad, kept)
        steps.append(as_matrix(layer.weight.detach()) - before)
    apart = (steps[0] - steps[1]).norm() / steps[1].norm()
    assert 0 < apart < 0.05  # bfloat16 has eight bits, and five rounds add up


def test_its_state_survives_the_disk(tmp_path):
    """Nothing is unpickled, and the next step is the same."""
    ends = []
    for stored in (False, True):
        model = network()
        optimizer = MuonAdamW(model, 1e-2)
        generator = torch.Generator().manual_seed(1)
        for i in range(3):
            if stored and i == 2:
                torch.save(optimizer.state_dict(), tmp_path / "state.pt")
                optimizer = MuonAdamW(model, 1e-2)
                optimizer.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
            for p in model.parameters():
                p.grad = torch.randn(p.shape, generator=generator).to(memory_format=torch.preserve_format)
            optimizer.step()
        ends.append([p.detach().clone() for p in model.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*ends, strict=True))
