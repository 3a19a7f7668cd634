"""Judging a model: every measure with three rows (real notes, copy-synthesis, model) and each with its sample size.

Copy-synthesis is sound to spectrogram to sound with no model in between: what that inversion loses.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from nsynthlib.data import Note
from nsynthlib.errors import DataError
from nsynthlib.evaluation.conditioning import as_learned, new_pitch, one_z
from nsynthlib.evaluation.judges import Judges
from nsynthlib.evaluation.latent import measure_latent, posteriors, probe
from nsynthlib.evaluation.new_notes import measure_new_notes
from nsynthlib.evaluation.reconstruction import measure_reconstruction
from nsynthlib.evaluation.selection import draw_notes
from nsynthlib.evaluation.statistics import Measurements
from nsynthlib.models.autoencoders import AE, CVAE
from nsynthlib.models.classifier import Classifier

PROBED = 20  # notes the probe learns from, for each that a set is judged by
CHECKED = 4  # notes the judges are checked by, likewise


@torch.inference_mode()
def evaluate(
    model: AE,
    sets: Mapping[str, Sequence[Note]],
    *,
    learned: Sequence[Note] | None = None,
    classifier: Classifier | None = None,
    limit: int = 100,
    seed: int = 0,
    quiet: bool = False,
) -> dict[str, Any]:
    """Judge ``model`` on at most ``limit`` notes of each of ``sets``, drawn by ``seed``.

    Args:
        model: AE, VAE or CVAE.
        sets: notes the model did not learn from. New notes are asked for as those of ``test`` are, or of the first set
            where there is no such set.
        learned: the notes it learned from, which distances of distributions and the probe need; without, that same set
            stands in for them.
        classifier: the judge; the shipped one without it.
        limit: notes of each set; twice as many are made from the prior.
        seed: of every choice.
        quiet: show no progress.

    Returns:
        A dictionary for JSON. ``judges``: how often the judges themselves are right about each set. ``reconstruction``
        with three rows for every set. ``latent`` for every set (variational). For a CVAE ``generation`` (also from
        N(0, I), and the model's own reconstructions) and ``control``. A row is ``{"value", "n", "interval"}``:
        medians for reconstruction, shares or means else.

    Raises:
        DataError: if a set has no notes, or one of them is bad.
        UsageError: if there is no classifier.
    """
    started = time.monotonic()
    for name, notes in sets.items():
        if not len(notes):
            raise DataError(f"{name}: there are no notes to judge by")
    judges = Judges(classifier or Classifier.from_pretrained(), quiet)
    rng = np.random.default_rng(seed)
    result: dict[str, Any] = {"seed": seed, "device": str(model.device)}
    result["judges"] = _judged(judges, sets, CHECKED * limit, rng)
    result |= _every_set(model, judges, sets, limit, rng)
    if isinstance(model, CVAE):
        held_out = sets.get("test", next(iter(sets.values())))
        source = held_out if learned is None else learned
        learned_instruments = sets.get("unseen_pitches", held_out)
        result["generation"] = measure_new_notes(model, judges, held_out, source, limit, rng)
        result["control"] = {
            "one_z": one_z(model, judges, max(1, limit // 10), rng),
            "new_pitch": new_pitch(model, judges, held_out, limit, rng),
            "as_learned": as_learned(model, judges, draw_notes(learned_instruments, 2 * limit, rng), rng),
            "probe": _probe(
                model, draw_notes(source, PROBED * limit, rng), draw_notes(held_out, 4 * limit, rng), quiet
            ),
        }
    result["seconds"] = round(time.monotonic() - started, 1)
    return result


def _every_set(
    model: AE, judges: Judges, sets: Mapping[str, Sequence[Note]], limit: int, rng: np.random.Generator
) -> dict[str, Any]:
    """What is measured for each set."""
    rows, spaces = {}, {}
    for name, notes in sets.items():
        rows[name] = measure_reconstruction(model, judges, draw_notes(notes, limit, rng), name)
        # By every model, or the next set would be other notes for some of them.
        more = draw_notes(notes, 4 * limit, rng)
        if model.variational:
            spaces[name] = measure_latent(*posteriors(model, more, name, judges.quiet))
    return {"reconstruction": rows, "latent": spaces}


def evaluate_classifier(
    classifier: Classifier, sets: Mapping[str, Sequence[Note]], *, limit: int = 1000, seed: int = 0, quiet: bool = False
) -> dict[str, Measurements]:
    """How often the classifier and the tracker are right about at most ``limit`` real notes of each set."""
    return _judged(Judges(classifier, quiet), sets, limit, np.random.default_rng(seed))


def _judged(
    judges: Judges, sets: Mapping[str, Sequence[Note]], limit: int, rng: np.random.Generator
) -> dict[str, Measurements]:
    observed = {
        name: judges.observe_notes(draw_notes(notes, limit, rng), f"{name}: judges") for name, notes in sets.items()
    }
    return {
        "classifier": {name: one.accuracies() for name, one in observed.items()},
        "tracker": {name: {"in_tune": one.in_tune()} for name, one in observed.items()},
    }


def _probe(model: CVAE, train: Sequence[Note], valid: Sequence[Note], quiet: bool) -> dict[str, dict[str, Any]]:
    points = [(posteriors(model, notes, "probe", quiet)[0], notes) for notes in (train, valid)]
    return probe(*points)
