"""Judging a model: every measure with its rows (real notes, copies that no network made, the model), each with its
sample size and an interval that counts instruments.

Copy-synthesis is sound to spectrogram to sound with no model in between: what that inversion loses. The smoothed copy
loses what moves quickly as well, which a decoder of means cannot give.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from nsynthlib.data import Note
from nsynthlib.errors import DataError
from nsynthlib.evaluation.conditioning import as_learned, new_pitch, one_z
from nsynthlib.evaluation.judges import Judges, by_octave
from nsynthlib.evaluation.keys import one_instrument
from nsynthlib.evaluation.latent import measure_latent, posteriors, probe
from nsynthlib.evaluation.new_notes import measure_new_notes
from nsynthlib.evaluation.reconstruction import measure_reconstruction
from nsynthlib.evaluation.record import note_record, set_record
from nsynthlib.evaluation.selection import draw_notes
from nsynthlib.evaluation.statistics import Measurements
from nsynthlib.evaluation.targets import instruments_of
from nsynthlib.evaluation.trackers import NO_PESTO, pesto_version
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
    """Judge ``model`` on at most ``limit`` notes of each of ``sets``, drawn by ``seed`` and evenly over instruments.

    Args:
        model: AE, VAE or CVAE.
        sets: notes the model did not learn from. New notes are asked for as those of ``test`` are, or of the first set
            where there is no such set.
        learned: the notes it learned from, which distances of distributions, memorisation and the probe need; without,
            that same set stands in for them.
        classifier: the judge; the shipped one without it.
        limit: notes of each set; twice as many are made from the prior.
        seed: of every choice.
        quiet: show no progress.

    Returns:
        A dictionary for JSON. ``judges``: how often the judges themselves are right about each set, and about each
        octave. ``reconstruction`` with five rows for every set. ``latent`` for every set (variational). For a CVAE
        ``generation`` (also from N(0, I), and the model's own reconstructions) and ``control``. ``differences`` of rows
        that are to be compared. ``sets`` and ``notes``: what was drawn, and a few values of each note. A number is
        ``{"value", "n", "instruments", "interval"}``: medians for reconstruction, shares or means else.

    Raises:
        DataError: if a set has no notes, or one of them is bad.
        UsageError: if there is no classifier.

    >>> from nsynthlib import AE, pocket
    >>> result = evaluate(AE.from_pretrained(), {"test": pocket()[:2]}, limit=2, quiet=True)
    >>> sorted(result["reconstruction"]["test"])
    ['copy_synthesis', 'model', 'real', 'refined', 'smoothed_copy']
    """
    started = time.monotonic()
    for name, notes in sets.items():
        if not len(notes):
            raise DataError(f"{name}: there are no notes to judge by")
    judges = Judges(classifier or Classifier.from_pretrained(), quiet)
    rng = np.random.default_rng(seed)
    result: dict[str, Any] = {"seed": seed, "device": str(model.device), "settings": {"limit": limit, "seed": seed}}
    result["torch"], result["pesto"] = torch.__version__, pesto_version()
    result["judges"] = _judged(judges, sets, CHECKED * limit, rng)
    result |= _every_set(model, judges, sets, limit, rng)
    if isinstance(model, CVAE):
        made = _generated(model, judges, sets, learned, limit, rng)
        result["differences"] |= made.pop("differences")
        result |= made
    result["seconds"] = round(time.monotonic() - started, 1)
    return result


def _every_set(
    model: AE, judges: Judges, sets: Mapping[str, Sequence[Note]], limit: int, rng: np.random.Generator
) -> dict[str, Any]:
    """What is measured for each set."""
    told: dict[str, dict[str, Any]] = {"sets": {}, "reconstruction": {}, "latent": {}, "differences": {}, "notes": {}}
    between = told["differences"]["reconstruction"] = {}
    for name, notes in sets.items():
        drawn = draw_notes(notes, limit, rng)
        found = measure_reconstruction(model, judges, drawn, name)
        told["sets"][name] = set_record(drawn, len(notes))
        told["reconstruction"][name], between[name] = found.rows, found.differences
        told["notes"][name] = note_record(drawn, found.values)
        # By every model, or the next set would be other notes for some of them.
        more = draw_notes(notes, 4 * limit, rng)
        if model.variational:
            points = posteriors(model, more, name, judges.quiet)
            told["latent"][name] = measure_latent(*points, instruments_of(more))
    return told


def _generated(
    model: CVAE,
    judges: Judges,
    sets: Mapping[str, Sequence[Note]],
    learned: Sequence[Note] | None,
    limit: int,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """New notes, and what the condition controls."""
    held_out = sets.get("test", next(iter(sets.values())))
    source = held_out if learned is None else learned
    of_learned_instruments = draw_notes(sets.get("unseen_pitches", held_out), 2 * limit, rng)
    new = measure_new_notes(model, judges, held_out, source, limit, rng)
    at_new_pitch = new_pitch(model, judges, held_out, limit, rng)
    learned_ones = as_learned(model, judges, of_learned_instruments, rng)
    points = [draw_notes(source, PROBED * limit, rng), draw_notes(held_out, 4 * limit, rng)]
    told, asked = ((posteriors(model, notes, "probe", judges.quiet)[0], notes) for notes in points)
    return {
        "generation": new.rows,
        "control": {
            "one_z": one_z(model, judges, held_out, max(1, limit // 10), rng),
            "keys": one_instrument(model, judges, held_out, max(1, limit // 5), rng),
            "new_pitch": at_new_pitch.rows,
            "as_learned": learned_ones.rows,
            "probe": probe(told, asked),
        },
        "differences": {
            "generation": new.differences,
            "new_pitch": at_new_pitch.differences,
            "as_learned": learned_ones.differences,
        },
    }


def evaluate_classifier(
    classifier: Classifier, sets: Mapping[str, Sequence[Note]], *, limit: int = 1000, seed: int = 0, quiet: bool = False
) -> dict[str, Measurements]:
    """How often the classifier and the trackers are right about at most ``limit`` real notes of each set.

    >>> from nsynthlib import pocket
    >>> from nsynthlib.models import Classifier
    >>> found = evaluate_classifier(Classifier.from_pretrained(), {"pocket": pocket()[:4]}, quiet=True)
    >>> sorted(found)
    ['classifier', 'octaves', 'tracker']
    """
    return _judged(Judges(classifier, quiet), sets, limit, np.random.default_rng(seed))


def _judged(
    judges: Judges, sets: Mapping[str, Sequence[Note]], limit: int, rng: np.random.Generator
) -> dict[str, Measurements]:
    if pesto_version() is None:
        warnings.warn(NO_PESTO, stacklevel=3)
    observed = {
        name: judges.observe_notes(draw_notes(notes, limit, rng), f"{name}: judges") for name, notes in sets.items()
    }
    answers = ("pitch_accuracy", "family_accuracy", "velocity_accuracy")
    return {
        "classifier": {name: one.shares(*answers) for name, one in observed.items()},
        "tracker": {name: one.shares("in_tune", "in_tune_pesto") for name, one in observed.items()},
        "octaves": by_octave(observed),
    }
