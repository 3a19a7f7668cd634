"""Is a note that is played harder louder? Levels tell, which no classifier need be asked."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

import numpy as np
from torch import Tensor

from nsynthlib.data import FAMILIES, Note
from nsynthlib.evaluation.batches import Request, copy_synthesis, make_notes, rebuild
from nsynthlib.evaluation.judges import level_rises
from nsynthlib.evaluation.selection import crescendos, evenly
from nsynthlib.evaluation.statistics import Measurement, proportion
from nsynthlib.generation.notes import TEXTURE, standard_normal
from nsynthlib.models.autoencoders import CVAE

STEPS = (25, 75, 127)  # velocities that must rise in level


def requests_like(notes: Sequence[Note], seeds: Sequence[int]) -> list[Request]:
    """For a new note like each of ``notes``, by a seed of its own."""
    return [Request(n.pitch, n.family, n.velocity, seed) for n, seed in zip(notes, seeds, strict=True)]


def with_plain_prior(model: CVAE, requests: Sequence[Request]) -> list[Request]:
    """The same with z from N(0, I)."""
    return [request._replace(z=standard_normal(model, request.seed)) for request in requests]


def velocity_by_level(
    model: CVAE,
    held_out: Sequence[Note],
    notes: Sequence[Note],
    seeds: Sequence[int],
    limit: int,
    rng: np.random.Generator,
) -> dict[str, Measurement]:
    """How often level rises with velocity, for each row of new notes; rows without such notes are left out.

    Real notes are of one instrument and pitch, at most ``limit`` times three; so are rows made from them. New ones are
    asked for like ``limit`` of ``notes``, each family in its turn, and keep their seed at all velocities.
    """
    triples = crescendos(held_out, limit, rng)
    chosen = sorted(evenly([note.family for note in notes], rng)[:limit])
    requests = requests_like([notes[i] for i in chosen], [seeds[i] for i in chosen])
    at_each = [request._replace(velocity=velocity) for request in requests for velocity in STEPS]
    played = [note for three in triples for note in three]
    of_real = [soft.instrument for soft, *_ in triples]
    of_new = [(request.pitch, FAMILIES.index(request.family)) for request in requests]
    sounds: dict[str, tuple[Iterable[Tensor], Sequence[Hashable]]] = {
        "real": ((note.audio for note in played), of_real),
        "copy_synthesis": (copy_synthesis(model, played), of_real),
        "model": (make_notes(model, at_each), of_new),
        "without_texture": (make_notes(model, at_each, texture=0.0), of_new),
        "plain_prior": (make_notes(model, with_plain_prior(model, at_each)), of_new),
        "reconstructed": (rebuild(model, played, TEXTURE), of_real),
    }
    return {row: proportion(rises(heard), of) for row, (heard, of) in sounds.items() if of}


def rises(sounds: Iterable[Tensor]) -> list[bool]:
    """Whether level rises with velocity, of every three sounds."""
    one = iter(sounds)
    return [level_rises(*three) for three in zip(one, one, one, strict=True)]
