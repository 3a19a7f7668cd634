"""A latent vector nearer to a note than the encoder's: its guess, improved by a few steps of gradient descent.

An encoder answers at once, with one network for all notes, and answers less well for an instrument unlike those it
learned from. What is lost by that is the amortisation gap (Cremer, Li and Duvenaud 2018); descent on the same loss
closes most of it, for a second of work a note (Kim et al. 2018).
"""

from __future__ import annotations

import torch
from torch import Tensor

from nsynthlib.models.autoencoders import AE, N_EFFECTIVE
from nsynthlib.models.condition import Condition

STEPS = 20
STEP_SIZE = 0.05  # of Adam, in standard deviations of the prior


def refine(model: AE, db: Tensor, z: Tensor, condition: Condition | None = None, steps: int = STEPS) -> Tensor:
    """Latent vectors ``[batch, latent_dim]`` that decode to ``db`` ``[batch, n_mels, frames]`` better than ``z``.

    What is made smaller is the error of the spectrogram, and for a variational model the distance from N(0, I) as well:
    the mode of p(z | x) near ``z``. Each note goes its own way, whatever else is in the batch.
    """
    with torch.inference_mode(False), torch.enable_grad():
        target = model.scaled(db.clone())
        cond = condition and Condition(*(field.clone() for field in condition))
        vector = z.clone().requires_grad_(True)
        descent = torch.optim.Adam([vector], STEP_SIZE)
        for _ in range(steps):
            mse = (model.decode_stats(vector, cond, with_sigma=False)[0] - target).square().mean((1, 2))
            loss = 0.5 * N_EFFECTIVE * mse.log()
            if model.variational:
                loss = loss + 0.5 * vector.square().sum(1)
            (vector.grad,) = torch.autograd.grad(loss.sum(), vector)
            descent.step()
    return vector.detach()
