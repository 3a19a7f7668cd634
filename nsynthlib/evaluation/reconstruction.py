"""Through the bottleneck and back: how near a model's notes come to the notes they were made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from torch import Tensor

from nsynthlib.data import Note
from nsynthlib.evaluation.batches import copy_synthesis, rebuild, smoothed_copy
from nsynthlib.evaluation.distances import DISTANCES, Original
from nsynthlib.evaluation.judges import Judges
from nsynthlib.evaluation.per_note import Values, compared
from nsynthlib.evaluation.statistics import Measurements
from nsynthlib.evaluation.targets import Targets
from nsynthlib.models.autoencoders import AE

HEARD = ("in_tune", "in_tune_pesto", "pitch_accuracy", "family_accuracy")
COMPARED = (("model", "copy_synthesis"), ("model", "smoothed_copy"), ("refined", "model"))


class Reconstruction(NamedTuple):
    """What :func:`measure_reconstruction` finds."""

    rows: Measurements
    differences: Measurements
    values: dict[str, Values]  #: of each row, a value for each note


def measure_reconstruction(model: AE, judges: Judges, notes: Sequence[Note], name: str) -> Reconstruction:
    """Five rows for ``notes``: how near each comes to the notes, and what the judges hear.

    ``refined`` is the model with a better latent vector than its encoder's, see :mod:`nsynthlib.generation.refinement`.
    """
    targets = Targets.of(notes)
    made: dict[str, Iterable[Tensor]] = {
        "real": (note.audio for note in notes),
        "copy_synthesis": copy_synthesis(model, notes),
        "smoothed_copy": smoothed_copy(model, notes),
        "model": rebuild(model, notes),
        "refined": rebuild(model, notes, refined=True),
    }
    values = {row: note_values(judges, notes, targets, sounds, f"{name}: {row}") for row, sounds in made.items()}
    return Reconstruction(*compared(values, COMPARED, dict.fromkeys(made, targets.clusters)), values)


def note_values(judges: Judges, notes: Sequence[Note], targets: Targets, sounds: Iterable[Tensor], name: str) -> Values:
    """Distances of each sound ``[64000]`` from the note it was made from, and what the judges hear in it."""
    apart: list[dict[str, float]] = []

    def passing() -> Iterator[Tensor]:
        for note, audio in zip(notes, sounds, strict=True):
            apart.append(Original(note.audio).distances(audio))
            yield audio

    right = judges.observe(passing(), targets, name).right()
    distances = {measure: np.array([one[measure] for one in apart]) for measure in DISTANCES}
    return distances | {measure: right[measure] for measure in HEARD if measure in right}
