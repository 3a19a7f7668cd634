"""New notes beside real ones that were asked for alike: GANSynth's measures (Engel et al. 2019, table 1) and more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from torch import Tensor

from nsynthlib.data import Note
from nsynthlib.evaluation.choosing import alike, crescendos, draw, pairs
from nsynthlib.evaluation.distributions import Cells, diversity, entropies, frechet_distance, inception_score
from nsynthlib.evaluation.intervals import Row, share, summarise
from nsynthlib.evaluation.judges import Asked, Heard, Judges, level_rises
from nsynthlib.evaluation.reconstruction import condition_at, copy_synthesis, rebuild
from nsynthlib.generation import BREATH, generate, prior
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
    """Rows for two notes of each of ``limit`` conditions, see :func:`_sounds`.

    Conditions are those of held-out notes; ``learned`` are the notes that the model learned from, from which come the
    reference of Fréchet distance, of bins and of diversity. Texture is measured from the held-out notes that are left.
    """
    notes, left = pairs(held_out, limit, rng)
    asked = Asked.of(notes)
    others = draw(left, 4 * limit, rng) or notes
    reference = Reference(
        judges.notes(alike(learned, asked, EACH, rng), "reference", tracker=False),
        judges.notes(others, "texture", tracker=False),
    )
    seeds = rng.integers(2**31, size=len(notes)).tolist()
    made = _sounds(model, notes, seeds)
    rows = {name: reference.rows(judges.hear(sounds, asked, name)) for name, sounds in made.items()}
    few = max(1, limit // 4)
    for name, rises in _rises(model, crescendos(held_out, few, rng), notes[:few], seeds).items():
        if rises:
            rows[name]["velocity_by_level"] = share(rises)
    return rows


def _sounds(model: CVAE, notes: Sequence[Note], seeds: Sequence[int]) -> dict[str, Iterator[Tensor]]:
    """Six ways to what ``notes`` are, made when asked for.

    The notes themselves; copied through the model's picture; new ones by the fitted prior, the same without breath,
    and from N(0, I); and rebuilt from their own z.
    """
    tell = list(zip(notes, seeds, strict=True))
    return {
        "real": (note.audio for note in notes),
        "copy_synthesis": (copy_synthesis(model, note.audio) for note in notes),
        "model": (_new(model, note, note.velocity, seed) for note, seed in tell),
        "without_breath": (_new(model, note, note.velocity, seed, breath=0.0) for note, seed in tell),
        "plain_prior": (_new(model, note, note.velocity, seed, prior(model, seed)) for note, seed in tell),
        "reconstructed": _rebuilt(model, notes),
    }


def _new(model: CVAE, like: Note, velocity: int, seed: int, z: Tensor | None = None, breath: float = BREATH) -> Tensor:
    """A new note of the pitch and family of another."""
    return generate(model, pitch=like.pitch, family=like.family, velocity=velocity, seed=seed, z=z, breath=breath)


def _rises(
    model: CVAE, triples: Sequence[Sequence[Note]], notes: Sequence[Note], seeds: Sequence[int]
) -> dict[str, list[bool]]:
    """Whether level rises with velocity: in real notes of one instrument, as rows tell, and in new ones of one seed."""
    tell = list(zip(notes, seeds, strict=False))
    return {
        "real": [level_rises(*(note.audio for note in three)) for three in triples],
        "copy_synthesis": [level_rises(*(copy_synthesis(model, note.audio) for note in three)) for three in triples],
        "model": [level_rises(*(_new(model, n, v, seed) for v in STEPS)) for n, seed in tell],
        "without_breath": [level_rises(*(_new(model, n, v, seed, breath=0.0) for v in STEPS)) for n, seed in tell],
        "plain_prior": [level_rises(*(_new(model, n, v, s, prior(model, s)) for v in STEPS)) for n, s in tell],
        "reconstructed": [level_rises(*_rebuilt(model, three)) for three in triples],
    }


def _rebuilt(model: CVAE, notes: Sequence[Note]) -> Iterator[Tensor]:
    return (rebuild(model, n.audio, c, BREATH) for n, c in zip(notes, condition_at(notes), strict=True))
