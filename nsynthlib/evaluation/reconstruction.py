"""Through the bottleneck and back: how near a model's notes come to the notes they were made from."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from accelerate.utils import tqdm
from torch import Tensor

from nsynthlib.data import Note, labels_of
from nsynthlib.evaluation.intervals import Row
from nsynthlib.evaluation.judges import Asked, Judges
from nsynthlib.evaluation.pictures import Original, rows_of
from nsynthlib.generation import reconstruct, sound
from nsynthlib.models import AE, Condition


def condition_at(notes: Sequence[Note]) -> list[Condition]:
    """Each note's condition, ``[1]`` each."""
    labels = Condition(**labels_of(notes))
    return [Condition(*(field[i : i + 1] for field in labels)) for i in range(len(notes))]


def device_of(model: AE) -> torch.device:
    return model.get_buffer("activity").device


def copy_synthesis(model: AE, audio: Tensor) -> Tensor:
    """Sound to the model's picture and back ``[64000]``, with no model in between."""
    return sound(model, model.log_mel.picture(audio))


def rebuild(model: AE, audio: Tensor, condition: Condition, breath: float = 0.0, *, refined: bool = False) -> Tensor:
    """``audio`` ``[64000]`` through the model; the condition is for those that take one."""
    device = device_of(model)
    known = condition.to(device) if model.conditional else None
    return reconstruct(model, audio.to(device), known, breath, refined).cpu()


def reconstruction(model: AE, judges: Judges, notes: Sequence[Note], name: str) -> dict[str, dict[str, Row]]:
    """Four rows for ``notes``: how near each comes to the notes, and what the judges hear.

    ``refined`` is the model with a better latent vector than its encoder's, see :mod:`nsynthlib.refinement`.
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
    asked = Asked.of(notes)
    heard = {row: judges.hear(sounds, asked, f"{name}: {row}") for row, sounds in made.items()}
    rows = {}
    for row in made:
        right = heard[row].right()
        answers = {measure: right[measure] for measure in ("pitch_accuracy", "family_accuracy")}
        rows[row] = {**rows_of(apart[row]), "in_tune": heard[row].in_tune(), **answers}
    return rows
