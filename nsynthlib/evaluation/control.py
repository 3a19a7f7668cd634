"""Does the condition do what it says, and z nothing of what the condition should do?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from nsynthlib.data import FAMILIES, Note
from nsynthlib.evaluation.choosing import intervals
from nsynthlib.evaluation.intervals import Row, share, summarise
from nsynthlib.evaluation.judges import Asked, Heard, Judges, level_rises
from nsynthlib.evaluation.reconstruction import condition_at, copy_synthesis, device_of, rebuild
from nsynthlib.generation import BREATH, decode, draw, generate, sound
from nsynthlib.models import CVAE

PITCHES = range(24, 97, 6)
STEPS = (25, 75, 127)


def one_z(model: CVAE, judges: Judges, points: int, rng: np.random.Generator) -> dict[str, Row]:
    """Each of ``points`` latent vectors asked for thirteen pitches, for every family, and for three velocities.

    Rows are means over points, and ``n`` counts those: notes of one point stand or fall together.
    """
    families = [FAMILIES[i % len(FAMILIES)] for i in range(points)]
    drawn = [draw(model, 60, family, int(rng.integers(2**31))) for family in families]
    scale = [(z, pitch, family) for z, family in zip(drawn, families, strict=True) for pitch in PITCHES]
    heard = judges.hear(
        (generate(model, pitch=pitch, family=family, velocity=100, z=z) for z, pitch, family in scale),
        _asked([(pitch, family) for _, pitch, family in scale]),
        "one z, pitches",
    )
    parade = [(z, family) for z in drawn for family in FAMILIES]
    others = judges.hear(
        (generate(model, pitch=60, family=family, velocity=100, z=z) for z, family in parade),
        _asked([(60, family) for _, family in parade]),
        "one z, families",
        tracker=False,
    )
    rises = [
        level_rises(*(generate(model, pitch=60, family=family, velocity=v, z=z) for v in STEPS))
        for z, family in zip(drawn, families, strict=True)
    ]
    return {
        "in_tune": _by_point(np.abs(heard.tracked - heard.asked.pitch) <= 0.5, points),
        "pitch_accuracy": _by_point(_right(heard, "pitch"), points),
        "family_accuracy": _by_point(_right(others, "family"), points),
        "velocity_by_level": share(rises),
    }


def new_pitch(
    model: CVAE, judges: Judges, notes: Sequence[Note], limit: int, rng: np.random.Generator
) -> dict[str, dict[str, Row]]:
    """Notes of unseen instruments, encoded at their own pitch and decoded at another within an octave.

    The real row is what that instrument really plays at the other pitch, so that all three rows are asked for alike;
    empty where no instrument has two such notes.
    """
    found = intervals(notes, limit, rng)
    if not found:
        return {}
    targets = [target for _, target in found]
    made = {
        "real": (note.audio for note in targets),
        "copy_synthesis": (copy_synthesis(model, note.audio) for note in targets),
        "model": (_moved(model, source, target) for source, target in found),
    }
    return _answers(judges, made, Asked.of(targets), "new pitch")


def as_learned(
    model: CVAE, judges: Judges, notes: Sequence[Note], rng: np.random.Generator
) -> dict[str, dict[str, Row]]:
    """New notes beside the model's own reconstructions, each asked for as one of ``notes`` is, of trained instruments.

    A prior can do no better than the decoder does with the z of real notes, so that is what its families are held
    against.
    """
    made = {
        "real": (note.audio for note in notes),
        "reconstructed": (
            rebuild(model, note.audio, condition, BREATH)
            for note, condition in zip(notes, condition_at(notes), strict=True)
        ),
        "model": (
            generate(model, pitch=n.pitch, family=n.family, velocity=n.velocity, seed=int(rng.integers(2**31)))
            for n in notes
        ),
    }
    return _answers(judges, made, Asked.of(notes), "as learned")


def _answers(
    judges: Judges, made: Mapping[str, Iterable[Tensor]], asked: Asked, name: str
) -> dict[str, dict[str, Row]]:
    """What the judges hear in each row's sounds, all asked for alike."""
    rows = {}
    for row, sounds in made.items():
        heard = judges.hear(sounds, asked, f"{name}: {row}")
        right = heard.right()
        rows[row] = {"in_tune": heard.in_tune(), **{m: right[m] for m in ("pitch_accuracy", "family_accuracy")}}
    return rows


def _moved(model: CVAE, source: Note, target: Note) -> Tensor:
    """The z of one note heard at the pitch of another."""
    device = device_of(model)
    picture = model.log_mel.picture(source.audio.to(device))[None]
    mean, _ = model.encode(picture, condition_at([source])[0].to(device))
    return sound(model, decode(model, mean[0], target.pitch, target.family, target.velocity))


def _asked(what: Sequence[tuple[int, str]]) -> Asked:
    pitches, families = zip(*what, strict=True)
    return Asked(np.array(pitches), np.array([FAMILIES.index(f) for f in families]), np.full(len(what), 100))


def _right(heard: Heard, name: str) -> np.ndarray:
    answers: Any = getattr(heard.verdict, name).argmax(1).numpy()
    return answers == getattr(heard.asked, name)


def _by_point(right: np.ndarray, points: int) -> Row:
    return summarise(right.reshape(points, -1).mean(1), np.mean)
