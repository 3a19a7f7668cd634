"""New notes beside real ones that were asked for alike: GANSynth's measures (Engel et al. 2019, table 1) and more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from torch import Tensor

from nsynthlib.data import Note
from nsynthlib.evaluation.distributions import VoronoiBins, diversity, entropies, frechet_distance, inception_score
from nsynthlib.evaluation.judges import Judges, Observed, Targets, level_rises
from nsynthlib.evaluation.reconstruction import condition_at, copy_synthesis, rebuild
from nsynthlib.evaluation.selection import condition_pairs, crescendos, draw_notes, nearest_notes
from nsynthlib.evaluation.statistics import Measurement, Measurements, proportion, summarise
from nsynthlib.generation.notes import TEXTURE, generate, standard_normal
from nsynthlib.models.autoencoders import CVAE

EACH = 6  # notes of the reference for each condition
STEPS = (25, 75, 127)  # velocities that must rise in level


class Reference:
    """Real notes to measure distances from: training notes of the same conditions; for texture, held-out ones."""

    def __init__(self, train: Observed, held_out: Observed) -> None:
        self.train, self.modulation = train, held_out.modulation
        self.bins = VoronoiBins(train.thumbnails)

    def rows(self, observed: Observed) -> dict[str, Measurement]:
        """The measures of one row that come from what the judges heard."""
        answers = observed.predictions.pitch.numpy()
        varied = diversity(
            observed.features, observed.targets.groups(), self.train.features, self.train.targets.groups()
        )
        return {
            "in_tune": observed.in_tune(),
            **observed.accuracies(),
            "pitch_entropy": summarise(entropies(answers), np.mean),
            "inception_score": inception_score(answers),
            "frechet_distance": frechet_distance(observed.features, self.train.features),
            "ndb": self.bins.different(observed.thumbnails),
            "modulation_distance": frechet_distance(observed.modulation, self.modulation),
            **({"diversity": varied} if varied else {}),
        }


def measure_new_notes(
    model: CVAE,
    judges: Judges,
    held_out: Sequence[Note],
    learned: Sequence[Note],
    limit: int,
    rng: np.random.Generator,
) -> Measurements:
    """Rows for two notes of each of ``limit`` conditions, see :func:`_sounds`.

    Conditions are those of held-out notes; ``learned`` are the notes that the model learned from, from which come the
    reference of Fréchet distance, of bins and of diversity. Texture is measured from the held-out notes that are left.
    """
    notes, left = condition_pairs(held_out, limit, rng)
    targets = Targets.of(notes)
    others = draw_notes(left, 4 * limit, rng) or notes
    reference = Reference(
        judges.observe_notes(nearest_notes(learned, targets, EACH, rng), "reference", tracker=False),
        judges.observe_notes(others, "texture", tracker=False),
    )
    seeds = rng.integers(2**31, size=len(notes)).tolist()
    made = _sounds(model, notes, seeds)
    rows = {name: reference.rows(judges.observe(sounds, targets, name)) for name, sounds in made.items()}
    few = max(1, limit // 4)
    for name, rises in _rises(model, crescendos(held_out, few, rng), notes[:few], seeds).items():
        if rises:
            rows[name]["velocity_by_level"] = proportion(rises)
    return rows


def _sounds(model: CVAE, notes: Sequence[Note], seeds: Sequence[int]) -> dict[str, Iterator[Tensor]]:
    """Six ways to what ``notes`` are, made when asked for.

    The notes themselves; copied through the model's spectrogram; new ones by the fitted prior, the same without
    texture, and from N(0, I); and rebuilt from their own z.
    """
    tell = list(zip(notes, seeds, strict=True))
    return {
        "real": (note.audio for note in notes),
        "copy_synthesis": (copy_synthesis(model, note.audio) for note in notes),
        "model": (_new(model, note, note.velocity, seed) for note, seed in tell),
        "without_texture": (_new(model, note, note.velocity, seed, texture=0.0) for note, seed in tell),
        "plain_prior": (_new(model, note, note.velocity, seed, standard_normal(model, seed)) for note, seed in tell),
        "reconstructed": _rebuilt(model, notes),
    }


def _new(
    model: CVAE, like: Note, velocity: int, seed: int, z: Tensor | None = None, texture: float = TEXTURE
) -> Tensor:
    """A new note of the pitch and family of another."""
    return generate(model, pitch=like.pitch, family=like.family, velocity=velocity, seed=seed, z=z, texture=texture)


def _rises(
    model: CVAE, triples: Sequence[Sequence[Note]], notes: Sequence[Note], seeds: Sequence[int]
) -> dict[str, list[bool]]:
    """Whether level rises with velocity: in real notes of one instrument, as rows tell, and in new ones of one seed."""
    tell = list(zip(notes, seeds, strict=False))
    return {
        "real": [level_rises(*(note.audio for note in three)) for three in triples],
        "copy_synthesis": [level_rises(*(copy_synthesis(model, note.audio) for note in three)) for three in triples],
        "model": [level_rises(*(_new(model, n, v, seed) for v in STEPS)) for n, seed in tell],
        "without_texture": [level_rises(*(_new(model, n, v, seed, texture=0.0) for v in STEPS)) for n, seed in tell],
        "plain_prior": [
            level_rises(*(_new(model, n, v, s, standard_normal(model, s)) for v in STEPS)) for n, s in tell
        ],
        "reconstructed": [level_rises(*_rebuilt(model, three)) for three in triples],
    }


def _rebuilt(model: CVAE, notes: Sequence[Note]) -> Iterator[Tensor]:
    return (rebuild(model, n.audio, c, TEXTURE) for n, c in zip(notes, condition_at(notes), strict=True))
