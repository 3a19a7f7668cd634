"""Muon for the matrices of a network, AdamW for the rest, as one optimiser.

Muon makes every update of a matrix orthogonal, so that no direction is learned much faster than another (Jordan et al.
2024). PyTorch's takes matrices only; here it is shown each convolution's weights as one, outputs × (rows × columns ×
inputs).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from nsynthlib.training.precision import Float32, cpu_has_bf16_matrices


class MuonAdamW:
    """The two optimisers behind the face of one.

    Args:
        model: in channels-last memory format and on its device: neither may change afterwards.
        learning_rate: peak, for both (Muon's steps are scaled to the size of AdamW's: Liu et al. 2025).
        weight_decay: decoupled, for both.
        fused: AdamW's kernel for CUDA.
    """

    def __init__(self, model: nn.Module, learning_rate: float, weight_decay: float = 0.05, fused: bool = False) -> None:
        tables = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
        parameters = list(model.parameters())
        self.weights = [p for p in parameters if p.dim() > 1 and id(p) not in tables]
        matrices = {id(p) for p in self.weights}
        self.views = [nn.Parameter(as_matrix(p.detach())) for p in self.weights]
        rest = [p for p in parameters if id(p) not in matrices]
        self.muon = torch.optim.Muon(
            self.views, learning_rate, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"
        )
        older = rest[0].device.type == "cpu" and not cpu_has_bf16_matrices()
        self.precision = Float32 if older else nullcontext  # Muon's own is bfloat16
        self.adamw = torch.optim.AdamW(rest, learning_rate, betas=(0.9, 0.99), weight_decay=weight_decay, fused=fused)

    @property
    def param_groups(self) -> Iterator[dict[str, Any]]:
        return chain(self.muon.param_groups, self.adamw.param_groups)

    def set_learning_rate(self, learning_rate: float) -> None:
        for group in self.param_groups:
            group["lr"] = learning_rate

    def step(self) -> None:
        for view, weight in zip(self.views, self.weights, strict=True):
            view.grad = None if weight.grad is None else as_matrix(weight.grad)
        with self.precision():
            self.muon.step()
        self.adamw.step()

    def zero_grad(self) -> None:
        for parameter in chain(self.weights, *_parameters(self.adamw.param_groups)):
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        return {"muon": self.muon.state_dict(), "adamw": self.adamw.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.muon.load_state_dict(state["muon"])
        self.adamw.load_state_dict(state["adamw"])


def schedule(progress: float) -> float:
    """What the peak learning rate is multiplied by at a part of a run, in [0, 1].

    Warm-up over the first 2 %, then a cosine from 1 to 0.01.
    """
    return min(1.0, (progress + 1e-4) / 0.02) * (0.505 + 0.495 * math.cos(math.pi * progress))


def as_matrix(weight: Tensor) -> Tensor:
    """The same numbers as ``[outputs, rest]``: a view of a weight that lies in channels-last order."""
    return weight if weight.dim() == 2 else weight.permute(0, 2, 3, 1).flatten(1)


def _parameters(groups: Iterable[dict[str, Any]]) -> Iterator[list[Tensor]]:
    return (group["params"] for group in groups)
