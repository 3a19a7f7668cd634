"""What training makes smaller."""

from __future__ import annotations

import torch
from torch import Tensor

from nsynthlib.models.autoencoders import AE, Output, kl_divergence
from nsynthlib.models.texture import highpass


def sigma_vae_loss(x_mean: Tensor, target: Tensor, kl: Tensor, n_effective: float, kl_weight: float) -> Tensor:
    """Negative ELBO in nats a note with the Gaussian's variance at its optimum (Rybkin, Daniilidis and Levine 2021).

    That optimum is the mean squared error itself, which leaves n/2 log(MSE) for n independent numbers.
    """
    mse = (x_mean - target).square().mean()
    return 0.5 * n_effective * mse.log() + kl_weight * kl


def deviation_loss(x_log_sigma: Tensor, residual: Tensor) -> Tensor:
    """Mean negative log-likelihood of the fast part of a residual under Gaussians of width exp(x_log_sigma).

    Both are ``[batch, bands, frames]`` in network units. The residual is a fact here: it gets no gradient.
    """
    fast = highpass(residual.detach())
    return (x_log_sigma + 0.5 * (fast / x_log_sigma.exp()).square()).mean()


def mean_kl(out: Output, model: AE) -> Tensor:
    """KL divergence in nats a note, averaged over the batch; 0 for a plain autoencoder."""
    if not model.variational:
        return torch.zeros((), device=out.mean.device)
    return kl_divergence(out.mean.float(), out.log_var.float()).sum(1).mean()
