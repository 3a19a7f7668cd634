"""Through the bottleneck and back: how near a model's notes come to the notes they were made from."""

from __future__ import annotations

from collections.abc import Sequence

from accelerate.utils import tqdm
from torch import Tensor

from nsynthlib.data import Note, labels_of
from nsynthlib.evaluation.distances import Original, median_distances
from nsynthlib.evaluation.judges import Judges, Targets
from nsynthlib.evaluation.statistics import Measurements
from nsynthlib.generation.notes import reconstruct, to_audio
from nsynthlib.models.autoencoders import AE
from nsynthlib.models.condition import Condition


def condition_at(notes: Sequence[Note]) -> list[Condition]:
    """Each note's condition, ``[1]`` each."""
    labels = Condition(**labels_of(notes))
    return [Condition(*(field[i : i + 1] for field in labels)) for i in range(len(notes))]


def copy_synthesis(model: AE, audio: Tensor) -> Tensor:
    """Sound to the model's spectrogram and back ``[64000]``, with no model in between."""
    return to_audio(model, model.log_mel(audio))


def rebuild(model: AE, audio: Tensor, condition: Condition, texture: float = 0.0, *, refined: bool = False) -> Tensor:
    """``audio`` ``[64000]`` through the model; the condition is for those that take one."""
    told = condition.to(model.device) if model.conditional else None
    return reconstruct(model, audio.to(model.device), told, texture, refined).cpu()


def measure_reconstruction(model: AE, judges: Judges, notes: Sequence[Note], name: str) -> Measurements:
    """Four rows for ``notes``: how near each comes to the notes, and what the judges hear.

    ``refined`` is the model with a better latent vector than its encoder's, see :mod:`nsynthlib.generation.refinement`.
    """
    made: dict[str, list[Tensor]] = {"real": [], "copy_synthesis": [], "model": [], "refined": []}
    apart: dict[str, list[dict[str, float]]] = {row: [] for row in made}
    pairs = zip(notes, condition_at(notes), strict=True)
    for note, condition in tqdm(pairs, total=len(notes), desc=name, unit="note", disable=judges.quiet):
        original = Original(note.audio)
        sounds = (
            original.audio,
            copy_synthesis(model, original.audio),
            rebuild(model, original.audio, condition),
            rebuild(model, original.audio, condition, refined=True),
        )
        for row, audio in zip(made, sounds, strict=True):
            made[row].append(audio)
            apart[row].append(original.distances(audio))
    targets = Targets.of(notes)
    observed = {row: judges.observe(sounds, targets, f"{name}: {row}") for row, sounds in made.items()}
    rows = {}
    for row in made:
        right = observed[row].accuracies()
        answers = {measure: right[measure] for measure in ("pitch_accuracy", "family_accuracy")}
        rows[row] = {**median_distances(apart[row]), "in_tune": observed[row].in_tune(), **answers}
    return rows
