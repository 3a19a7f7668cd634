"""Does the condition do what it says, and z nothing of what the condition should do?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from nsynthlib.data import FAMILIES, Note
from nsynthlib.evaluation.judges import Judges, Observed, Targets, level_rises
from nsynthlib.evaluation.reconstruction import condition_at, copy_synthesis, rebuild
from nsynthlib.evaluation.selection import pitch_intervals
from nsynthlib.evaluation.statistics import Measurement, Measurements, proportion, summarise
from nsynthlib.generation.notes import TEXTURE, decode, generate, sample_z, to_audio
from nsynthlib.models.autoencoders import CVAE

PITCHES = range(24, 97, 6)
STEPS = (25, 75, 127)


def one_z(model: CVAE, judges: Judges, points: int, rng: np.random.Generator) -> dict[str, Measurement]:
    """Each of ``points`` latent vectors asked for thirteen pitches, for every family, and for three velocities.

    Rows are means over points, and ``n`` counts those: notes of one point stand or fall together.
    """
    families = [FAMILIES[i % len(FAMILIES)] for i in range(points)]
    drawn = [sample_z(model, 60, family, int(rng.integers(2**31))) for family in families]
    scale = [(z, pitch, family) for z, family in zip(drawn, families, strict=True) for pitch in PITCHES]
    observed = judges.observe(
        (generate(model, pitch=pitch, family=family, velocity=100, z=z) for z, pitch, family in scale),
        _targets([(pitch, family) for _, pitch, family in scale]),
        "one z, pitches",
    )
    parade = [(z, family) for z in drawn for family in FAMILIES]
    others = judges.observe(
        (generate(model, pitch=60, family=family, velocity=100, z=z) for z, family in parade),
        _targets([(60, family) for _, family in parade]),
        "one z, families",
        tracker=False,
    )
    rises = [
        level_rises(*(generate(model, pitch=60, family=family, velocity=v, z=z) for v in STEPS))
        for z, family in zip(drawn, families, strict=True)
    ]
    return {
        "in_tune": _by_point(np.abs(observed.tracked - observed.targets.pitch) <= 0.5, points),
        "pitch_accuracy": _by_point(_right(observed, "pitch"), points),
        "family_accuracy": _by_point(_right(others, "family"), points),
        "velocity_by_level": proportion(rises),
    }


def new_pitch(model: CVAE, judges: Judges, notes: Sequence[Note], limit: int, rng: np.random.Generator) -> Measurements:
    """Notes of unseen instruments, encoded at their own pitch and decoded at another within an octave.

    The real row is what that instrument really plays at the other pitch, so that all three rows are asked for alike;
    empty where no instrument has two such notes.
    """
    found = pitch_intervals(notes, limit, rng)
    if not found:
        return {}
    targets = [target for _, target in found]
    made = {
        "real": (note.audio for note in targets),
        "copy_synthesis": (copy_synthesis(model, note.audio) for note in targets),
        "model": (_moved(model, source, target) for source, target in found),
    }
    return _answers(judges, made, Targets.of(targets), "new pitch")


def as_learned(model: CVAE, judges: Judges, notes: Sequence[Note], rng: np.random.Generator) -> Measurements:
    """New notes beside the model's own reconstructions, each asked for as one of ``notes`` is, of trained instruments.

    A prior can do no better than the decoder does with the z of real notes, so that is what its families are held
    against.
    """
    made = {
        "real": (note.audio for note in notes),
        "reconstructed": (
            rebuild(model, note.audio, condition, TEXTURE)
            for note, condition in zip(notes, condition_at(notes), strict=True)
        ),
        "model": (
            generate(model, pitch=n.pitch, family=n.family, velocity=n.velocity, seed=int(rng.integers(2**31)))
            for n in notes
        ),
    }
    return _answers(judges, made, Targets.of(notes), "as learned")


def _answers(judges: Judges, made: Mapping[str, Iterable[Tensor]], targets: Targets, name: str) -> Measurements:
    """What the judges hear in each row's sounds, all asked for alike."""
    rows = {}
    for row, sounds in made.items():
        observed = judges.observe(sounds, targets, f"{name}: {row}")
        right = observed.accuracies()
        rows[row] = {"in_tune": observed.in_tune(), **{m: right[m] for m in ("pitch_accuracy", "family_accuracy")}}
    return rows


def _moved(model: CVAE, source: Note, target: Note) -> Tensor:
    """The z of one note heard at the pitch of another."""
    db = model.log_mel(source.audio.to(model.device))[None]
    mean, _ = model.encode(db, condition_at([source])[0].to(model.device))
    return to_audio(model, decode(model, mean[0], target.pitch, target.family, target.velocity))


def _targets(what: Sequence[tuple[int, str]]) -> Targets:
    pitches, families = zip(*what, strict=True)
    return Targets(np.array(pitches), np.array([FAMILIES.index(f) for f in families]), np.full(len(what), 100))


def _right(observed: Observed, name: str) -> np.ndarray:
    answers: Any = getattr(observed.predictions, name).argmax(1).numpy()
    return answers == getattr(observed.targets, name)


def _by_point(right: np.ndarray, points: int) -> Measurement:
    return summarise(right.reshape(points, -1).mean(1), np.mean)
