"""Notes into a model and out of it, a few at a time: networks and threads are used better than note by note.

Each sound is what :mod:`nsynthlib.generation` makes of one note.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from nsynthlib.audio.tuning import measure_tuning
from nsynthlib.data import Note, labels_of
from nsynthlib.generation.batches import generate_batch
from nsynthlib.generation.notes import TEXTURE, sample_z, to_audio
from nsynthlib.generation.refinement import refine
from nsynthlib.models.autoencoders import AE, CVAE
from nsynthlib.models.condition import Condition
from nsynthlib.models.texture import highpass

BATCH = 8


class Encoded(NamedTuple):
    """A few notes as a model sees them, and Gaussians q(z | x) of each; on the model's device."""

    db: Tensor  # [batch, n_mels, frames]
    condition: Condition | None
    mean: Tensor  # [batch, latent_dim]
    log_var: Tensor


class Request(NamedTuple):
    """A note that is asked for, see :func:`~nsynthlib.generation.generate`; without ``z`` it is sampled by ``seed``."""

    pitch: int
    family: str
    velocity: int
    seed: int = 0
    z: Tensor | None = None


def in_batches(notes: Sequence[Note]) -> Iterator[tuple[list[Note], Tensor]]:
    """A few notes at a time, and their sounds ``[batch, 64000]``."""
    for first in range(0, len(notes), BATCH):
        some = [notes[i] for i in range(first, min(first + BATCH, len(notes)))]
        yield some, torch.stack([note.audio for note in some])


def spectrograms(model: AE, notes: Sequence[Note]) -> Iterator[Tensor]:
    """Decibels ``[batch, n_mels, frames]`` of all notes, on the model's device."""
    for _, audio in in_batches(notes):
        yield model.log_mel(audio.to(model.device))


def encode_notes(model: AE, notes: Sequence[Note]) -> Iterator[Encoded]:
    """All notes through the encoder; a CVAE is told where each of them sounds, as in training."""
    for some, audio in in_batches(notes):
        condition = conditions(some, audio).to(model.device) if model.conditional else None
        db = model.log_mel(audio.to(model.device))
        yield Encoded(db, condition, *model.encode(db, condition))


def conditions(notes: Sequence[Note], audio: Tensor) -> Condition:
    """Labels of ``notes``, whose sounds ``[batch, samples]`` tell how far each lies beside its pitch."""
    labels = labels_of(notes)
    pitch = labels["pitch"] + measure_tuning(audio, labels["pitch"]) / 100
    return Condition(pitch, labels["family"], labels["velocity"])


def copy_synthesis(model: AE, notes: Sequence[Note]) -> Iterator[Tensor]:
    """Notes to the model's spectrogram and back ``[64000]``, with no model in between."""
    for db in spectrograms(model, notes):
        yield from to_audio(model, db).cpu()


def smoothed_copy(model: AE, notes: Sequence[Note]) -> Iterator[Tensor]:
    """The same of spectrograms without what moves quickly, see :func:`~nsynthlib.models.texture.highpass`.

    The mean of all notes that a latent vector stands for is smooth. So this is what a decoder of means would give that
    makes no other mistake.
    """
    for db in spectrograms(model, notes):
        yield from to_audio(model, db - highpass(db)).cpu()


def rebuild(model: AE, notes: Sequence[Note], texture: float = 0.0, *, refined: bool = False) -> Iterator[Tensor]:
    """Every note through the model, as :func:`~nsynthlib.generation.reconstruct` does."""
    for some in encode_notes(model, notes):
        z = refine(model, some.db, some.mean, some.condition) if refined else some.mean
        yield from to_audio(model, model.decode(z, some.condition, texture)).cpu()


def make_notes(model: CVAE, requests: Iterable[Request], texture: float = TEXTURE) -> Iterator[Tensor]:
    """Every note that is asked for, as :func:`~nsynthlib.generation.generate` does."""
    asked = list(requests)
    for first in range(0, len(asked), BATCH):
        some = asked[first : first + BATCH]
        drawn = [sample_z(model, r.pitch, r.family, r.seed) if r.z is None else r.z for r in some]
        z = torch.stack([vector.cpu() for vector in drawn])
        pitch, family, velocity, seed, _ = zip(*some, strict=True)
        how: dict[str, Any] = {"pitch": pitch, "family": family, "velocity": velocity, "seed": seed}
        yield from generate_batch(model, **how, texture=texture, z=z)
