"""The latent space: how much it holds, where its points lie, and what can be read from them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from accelerate.utils import tqdm
from torch import Tensor

from nsynthlib.data import Note, labels_of
from nsynthlib.evaluation.batches import BATCH, encode_notes
from nsynthlib.evaluation.resampling import Clusters, codes
from nsynthlib.evaluation.resampling import mean as average
from nsynthlib.evaluation.statistics import proportion, summarise, summarise_set
from nsynthlib.evaluation.targets import instruments_of
from nsynthlib.models.autoencoders import AE, kl_divergence


def posteriors(model: AE, notes: Sequence[Note], name: str, quiet: bool) -> tuple[Tensor, Tensor]:
    """Mean and log-variance of q(z | x) of every note, ``[n, latent_dim]`` each, on the CPU."""
    batches = tqdm(
        encode_notes(model, notes), total=-(-len(notes) // BATCH), desc=f"{name}: z", unit="batch", disable=quiet
    )
    found = [(some.mean.float().cpu(), some.log_var.float().cpu()) for some in batches]
    mean, log_var = (torch.cat(part) for part in zip(*found, strict=True))
    return mean, log_var


def measure_latent(mean: Tensor, log_var: Tensor, clusters: Clusters = None) -> dict[str, Any]:
    """KL in nats a note, dimensions of more than 0.1 nats, and the aggregate posterior's distance from the prior.

    The distance is the KL divergence in nats of the Gaussian that fits the aggregate posterior from N(0, I). Its
    covariance is that of the means plus the mean of the posteriors' variances (law of total variance), so it exists
    however few notes there are; few notes make it larger, by about d (d + 1) / 4n nats. ``clusters`` are the notes'
    instruments.
    """
    of = codes(clusters, len(mean))
    nats = kl_divergence(mean, log_var)
    both = torch.cat([mean, log_var.exp()], 1).double().numpy()
    return {
        "kl_nats": summarise(nats.sum(1).tolist(), average, of),
        "active_dimensions": int((nats.mean(0) > 0.1).sum()),
        "aggregate_distance": summarise_set(both, _gaussian_kl, clusters=of),
    }


def _gaussian_kl(both: np.ndarray) -> float:
    """KL(N(m, S) || N(0, I)) in nats; ``both`` holds means and variances of posteriors, ``[n, 2 * latent_dim]``."""
    means, variances = np.split(both, 2, axis=1)
    centre = means.mean(0)
    covariance = np.cov(means, rowvar=False, bias=True).reshape(len(centre), -1) + np.diag(variances.mean(0))
    _, log_det = np.linalg.slogdet(covariance)
    return float(0.5 * (np.trace(covariance) + centre @ centre - len(centre) - log_det))


def probe(train: tuple[Tensor, Sequence[Note]], valid: tuple[Tensor, Sequence[Note]]) -> dict[str, dict[str, Any]]:
    """What a linear probe (logistic regression) reads of pitch, family and velocity from z ``[n, latent_dim]``.

    It learns from the first set's points and is asked about the second's, held-out instruments; ``chance`` is what
    always giving the first set's most frequent answer would score. Where all notes of the first set are alike there is
    nothing to read, and no row.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = {}
    for name in ("pitch", "family", "velocity"):
        told, wanted = (labels_of(notes)[name].numpy() for _, notes in (train, valid))
        if len(np.unique(told)) < 2:
            continue
        reader = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=200))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of many pitches among few notes, of a fit that stopped early
            reader.fit(train[0].numpy(), told)
        row = proportion(reader.predict(valid[0].numpy()) == wanted, instruments_of(valid[1]))
        row["chance"] = float(np.mean(wanted == np.bincount(told).argmax()))
        rows[name] = row
    return rows
