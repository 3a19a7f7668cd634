"""New notes beside real ones that were asked for alike: GANSynth's measures (Engel et al. 2019, table 1) and more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from torch import Tensor

from nsynthlib.data import FAMILIES, Note
from nsynthlib.evaluation.choosing import alike, crescendos, pairs
from nsynthlib.evaluation.distributions import Cells, diversity, entropies, frechet_distance, inception_score
from nsynthlib.evaluation.intervals import Row, share, summarise
from nsynthlib.evaluation.judges import Asked, Heard, Judges, level_rises
from nsynthlib.evaluation.reconstruction import condition_at, copy_synthesis, rebuild
from nsynthlib.generation import generate, prior
from nsynthlib.models import CVAE

EACH = 6  # notes of the reference for each condition
STEPS = (25, 75, 127)  # velocities that must rise in level


class Reference:
    """Real notes to measure distances from: training notes of the same conditions; for texture, held-out ones."""

    def __init__(self, trained: Heard, held_out: Heard) -> None:
        self.trained, self.texture = trained, held_out.modulation
        self.cells = Cells(trained.cells)

    def rows(self, heard: Heard) -> dict[str, Row]:
        """The measures of one row that come from what the judges heard."""
        answers = heard.verdict.pitch.numpy()
        varied = diversity(heard.features, heard.asked.groups(), self.trained.features, self.trained.asked.groups())
        return {
            "in_tune": heard.in_tune(),
            **heard.right(),
            "pitch_entropy": summarise(entropies(answers), np.mean),
            "inception_score": inception_score(answers),
            "frechet_distance": frechet_distance(heard.features, self.trained.features),
            "ndb": self.cells.different(heard.cells),
            "modulation_distance": frechet_distance(heard.modulation, self.texture),
            **({"diversity": varied} if varied else {}),
        }


def generation(
    model: CVAE,
    judges: Judges,
    held_out: Sequence[Note],
    learned: Sequence[Note],
    limit: int,
    rng: np.random.Generator,
) -> dict[str, dict[str, Row]]:
    """Rows for two notes of each of ``limit`` conditions: real, copied, from the fitted prior, from N(0, I), rebuilt.

    Conditions are those of held-out notes; ``learned`` are the notes that the model learned from, from which come the
    reference of Fréchet distance, of bins and of diversity. Texture is measured from the held-out notes that are left.
    """
    notes, left = pairs(held_out, limit, rng)
    asked, conditions = Asked.of(notes), condition_at(notes)
    reference = Reference(
        judges.notes(alike(learned, asked, EACH, rng), "reference", tracker=False),
        judges.notes(
            [left[int(i)] for i in rng.permutation(len(left))[: 4 * limit]] or notes, "texture", tracker=False
        ),
    )
    triples = crescendos(held_out, max(1, limit // 4), rng)
    seeds = rng.integers(2**31, size=len(notes)).tolist()
    tell = list(zip(asked.groups(), seeds, strict=True))
    sounds: dict[str, Iterator[Tensor]] = {
        "real": (note.audio for note in notes),
        "copy_synthesis": (copy_synthesis(model, note.audio) for note in notes),
        "model": (_new(model, *group, seed) for group, seed in tell),
        "plain_prior": (_new(model, *group, seed, plain=True) for group, seed in tell),
        "reconstructed": (rebuild(model, n.audio, c) for n, c in zip(notes, conditions, strict=True)),
    }
    rows = {name: reference.rows(judges.hear(made, asked, name)) for name, made in sounds.items()}
    for name in rows:
        if name in ("model", "plain_prior"):
            plain = name == "plain_prior"
            rises = [_rises(model, p, f, seed, plain) for (p, f, _), seed in tell[: max(1, limit // 4)]]
        else:
            rises = [level_rises(*_played(model, three, name)) for three in triples]
        if rises:
            rows[name]["velocity_by_level"] = share(rises)
    return rows


def _new(model: CVAE, pitch: int, family: int, velocity: int, seed: int, plain: bool = False) -> Tensor:
    z = prior(model, seed) if plain else None
    return generate(model, pitch=pitch, family=FAMILIES[family], velocity=velocity, seed=seed, z=z)


def _rises(model: CVAE, pitch: int, family: int, seed: int, plain: bool) -> bool:
    """Whether one seed's note grows louder with its velocity."""
    return level_rises(*(_new(model, pitch, family, velocity, seed, plain) for velocity in STEPS))


def _played(model: CVAE, notes: Sequence[Note], row: str) -> list[Tensor]:
    """Real notes themselves, or copied, or through the model."""
    if row == "real":
        return [note.audio for note in notes]
    if row == "copy_synthesis":
        return [copy_synthesis(model, note.audio) for note in notes]
    return [rebuild(model, n.audio, c) for n, c in zip(notes, condition_at(notes), strict=True)]
