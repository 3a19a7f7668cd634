"""New notes beside real ones that were asked for alike: GANSynth's measures (Engel et al. 2019, table 1) and more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from torch import Tensor

from nsynthlib.data import Note
from nsynthlib.evaluation.batches import copy_synthesis, make_notes, rebuild
from nsynthlib.evaluation.judges import Judges
from nsynthlib.evaluation.memorisation import Kept, measure_memorisation
from nsynthlib.evaluation.per_note import Compared, between_name
from nsynthlib.evaluation.reference import Reference
from nsynthlib.evaluation.selection import condition_pairs, draw_notes, nearest_notes
from nsynthlib.evaluation.targets import Targets
from nsynthlib.evaluation.velocities import requests_like, velocity_by_level, with_plain_prior
from nsynthlib.generation.notes import TEXTURE
from nsynthlib.models.autoencoders import CVAE

EACH = 6  # notes of the reference for each condition
NEW = ("model", "without_texture", "plain_prior")  # rows of notes that are of no instrument
COMPARED = (("model", "real"), ("model", "reconstructed"), ("model", "plain_prior"), ("model", "without_texture"))


def measure_new_notes(
    model: CVAE,
    judges: Judges,
    held_out: Sequence[Note],
    learned: Sequence[Note],
    limit: int,
    rng: np.random.Generator,
) -> Compared:
    """Rows for two notes of each of ``limit`` conditions, see :func:`_sounds`, and whether new notes are new.

    Conditions are those of held-out notes; ``learned`` are the notes that the model learned from, from which come the
    reference of Fréchet distance, of bins and of diversity. Texture is measured from the held-out notes that are left.
    ``training`` is a row of other training notes, and shows what finite sets of the same kind give.
    """
    notes, left = condition_pairs(held_out, limit, rng)
    targets = Targets.of(notes)
    others = draw_notes(left, 4 * limit, rng) or notes
    near = nearest_notes(learned, targets, EACH + 2, rng)
    training, rest = condition_pairs(near, -(-len(notes) // 2), rng)
    reference = Reference(
        judges.observe_notes(rest or near, "reference", tracker=False),
        judges.observe_notes(others, "texture", tracker=False),
    )
    seeds = rng.integers(2**31, size=len(notes)).tolist()
    made: dict[str, Iterable[Tensor]] = {**_sounds(model, notes, seeds), "training": (n.audio for n in training)}
    kept = {row: Kept(made[row]) for row in ("real", "model", "training")}
    asked = dict.fromkeys(made, targets) | dict.fromkeys(NEW, targets.by_condition())
    asked["training"] = Targets.of(training)
    observed = {row: judges.observe(sounds, asked[row], row) for row, sounds in (made | kept).items()}
    rows = {row: reference.row(one) for row, one in observed.items()}
    for row, share in velocity_by_level(model, held_out, notes, seeds, max(1, limit // 4), rng).items():
        rows[row]["velocity_by_level"] = share
    rows["memorisation"] = measure_memorisation(
        kept["model"], kept["real"], notes, (kept["training"], training), learned, rng, judges.quiet
    )
    return Compared(rows, {between_name(a, b): reference.difference(observed[a], observed[b]) for a, b in COMPARED})


def _sounds(model: CVAE, notes: Sequence[Note], seeds: Sequence[int]) -> dict[str, Iterator[Tensor]]:
    """Six ways to what ``notes`` are, made when asked for.

    The notes themselves; copied through the model's spectrogram; new ones by the fitted prior, the same without
    texture, and from N(0, I); and rebuilt from their own z.
    """
    requests = requests_like(notes, seeds)
    return {
        "real": (note.audio for note in notes),
        "copy_synthesis": copy_synthesis(model, notes),
        "model": make_notes(model, requests),
        "without_texture": make_notes(model, requests, texture=0.0),
        "plain_prior": make_notes(model, with_plain_prior(model, requests)),
        "reconstructed": rebuild(model, notes, TEXTURE),
    }
