"""Many notes at once, in a fraction of the time that they take one after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nsynthlib.errors import UsageError
from nsynthlib.generation.notes import SEEDS, TEXTURE, check_texture, read_z, sample_z, to_audio
from nsynthlib.models.autoencoders import CVAE, need_model
from nsynthlib.models.condition import Condition, condition_of
from nsynthlib.values import whole

BATCH = 32  # notes that a GPU makes together; more only take more memory


@torch.inference_mode()
def generate_batch(
    model: CVAE,
    *,
    pitch: float | str | Sequence[float | str],
    family: str | Sequence[str],
    velocity: float | Sequence[float],
    seed: int | Sequence[int] = 0,
    temperature: float = 1.0,
    texture: float = TEXTURE,
    tuning: float | Sequence[float] = 0.0,
    z: Tensor | None = None,
) -> Tensor:
    """New notes, float32 ``[notes, 64000]`` in [-1, 1] at 16 kHz: those that :func:`generate` makes one by one.

    ``generate_batch(model, pitch=[60, 64, 67], family="organ", velocity=100)`` is a chord. On a CPU each thread works
    at a note of its own, and notes are :func:`generate`'s to the bit. On a GPU all are made together, and sums are
    rounded otherwise, which turns the phase of some of what is hardly heard.

    Args:
        model: a trained CVAE.
        pitch, family, velocity, seed, tuning: as for :func:`generate`; each is one value for all notes, or one a note.
        temperature, texture: as for :func:`generate`, of all notes.
        z: the latent vectors themselves, ``[notes, latent_dim]``, in place of samples.

    Raises:
        UsageError: for a value outside its range, for as many values of one kind as there are not of another, or for
            a model that is no CVAE.

    >>> from nsynthlib import CVAE
    >>> chord = generate_batch(CVAE.from_pretrained(), pitch=["C4", "E4", "G4"], family="organ", velocity=100)
    >>> chord.shape
    torch.Size([3, 64000])
    """
    need_model(model, "generate_batch", CVAE)
    strength = check_texture(texture)
    notes = _notes(pitch=pitch, family=family, velocity=velocity, tuning=tuning, seed=seed, z=z)
    conditions = [condition_of(*told) for *told, _, _ in notes]
    seeds = [whole("seed", number, 0, SEEDS) for *_, number, _ in notes]
    vectors = [
        sample_z(model, key, name, number, temperature) if given is None else read_z(model, given)
        for key, name, *_, number, given in notes
    ]
    together = 1 if model.device.type == "cpu" else BATCH
    decoded = [torch.zeros(0, *model.log_mel.shape, device=model.device)]
    for first in range(0, len(notes), together):
        part = slice(first, first + together)
        told = Condition(*map(torch.cat, zip(*conditions[part], strict=True))).to(model.device)
        drawn = torch.tensor(seeds[part], device=model.device)
        decoded.append(model.decode(torch.stack(vectors[part]).to(model.device), told, strength, drawn))
    return torch.cat([to_audio(model, db).cpu() for db in torch.cat(decoded).split(BATCH)])


def _notes(**given: Any) -> list[tuple[Any, ...]]:
    """A tuple for every note, of one value of each kind; what is given once is every note's."""
    lengths = {name: len(value) for name, value in given.items() if _is_many(value)}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{length} of {name}" for name, length in lengths.items())
        raise UsageError(f"every note needs one value of each kind, but there are {told}; give as many of each, or one")
    count = next(iter(lengths.values()), 1)
    columns = (value if name in lengths else [value] * count for name, value in given.items())
    return list(zip(*columns, strict=True))


def _is_many(value: Any) -> bool:
    if isinstance(value, (np.ndarray, Tensor)):
        return value.ndim > 0
    return isinstance(value, Sequence) and not isinstance(value, str)
