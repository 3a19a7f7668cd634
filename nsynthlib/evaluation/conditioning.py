"""Does the condition do what it says, and z nothing of what the condition should do?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from torch import Tensor

from nsynthlib.data import FAMILIES, Note
from nsynthlib.evaluation.batches import Request, copy_synthesis, encode_notes, make_notes, rebuild
from nsynthlib.evaluation.judges import Judges
from nsynthlib.evaluation.per_note import Compared, compared
from nsynthlib.evaluation.reconstruction import HEARD
from nsynthlib.evaluation.selection import draw_notes, pitch_intervals
from nsynthlib.evaluation.statistics import Measurement, proportion
from nsynthlib.evaluation.targets import Targets
from nsynthlib.evaluation.velocities import STEPS, requests_like, rises
from nsynthlib.generation.notes import TEXTURE, sample_z
from nsynthlib.models.autoencoders import CVAE

PITCHES = range(24, 97, 6)


def one_z(
    model: CVAE, judges: Judges, notes: Sequence[Note], points: int, rng: np.random.Generator
) -> dict[str, Measurement]:
    """Each of ``points`` latent vectors asked for thirteen pitches, for every family, and for three velocities.

    Notes of one point stand or fall together, so points are what ``instruments`` counts. ``in_tune_real`` and
    ``in_tune_pesto_real`` are what the trackers say of as many real ones of ``notes`` at the same pitches.
    """
    families = [family for _ in range(0, points, len(FAMILIES)) for family in rng.permutation(FAMILIES).tolist()]
    drawn = [(sample_z(model, 60, family, int(rng.integers(2**31))), family) for family in families[:points]]
    scale = [Request(pitch, family, 100, z=z) for z, family in drawn for pitch in PITCHES]
    observed = judges.observe(make_notes(model, scale), _targets(scale, points), "one z, pitches")
    parade = [Request(60, family, 100, z=z) for z, _ in drawn for family in FAMILIES]
    others = judges.observe(make_notes(model, parade), _targets(parade, points), "one z, families", tracker=False)
    steps = [Request(60, family, velocity, z=z) for z, family in drawn for velocity in STEPS]
    return {
        **observed.shares("in_tune", "in_tune_pesto", "pitch_accuracy"),
        **others.shares("family_accuracy"),
        "velocity_by_level": proportion(rises(make_notes(model, steps))),
        **_of_real_notes(judges, notes, points, rng),
    }


def _of_real_notes(
    judges: Judges, notes: Sequence[Note], each: int, rng: np.random.Generator
) -> dict[str, Measurement]:
    """What the trackers say of at most ``each`` real notes of every one of ``PITCHES``."""
    pitches = Targets.of(notes).pitch
    of_pitch = ([notes[int(i)] for i in np.flatnonzero(pitches == pitch)] for pitch in PITCHES)
    drawn = [note for some in of_pitch for note in draw_notes(some, each, rng)]
    if not drawn:
        return {}
    found = judges.observe_notes(drawn, "one z, real notes").shares("in_tune", "in_tune_pesto")
    return {f"{measure}_real": share for measure, share in found.items()}


def new_pitch(model: CVAE, judges: Judges, notes: Sequence[Note], limit: int, rng: np.random.Generator) -> Compared:
    """Notes of unseen instruments, encoded at their own pitch and decoded at another within an octave.

    The real row is what that instrument really plays at the other pitch, so that all three rows are asked for alike;
    empty where no instrument has two such notes.
    """
    found = pitch_intervals(notes, limit, rng)
    if not found:
        return Compared({}, {})
    targets = [target for _, target in found]
    made = {
        "real": (note.audio for note in targets),
        "copy_synthesis": copy_synthesis(model, targets),
        "model": _moved(model, found),
    }
    asked = dict.fromkeys(made, Targets.of(targets))
    return _answers(judges, made, asked, [("model", "real")], "new pitch")


def as_learned(model: CVAE, judges: Judges, notes: Sequence[Note], rng: np.random.Generator) -> Compared:
    """New notes beside the model's own reconstructions, each asked for as one of ``notes`` is, of trained instruments.

    A prior can do no better than the decoder does with the z of real notes, so that is what its families are held
    against.
    """
    made = {
        "real": (note.audio for note in notes),
        "reconstructed": rebuild(model, notes, TEXTURE),
        "model": make_notes(model, requests_like(notes, rng.integers(2**31, size=len(notes)).tolist())),
    }
    targets = Targets.of(notes)
    asked = {"real": targets, "reconstructed": targets, "model": targets.by_condition()}
    return _answers(judges, made, asked, [("model", "real"), ("model", "reconstructed")], "as learned")


def _answers(
    judges: Judges,
    made: Mapping[str, Iterable[Tensor]],
    asked: Mapping[str, Targets],
    pairs: Sequence[tuple[str, str]],
    name: str,
) -> Compared:
    """What the judges hear in each row's sounds, all asked for alike, and what lies between ``pairs`` of rows."""
    right = {row: judges.observe(sounds, asked[row], f"{name}: {row}").right() for row, sounds in made.items()}
    values = {row: {measure: found[measure] for measure in HEARD if measure in found} for row, found in right.items()}
    return compared(values, pairs, {row: targets.clusters for row, targets in asked.items()})


def _moved(model: CVAE, found: Sequence[tuple[Note, Note]]) -> Iterator[Tensor]:
    """The z of the first note of each pair, heard at the pitch of the second."""
    encoded = (z for some in encode_notes(model, [source for source, _ in found]) for z in some.mean)
    asked = (Request(n.pitch, n.family, n.velocity, z=z) for (_, n), z in zip(found, encoded, strict=True))
    return make_notes(model, asked, texture=0.0)


def _targets(asked: Sequence[Request], points: int) -> Targets:
    """Of notes that as many ``points`` are asked for, one point after the other."""
    pitch, family, velocity = (np.array(field) for field in zip(*(_numbers(request) for request in asked), strict=True))
    return Targets(pitch, family, velocity, np.repeat(np.arange(points), len(asked) // points))


def _numbers(request: Request) -> tuple[int, int, int]:
    return request.pitch, FAMILIES.index(request.family), request.velocity
