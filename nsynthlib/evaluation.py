"""Judging a model: three rows for every measure (real notes, copy-synthesis, model), each with its sample size.

Copy-synthesis is sound to picture to sound with no model in between: the best any model over that picture can do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from accelerate.utils import tqdm
from scipy import stats
from torch import Tensor

from nsynthlib.data import FAMILIES, VELOCITIES, Note, labels_of
from nsynthlib.errors import DataError
from nsynthlib.generation import generate, reconstruct, sound
from nsynthlib.models import AE, CVAE, Condition, kl_divergence
from nsynthlib.pitch import estimate_pitch
from nsynthlib.spectral import log_spectral_distance, spectral_convergence

Row = dict[str, float | int | list[float]]


def summarise(values: Iterable[float], statistic: Callable[..., Any] = np.median, seed: int = 0) -> Row:
    """``{"value", "n", "interval"}``: a statistic of the values with its 95 % bootstrap interval (percentiles)."""
    data = np.asarray(list(values), dtype=float)
    value = float(statistic(data))
    if len(data) < 2 or np.ptp(data) == 0:
        return {"value": value, "n": len(data), "interval": [value, value]}
    interval = stats.bootstrap(
        (data,), statistic, n_resamples=2000, method="percentile", rng=np.random.default_rng(seed)
    ).confidence_interval
    return {"value": value, "n": len(data), "interval": [float(interval.low), float(interval.high)]}


def in_tune(audio: Tensor, pitch: int) -> bool:
    """Whether the pitch tracker hears ``audio`` ``[samples]`` within 50 cents of a MIDI number; silence is not."""
    try:
        return abs(estimate_pitch(audio) - pitch) <= 0.5
    except DataError:
        return False


def compare(originals: Sequence[Tensor], others: Sequence[Tensor], pitches: Sequence[int], model: AE) -> dict[str, Row]:
    """How near ``others`` come to ``originals``, sound by sound: the four measures of one row."""
    pictures = [(model.log_mel.picture(a), model.log_mel.picture(b)) for a, b in zip(originals, others, strict=True)]
    pairs = list(zip(originals, others, strict=True))
    tuned = [in_tune(b, p) for b, p in zip(others, pitches, strict=True)]
    return {
        "rmse_db": summarise(float((a - b).square().mean().sqrt()) for a, b in pictures),
        "log_spectral_distance_db": summarise(float(log_spectral_distance(a, b)) for a, b in pairs),
        "spectral_convergence": summarise(float(spectral_convergence(a, b)) for a, b in pairs),
        "in_tune": summarise(tuned, np.mean),
    }


@torch.inference_mode()
def evaluate(
    model: AE, notes: Sequence[Note], *, limit: int = 100, seed: int = 0, quiet: bool = False
) -> dict[str, Any]:
    """Judge ``model`` on at most ``limit`` of ``notes``, drawn by ``seed``; medians, but shares for ``in_tune``.

    Returns ``reconstruction`` with its three rows, ``generation`` (CVAE: as many notes from the prior, conditions
    drawn over all families, pitches 24-96 and velocities) and ``latent`` (variational: KL in nats, active dimensions).

    Raises:
        DataError: if there are no notes, or one of them is bad.
    """
    if not notes:
        raise DataError("there are no notes to judge by")
    started = time.monotonic()
    rng = np.random.default_rng(seed)
    chosen = [notes[i] for i in sorted(rng.permutation(len(notes))[:limit])]
    originals = [note.audio for note in chosen]
    pitches = [note.pitch for note in chosen]
    all_conditions = Condition(**labels_of(chosen))
    copies, rebuilt, kls = [], [], []
    for i, audio in enumerate(tqdm(originals, desc="reconstruction", unit="note", disable=quiet)):
        condition = Condition(*(field[i : i + 1] for field in all_conditions)) if model.conditional else None
        copies.append(sound(model, model.log_mel.picture(audio)))
        rebuilt.append(reconstruct(model, audio, condition))
        if model.variational:
            kls.append(kl_divergence(*model.encode(model.log_mel.picture(audio)[None], condition))[0])
    result: dict[str, Any] = {
        "notes": len(chosen),
        "seed": seed,
        "reconstruction": {
            "real": compare(originals, originals, pitches, model),
            "copy_synthesis": compare(originals, copies, pitches, model),
            "model": compare(originals, rebuilt, pitches, model),
        },
    }
    if kls:
        nats = torch.stack(kls)
        result["latent"] = {
            "kl_nats": summarise(nats.sum(1).tolist(), np.mean),
            "active_dimensions": int((nats.mean(0) > 0.1).sum()),
        }
    if isinstance(model, CVAE):
        result["generation"] = {"model": _judge_generated(model, len(chosen), rng, quiet)}
    result["seconds"] = round(time.monotonic() - started, 1)
    return result


def _judge_generated(model: CVAE, count: int, rng: np.random.Generator, quiet: bool) -> dict[str, Row]:
    tuned, levels = [], []
    for i in tqdm(range(count), desc="generation", unit="note", disable=quiet):
        pitch, family, velocity = int(rng.integers(24, 97)), FAMILIES[i % len(FAMILIES)], int(rng.choice(VELOCITIES))
        audio = generate(model, pitch=pitch, family=family, velocity=velocity, seed=int(rng.integers(2**31)))
        tuned.append(in_tune(audio, pitch))
        soft, loud = (
            generate(model, pitch=pitch, family=family, velocity=v, seed=i).square().mean() for v in (25, 127)
        )
        levels.append(bool(soft < loud))
    return {"in_tune": summarise(tuned, np.mean), "velocity_127_louder_than_25": summarise(levels, np.mean)}
