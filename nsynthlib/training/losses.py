"""What training makes smaller."""

from __future__ import annotations

import torch
from torch import Tensor

from nsynthlib.models.autoencoders import AE, Output, kl_divergence


def beta_vae_loss(error: Tensor, kl: Tensor, beta: float) -> Tensor:
    """n / 2 log(E) / beta + KL: the objective of a beta-VAE (Higgins et al. 2017), divided by beta.

    n / 2 log(E) is the negative log-likelihood in nats a note, but for a constant, of n numbers under Gaussians whose
    variance is the best for them all, their mean squared error E (Rybkin, Daniilidis and Levine 2021). Neighbouring
    numbers of a spectrogram move together, so that likelihood counts each fact many times, and with beta = 1 the KL
    divergence would weigh nothing. Divided by beta the loss stays of one size, and so do its gradients.

    Args:
        error: of every number of a batch, ``[batch, bands, frames]``, see :func:`~nsynthlib.models.bin_error`.
        kl: nats a note, averaged over the batch.
        beta: weight of the KL divergence; while it grows in, that of ``kl`` alone.

    >>> import torch
    >>> error = torch.full((2, 3, 4), 9.0)  # 12 numbers a note, all 3 dB off
    >>> round(float(beta_vae_loss(error, kl=torch.tensor(10.0), beta=2.0)), 2)  # 12 / 2 ln(9) / 2 + 10
    16.59
    """
    return 0.5 * error[0].numel() / beta * error.mean().log() + kl


def deviation_loss(x_log_sigma: Tensor, deviation: Tensor) -> Tensor:
    """Mean squared error of exp(x_log_sigma): least where it is the mean of all deviations that notes like these have.

    Both are ``[batch, bands, frames]`` in network units; ``deviation`` is measured, see
    :func:`~nsynthlib.models.texture.local_deviation`. A likelihood of the fast part itself would learn the root of the
    mean square, which a few restless notes make larger than most notes are.

    >>> import torch
    >>> deviation = torch.tensor([[[0.1, 0.3]]])
    >>> means = [torch.full((1, 1, 2), s).log() for s in (0.1, 0.2, 0.3)]
    >>> [round(float(deviation_loss(x_log_sigma, deviation)), 3) for x_log_sigma in means]  # least at the mean
    [0.02, 0.01, 0.02]
    """
    return (x_log_sigma.exp() - deviation).square().mean()


def mean_kl(out: Output, model: AE) -> Tensor:
    """KL divergence in nats a note, averaged over the batch; 0 for a plain autoencoder."""
    if not model.variational:
        return torch.zeros((), device=out.mean.device)
    return kl_divergence(out.mean.float(), out.log_var.float()).sum(1).mean()
