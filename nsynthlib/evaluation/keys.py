"""One latent vector over the keyboard: does it stay one instrument?

A real instrument changes with its keys, and different instruments differ at the same ones. So the notes of one z at
several keys are held against both: the same keys of a real instrument, and the same keys of as many instruments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.spatial.distance import pdist

from nsynthlib.data import FAMILIES, VELOCITIES, Note
from nsynthlib.evaluation.batches import Request, make_notes
from nsynthlib.evaluation.judges import Judges
from nsynthlib.evaluation.resampling import mean
from nsynthlib.evaluation.selection import evenly, groups_of
from nsynthlib.evaluation.statistics import Measurements, summarise
from nsynthlib.evaluation.targets import Targets
from nsynthlib.generation.notes import sample_z
from nsynthlib.models.autoencoders import CVAE
from nsynthlib.models.classifier import Classifier

FEWEST, MOST = 5, 7  # keys of an instrument
MIDDLE_VELOCITY = 100  # preferred


def one_instrument(
    model: CVAE, judges: Judges, notes: Sequence[Note], limit: int, rng: np.random.Generator
) -> Measurements:
    """How unlike the keys of an instrument sound: ``key_spread`` of real ones, of one z, and of different instruments.

    The mean distance between two of its keys by :func:`timbre`: 0 where all have one, 1.4 where they have nothing in
    common. One z is sampled for each of at most ``limit`` real instruments, for its family and middle key, and asked
    for that instrument's keys. Empty where no instrument has five keys at one velocity.
    """
    real = keyboards(notes, limit, rng)
    if not real:
        return {}
    different = [keys for keys in (other_instruments(keys, notes) for keys in real) if len(keys) > 1]
    heard = {
        row: judges.observe_notes(_flat(rows), f"keys: {row}", tracker=False)
        for row, rows in (("real", real), ("different", different))
        if rows
    }
    requests = [request for keys in real for request in _of_one_z(model, keys, int(rng.integers(2**31)))]
    heard["model"] = judges.observe(make_notes(model, requests), Targets.of(_flat(real)), "keys: model", tracker=False)
    to_timbre = timbre(judges.classifier, heard["real"].features)
    rows: Measurements = {}
    for row in ("real", "model", "different"):
        if row in heard:
            ends = np.cumsum([len(keys) for keys in (different if row == "different" else real)])[:-1]
            apart = [pdist(some).mean() for some in np.split(to_timbre(heard[row].features), ends)]
            rows[row] = {"key_spread": summarise(apart, mean)}
    return rows


def _flat(rows: Sequence[Sequence[Note]]) -> list[Note]:
    return [note for keys in rows for note in keys]


def _of_one_z(model: CVAE, keys: Sequence[Note], seed: int) -> list[Request]:
    """The notes of an instrument, of one z instead."""
    z = sample_z(model, keys[len(keys) // 2].pitch, keys[0].family, seed)
    return [Request(note.pitch, note.family, note.velocity, seed, z) for note in keys]


def timbre(classifier: Classifier, like: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """From the classifier's features ``[n, 96]`` to timbre ``[n, 11]``, of length 1: what it tells families by.

    Its features also hold pitch and velocity, which differ from key to key. So they are standardised by those of real
    notes, ``like`` ``[m, 96]``, and projected on the directions in which the answers for families lie.
    """
    centre, scale = like.mean(0), like.std(0).clip(1e-6)
    weight = classifier.state_dict()["answers.1.weight"].cpu().double().numpy()
    of_families = weight[-len(FAMILIES) - len(VELOCITIES) : -len(VELOCITIES)]
    directions, _ = np.linalg.qr((of_families * scale).T)

    def project(features: np.ndarray) -> np.ndarray:
        found = (features - centre) / scale @ directions
        return found / np.linalg.norm(found, axis=1, keepdims=True).clip(1e-12)

    return project


def keyboards(notes: Sequence[Note], limit: int, rng: np.random.Generator) -> list[list[Note]]:
    """Five to seven notes of each of at most ``limit`` instruments, spread over its pitches, at one velocity each.

    Families take turns. The velocity is the one of which there are most keys.
    """
    found = []
    for rows in groups_of([note.instrument for note in notes], rng).values():
        by_velocity: dict[int, dict[int, Note]] = {}
        for note in (notes[i] for i in rows):
            by_velocity.setdefault(note.velocity, {})[note.pitch] = note
        keys = max(by_velocity.items(), key=lambda one: (len(one[1]), -abs(one[0] - MIDDLE_VELOCITY)))[1]
        if len(keys) >= FEWEST:
            spread = np.linspace(0, len(keys) - 1, min(len(keys), MOST)).round().astype(int)
            found.append([keys[pitch] for pitch in np.array(sorted(keys))[spread].tolist()])
    return [found[i] for i in evenly([keys[0].family for keys in found], rng)[:limit]]


def other_instruments(keys: Sequence[Note], notes: Sequence[Note]) -> list[Note]:
    """For each of the notes of an instrument another's: as near in pitch, then family, then velocity as there is.

    Each is of an instrument of its own; where these run out, the last keys get none.
    """
    have, used = Targets.of(notes), {keys[0].instrument}
    found = []
    for pitch, family, velocity in Targets.of(keys).groups():
        away = np.lexsort((np.abs(have.velocity - velocity), have.family != family, np.abs(have.pitch - pitch)))
        nearest = next((note for note in (notes[int(i)] for i in away) if note.instrument not in used), None)
        if nearest:
            found.append(nearest)
            used.add(nearest.instrument)
    return found
