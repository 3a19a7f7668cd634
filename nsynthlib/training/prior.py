"""The prior that is fitted to a trained CVAE."""

from __future__ import annotations

import torch

from nsynthlib.models.autoencoders import CVAE, need_model
from nsynthlib.models.prior import Prior
from nsynthlib.training.batches import BatchSource
from nsynthlib.training.settings import Settings

PRIOR_NOTES = 20_000  # more would cost time and change little
PRIOR_SAMPLES = 2  # from each posterior: with one, a component would take chance for shape
PRIOR_NOISE = 0.5  # of a posterior's width: all of it and new notes stray an octave, none and they are less varied


@torch.no_grad()
def fit_prior(model: CVAE, notes: BatchSource, settings: Settings) -> Prior:
    """Where the latent vectors of at most ``PRIOR_NOTES`` training notes lie, by samples of narrowed posteriors.

    >>> import torch
    >>> from nsynthlib import CVAE, pocket
    >>> from nsynthlib.training.batches import BatchSource
    >>> model = CVAE.from_pretrained()
    >>> notes = BatchSource(pocket(), torch.device("cpu"), model.log_mel)
    >>> fit_prior(model, notes, Settings()).latent_dim
    48
    """
    need_model(model, "fit_prior", CVAE)
    generator = torch.Generator().manual_seed(settings.seed)
    chosen = torch.randperm(len(notes), generator=generator)[:PRIOR_NOTES]
    sampled = []
    for rows in chosen.split(settings.batch_size):
        mean, log_var = (part.float().cpu() for part in model.encode(*notes.batch(rows)))
        noise = torch.randn(PRIOR_SAMPLES, *mean.shape, generator=generator)
        sampled.append(mean + PRIOR_NOISE * (0.5 * log_var).exp() * noise)  # [PRIOR_SAMPLES, batch, latent_dim]
    pitch, family, _ = (field.cpu()[chosen].repeat(PRIOR_SAMPLES) for field in notes.condition)
    return Prior.fit(torch.cat(sampled, 1).flatten(0, 1), pitch, family, settings.seed)
