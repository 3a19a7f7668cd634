"""Judging a model: three rows for every measure (real notes, copy-synthesis, model), each with its sample size.

Copy-synthesis is sound to picture to sound with no model in between: the best any model over that picture can do.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
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
from nsynthlib.spectral import (
    FLOOR_DB,
    LogMel,
    log_spectral_distance,
    mel_filterbank,
    spectral_convergence,
    stft,
    to_db,
)

Row = dict[str, float | int | list[float]]
COMMON = LogMel(256, mel_scale="htk")


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


def common_picture(audio: Tensor) -> Tensor:
    """Decibels ``[..., 256, frames]`` in [-80, 0] on which all models are compared, whatever picture they use inside.

    HTK mel bands of the magnitude STFT (2048/512, Hann) against a magnitude of 64, 18 dB below a full-scale sine.
    """
    offset = 20 * math.log10(COMMON.stft.reference / 64)
    filters = mel_filterbank(COMMON.n_mels, COMMON.n_fft, mel_scale=COMMON.mel_scale).to(audio.device)
    magnitude = filters @ stft(audio, COMMON.stft).abs()
    return (to_db(magnitude, COMMON.stft, FLOOR_DB - offset) + offset).clamp(max=0.0)


def compare(originals: Sequence[Tensor], others: Sequence[Tensor], pitches: Sequence[int]) -> dict[str, Row]:
    """How near ``others`` come to ``originals``, sound by sound: the measures of one row.

    RMSE is taken on :func:`common_picture`, over all of it and over what lies above the floor in the original.
    """
    pairs = list(zip(originals, others, strict=True))
    pictures = [(common_picture(a), common_picture(b)) for a, b in pairs]
    tuned = [in_tune(b, p) for b, p in zip(others, pitches, strict=True)]
    return {
        "rmse_db": summarise(float((a - b).square().mean().sqrt()) for a, b in pictures),
        "rmse_above_floor_db": summarise(
            float((a - b)[a > FLOOR_DB].square().mean().sqrt()) for a, b in pictures if (a > FLOOR_DB).any()
        ),
        "log_spectral_distance_db": summarise(float(log_spectral_distance(a, b)) for a, b in pairs),
        "spectral_convergence": summarise(float(spectral_convergence(a, b)) for a, b in pairs),
        "in_tune": summarise(tuned, np.mean),
    }


@torch.inference_mode()
def evaluate(
    model: AE, sets: Mapping[str, Sequence[Note]], *, limit: int = 100, seed: int = 0, quiet: bool = False
) -> dict[str, Any]:
    """Judge ``model`` on at most ``limit`` notes of each of ``sets``, drawn by ``seed``; medians, but shares in tune.

    Returns ``reconstruction`` with three rows for every set, ``latent`` for every set (variational: KL in nats, active
    dimensions) and ``generation`` (CVAE: ``limit`` notes, conditions drawn over all families, pitches 24-96 and
    velocities).

    Raises:
        DataError: if a set has no notes, or one of them is bad.
    """
    started = time.monotonic()
    rng = np.random.default_rng(seed)
    result: dict[str, Any] = {"seed": seed, "reconstruction": {}, "latent": {}}
    for name, notes in sets.items():
        if not len(notes):
            raise DataError(f"{name}: there are no notes to judge by")
        chosen = [notes[int(i)] for i in sorted(rng.permutation(len(notes))[:limit])]
        result["reconstruction"][name], nats = _reconstruction(model, chosen, name, quiet)
        if model.variational:
            result["latent"][name] = {
                "kl_nats": summarise(nats.sum(1).tolist(), np.mean),
                "active_dimensions": int((nats.mean(0) > 0.1).sum()),
            }
    if isinstance(model, CVAE):
        result["generation"] = {"model": _judge_generated(model, limit, rng, quiet)}
    result["seconds"] = round(time.monotonic() - started, 1)
    return result


def _reconstruction(
    model: AE, notes: Sequence[Note], name: str, quiet: bool
) -> tuple[dict[str, dict[str, Row]], Tensor]:
    """The three rows of one set, and each note's KL of every latent dimension ``[n, latent_dim]``."""
    originals, pitches = [note.audio for note in notes], [note.pitch for note in notes]
    conditions = Condition(**labels_of(notes))
    copies, rebuilt, nats = [], [], []
    for i, audio in enumerate(tqdm(originals, desc=name, unit="note", disable=quiet)):
        condition = Condition(*(field[i : i + 1] for field in conditions)) if model.conditional else None
        picture = model.log_mel.picture(audio)
        copies.append(sound(model, picture))
        rebuilt.append(reconstruct(model, audio, condition))
        nats.append(kl_divergence(*model.encode(picture[None], condition))[0])
    rows = {"real": originals, "copy_synthesis": copies, "model": rebuilt}
    return {row: compare(originals, sounds, pitches) for row, sounds in rows.items()}, torch.stack(nats)


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
