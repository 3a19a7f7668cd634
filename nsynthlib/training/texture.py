"""The head that tells how far notes stray from the mean, fitted to a model that is trained."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from nsynthlib.models.autoencoders import AE
from nsynthlib.models.networks.residual import LOG_SIGMA_INIT, ResidualDecoder
from nsynthlib.models.texture import fast_part, local_deviation, steady_frames
from nsynthlib.training.batches import BatchSource
from nsynthlib.training.losses import deviation_loss
from nsynthlib.training.settings import Settings

NOTES = 1_280  # each tells 48,000 numbers, and the head has some 7,000 weights
ITERATIONS = 25
LARGEST = 0.0  # log of half the range of levels: more than any note strays, and a bold step must not overflow

Batch = tuple[Tensor, Tensor | None, Tensor]  # features, comb, and how far the notes stray about each bin


def log_sigma_head(model: AE) -> nn.Conv2d | None:
    """The layer that :func:`fit_log_sigma` fits; ``None`` where the preset has none."""
    return getattr(model.decoder, "log_sigma", None)


def fit_log_sigma(model: AE, notes: BatchSource, settings: Settings) -> bool:
    """Learn how far notes stray from the model's mean, anew, and nothing else; returns whether there is such a head.

    The model's features are not changed by what this head learns, so it can be learned last, and from notes as they
    are: noise that augmentation adds to them would come back as breath. It has few weights and all its data at hand,
    so it is fitted by L-BFGS (Nocedal 1980), for a few iterations: more would suit the learned notes only.

    Args:
        model: trained; its other weights stay as they are.
        notes: those it learned from, drawn as training draws them.
        settings: of the run: size of a batch, and seed.

    >>> import torch
    >>> from nsynthlib import VAE, pocket
    >>> from nsynthlib.training.batches import BatchSource
    >>> model = VAE("small")
    >>> notes = BatchSource(pocket()[:8], torch.device("cpu"), model.log_mel)
    >>> fit_log_sigma(model, notes, Settings(kind="vae", preset="small", batch_size=8))
    True
    """
    head = log_sigma_head(model)
    if head is None:
        return False
    decoder = cast(ResidualDecoder, model.decoder)
    rows, columns = model.log_mel.shape
    kept = _batches(model, notes, settings)
    power = torch.stack([deviation.float().square().mean() for *_, deviation in kept]).mean()
    with torch.no_grad():
        head.weight.zero_()
        cast(Tensor, head.bias).fill_(LOG_SIGMA_INIT)
    descent = torch.optim.LBFGS(head.parameters(), max_iter=ITERATIONS, history_size=20, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        descent.zero_grad()
        total = torch.zeros((), device=model.device)
        for features, comb, deviation in kept:
            log_sigma = decoder.deviation(features, comb)[:, 0, :rows, :columns]
            part = deviation_loss(log_sigma.clamp_max(LARGEST), deviation.float()) / (power * len(kept))
            part.backward()
            total += part.detach()
        return total

    descent.step(loss)
    return True


@torch.no_grad()
def _batches(model: AE, notes: BatchSource, settings: Settings) -> list[Batch]:
    """What at most ``NOTES`` notes say to the head, as samples of their posteriors are decoded."""
    generator = torch.Generator().manual_seed(settings.seed)
    steady = steady_frames(model.log_mel).to(model.device)
    decoder = cast(ResidualDecoder, model.decoder)
    rows, columns = model.log_mel.shape
    kept: list[Batch] = []
    for _ in range(max(1, min(NOTES, len(notes)) // settings.batch_size)):
        db, condition = notes.batch(notes.draw(settings.batch_size, generator))
        mean, log_var = model.encode(db, condition)
        noise = torch.randn(mean.shape, generator=generator).to(mean.device)
        z = mean + noise * (0.5 * log_var).exp()
        cond, comb = model.decoder_inputs(z, condition)
        features = decoder.features(cond, comb)
        x_mean = decoder.mean(features, comb)[:, 0, :rows, :columns]
        deviation = local_deviation(fast_part(model.scaled(db), x_mean, steady))
        kept.append((features, comb, deviation.half()))
    return kept
