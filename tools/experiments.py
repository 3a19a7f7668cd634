"""What experiments compare: variants of one budget, each of them trained by `run_experiments.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch

from nsynthlib.data import FAMILIES, Note
from nsynthlib.evaluation.batches import Request, make_notes, spectrograms
from nsynthlib.evaluation.per_note import row_of
from nsynthlib.evaluation.statistics import proportion
from nsynthlib.evaluation.targets import instruments_of
from nsynthlib.evaluation.trackers import in_tune
from nsynthlib.models.autoencoders import AE, CVAE, KINDS
from nsynthlib.models.likelihood import BETA
from nsynthlib.models.networks import PRESETS, RESIDUAL, residual_preset, thesis_preset
from nsynthlib.models.variants import VARIANTS, damage
from nsynthlib.training import Settings

BUDGET = Settings(preset="residual", epochs=2, batch_size=32, learning_rate=2e-3)
SEEDS = range(3)
DAMAGED = 0.4  # of each spectrogram, for measure_damaged
ASKED = range(24, 97, 3)  # pitches, for measure_control

# Channels such that the linear layers between network and vector are of one size.
THESIS_VARIANTS = {
    "thesis, 2 layers": thesis_preset((64, 2)),
    "thesis, 4 layers": thesis_preset((32, 64, 64, 32)),
    "thesis, pooling": thesis_preset(pooling=True),
    "thesis, output_padding": thesis_preset(pad_input=False),
    "thesis, silence at the end": thesis_preset(pad_input=False, output_padding=False),
}
NO_FILM = "residual, no FiLM"

Sets = Mapping[str, Sequence[Note]]
Measure = Callable[[AE, Sets], dict[str, Any]]


@dataclass(frozen=True)
class Variant:
    """One run of an experiment: its row, its settings, the source of notes it does without, and what is asked of it
    beside copies."""

    name: str
    settings: Settings
    without: str | None = None
    measure: Measure | None = None


def register() -> None:
    """Let `Settings` ask for what the package does not offer by name: models and networks made for experiments."""
    KINDS.update(VARIANTS)
    PRESETS.update(THESIS_VARIANTS)
    PRESETS[NO_FILM] = residual_preset(48, *RESIDUAL, film=False)


def architectures() -> Iterator[Variant]:
    """Each kind of model, and the thesis' network."""
    for seed in SEEDS:
        for name, kind, preset in (
            ("AE", "ae", BUDGET.preset),
            ("VAE", "vae", BUDGET.preset),
            ("CVAE", "cvae", BUDGET.preset),
            ("CVAE of the thesis", "cvae", "thesis"),
        ):
            yield Variant(name, replace(BUDGET, kind=kind, preset=preset, seed=seed))


def rate_distortion() -> Iterator[Variant]:
    """Weights of KL and sizes of z."""
    for latent_dim in (16, 48, 128):
        for factor in (0.25, 0.5, 1, 2, 4):
            settings = replace(BUDGET, latent_dim=latent_dim, beta=factor * BETA)
            yield Variant(f"{latent_dim} dimensions, beta {settings.beta:g}", settings)


def sources() -> Iterator[Variant]:
    """What is lost without one source of notes."""
    for seed in SEEDS:
        yield Variant("all", replace(BUDGET, seed=seed))
        for source in ("small soundfonts", "dx7", "recordings"):
            yield Variant(f"without {source}", replace(BUDGET, seed=seed), source)


def thesis_claims() -> Iterator[Variant]:
    """What section 5.1.1 of the thesis says of its autoencoder: depth, size of z, downsampling, awkward sizes."""
    base = replace(BUDGET, kind="ae", preset="thesis")
    for seed in SEEDS:
        yield Variant("thesis", replace(base, seed=seed))
        for preset in THESIS_VARIANTS:
            yield Variant(preset.removeprefix("thesis, "), replace(base, preset=preset, seed=seed))
        for latent_dim in (16, 32, 64, 256, 512):
            yield Variant(f"{latent_dim} numbers", replace(base, latent_dim=latent_dim, seed=seed))


def objectives() -> Iterator[Variant]:
    """Autoencoders that give back what they see, mend what is damaged, or may use few of many numbers."""
    for seed in SEEDS:
        for name, kind, latent_dim in (
            ("plain", "ae", 48),
            ("denoising", "denoising", 48),
            ("sparse", "sparse", 512),
            ("plain, 512 numbers", "ae", 512),
        ):
            settings = replace(BUDGET, kind=kind, latent_dim=latent_dim, seed=seed)
            yield Variant(name, settings, measure=measure_damaged)


def conditioning() -> Iterator[Variant]:
    """Ways to tell a CVAE what a note is to be."""
    for seed in SEEDS:
        for name, kind, preset in (
            ("number", "number", "residual"),
            ("embedding", "embedding", "residual"),
            ("comb", "cvae", "residual"),
            ("one-hot", "one_hot", "residual"),
            ("one-hot, no FiLM", "one_hot", NO_FILM),
        ):
            yield Variant(name, replace(BUDGET, kind=kind, preset=preset, seed=seed), measure=measure_control)


EXPERIMENTS = {
    made.__name__: made for made in (architectures, rate_distortion, sources, thesis_claims, objectives, conditioning)
}


@torch.inference_mode()
def measure_damaged(model: AE, sets: Sets) -> dict[str, Any]:
    """Errors of spectrograms drawn from damaged ones, and how many of the vector's numbers any note uses."""
    torch.manual_seed(0)
    floor, rows, used = model.log_mel.floor_db, {}, torch.zeros(model.latent_dim, dtype=torch.bool)
    for name, notes in sets.items():
        found: dict[str, list[torch.Tensor]] = {"damage_db": [], "mended_db": []}
        for db in spectrograms(model, notes):
            damaged = damage(db, torch.full((len(db),), DAMAGED), floor)
            for measure, made in (("damage_db", damaged), ("mended_db", model.decode(model.encode(damaged)[0]))):
                found[measure].append((made - db).square().mean((1, 2)).sqrt())
            used |= (model.encode(db)[0] != 0).any(0).cpu()
        values = {measure: torch.cat(some).cpu().numpy() for measure, some in found.items()}
        rows[name] = row_of(values, instruments_of(notes))
    return {"damaged": rows, "used": int(used.sum())}


@torch.inference_mode()
def measure_control(model: AE, _sets: Sets) -> dict[str, Any]:
    """How many notes from N(0, I), of all families and of pitches from 24 to 96, are in tune; clusters are families."""
    rng = np.random.default_rng(0)
    requests = [
        Request(pitch, family, 100, seed, torch.from_numpy(rng.standard_normal(model.latent_dim)).float())
        for seed, (family, pitch) in enumerate((family, pitch) for family in FAMILIES for pitch in ASKED)
    ]
    made = make_notes(cast(CVAE, model), requests)
    heard = [in_tune(audio, one.pitch) for audio, one in zip(made, requests, strict=True)]
    families = np.array([FAMILIES.index(one.family) for one in requests])
    return {"in_tune": proportion(heard, families)}
