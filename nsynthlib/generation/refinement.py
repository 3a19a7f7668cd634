"""A latent vector nearer to a note than the encoder's: its guess, improved by a few steps of gradient descent.

An encoder answers at once, with one network for all notes, and answers less well for an instrument unlike those it
learned from. What is lost by that is the amortisation gap (Cremer, Li and Duvenaud 2018); descent on the same loss
closes most of it, for a second of work a note (Kim et al. 2018).
"""

from __future__ import annotations

import torch
from torch import Tensor

from nsynthlib.models.autoencoders import AE
from nsynthlib.models.condition import Condition
from nsynthlib.models.likelihood import BETA, bin_error

STEPS = 20
STEP_SIZE = 0.05  # of Adam, in standard deviations of the prior


def refine(model: AE, db: Tensor, z: Tensor, condition: Condition | None = None, steps: int = STEPS) -> Tensor:
    """Latent vectors ``[batch, latent_dim]`` that decode to ``db`` ``[batch, n_mels, frames]`` better than ``z``.

    What is made smaller is the error of the spectrogram, and for a variational model the distance from N(0, I) as well:
    the mode of p(z | x) near ``z``. Each note goes its own way, whatever else is in the batch.

    >>> from nsynthlib import AE, pocket
    >>> import torch
    >>> model = AE.from_pretrained()
    >>> db = model.log_mel(pocket()[0].audio)[None]
    >>> with torch.no_grad():
    ...     z, _ = model.encode(db)
    >>> better = refine(model, db, z)
    >>> before, after = ((model.decode(vector) - db).square().mean() for vector in (z, better))
    >>> bool(after < before)
    True
    """
    with torch.inference_mode(False), torch.enable_grad():
        target = db.clone()
        cond = condition and Condition(*(field.clone() for field in condition))
        vector = z.clone().requires_grad_(True)
        descent = torch.optim.Adam([vector], STEP_SIZE)
        for _ in range(steps):
            x_mean, _ = model.decode_stats(vector, cond)
            error = bin_error(model.decibels(x_mean), target)
            loss = 0.5 * target[0].numel() * error.mean((1, 2)).log()
            if model.variational:
                loss = loss + BETA * 0.5 * vector.square().sum(1)
            (vector.grad,) = torch.autograd.grad(loss.sum(), vector)
            descent.step()
    return vector.detach()
