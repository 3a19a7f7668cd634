"""Are new notes new? How far each lies from the nearest note that the model learned from.

A model that gives back its training notes scores well in all else: such notes are in tune, real and varied. It shows
here, beside real notes that it never heard. If new notes lie nearer to the training notes than those do, it has learned
notes by heart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from accelerate.utils import tqdm
from torch import Tensor

from nsynthlib.data import Note
from nsynthlib.evaluation.differences import difference
from nsynthlib.evaluation.distances import FLOOR_DB, common_bands, level_db
from nsynthlib.evaluation.per_note import row_of
from nsynthlib.evaluation.selection import draw_notes
from nsynthlib.evaluation.statistics import Measurement
from nsynthlib.evaluation.targets import Targets

SEARCHED = 50_000  # training notes at most; of more, as many are drawn
CHUNK = 64  # of them at a time
TONE_DB = 21.0  # loudest bin of a steady sine, against its own level


def level_free(audio: Tensor) -> Tensor:
    """The common spectrogram against the note's own level and down to 80 dB below it, float16 ``[256 * frames]``.

    A training note that is played back softer or louder is still that note, and velocity is asked for anyway. Level is
    that of the whole note, since noise makes its loudest bin uncertain.
    """
    return (common_bands(audio) - level_db(audio) - TONE_DB).clamp_min(FLOOR_DB).half().flatten()


class Kept:
    """Sounds handed on one by one, of which the level-free spectrograms stay, ``[n, 256 * frames]``."""

    def __init__(self, sounds: Iterable[Tensor]) -> None:
        self.sounds, self.found = sounds, list[Tensor]()

    def __iter__(self) -> Iterator[Tensor]:
        for audio in self.sounds:
            self.found.append(level_free(audio))
            yield audio

    @property
    def spectrograms(self) -> Tensor:
        return torch.stack(self.found)


def nearest_db(
    spectrograms: Tensor, pitches: np.ndarray, names: Sequence[str], learned: Sequence[Note], quiet: bool = False
) -> np.ndarray:
    """How far each note lies from the nearest of ``learned``: RMSE in decibels ``[n]``, NaN where there is none.

    Args:
        spectrograms: of the notes, see :func:`level_free`, ``[n, 256 * frames]``.
        pitches: of the notes, ``[n]``. Only notes of the same pitch are searched, since it says where partials lie.
        names: of the notes, ``""`` for a new one. A note that is among ``learned`` is not compared with itself.
        learned: the notes to search.
        quiet: show no progress.
    """
    of_pitch = Targets.of(learned).pitch
    best = np.full(len(pitches), np.inf)
    with tqdm(total=int(np.isin(of_pitch, pitches).sum()), desc="nearest", unit="note", disable=quiet) as progress:
        for pitch in np.unique(pitches).tolist():
            rows, there = np.flatnonzero(pitches == pitch), np.flatnonzero(of_pitch == pitch)
            for first in range(0, len(there), CHUNK):
                some = [learned[int(i)] for i in there[first : first + CHUNK]]
                itself = torch.tensor([[names[row] == note.name for note in some] for row in rows.tolist()])
                others = torch.stack([level_free(note.audio) for note in some])
                best[rows] = np.minimum(best[rows], _nearest(spectrograms[rows], others, itself))
                progress.update(len(some))
    return np.where(np.isinf(best), np.nan, best)


def _nearest(notes: Tensor, others: Tensor, itself: Tensor) -> np.ndarray:
    """RMSE of each of ``notes`` ``[n, d]`` from the nearest of ``others`` ``[m, d]``, which is not ``itself``
    ``[n, m]``; infinite where there is none."""
    one, other = notes.float(), others.float()
    apart = torch.cdist(one, other).masked_fill(itself, torch.inf)
    least, at = apart.min(1)
    exact = (one - other[at]).square().mean(1).sqrt()  # cdist is coarse where the distance is small
    return torch.where(least.isinf(), torch.inf, exact).double().numpy()


def measure_memorisation(
    new: Kept,
    real: Kept,
    notes: Sequence[Note],
    training: tuple[Kept, Sequence[Note]],
    learned: Sequence[Note],
    rng: np.random.Generator,
    quiet: bool = False,
) -> dict[str, Measurement]:
    """How far notes lie from the nearest of ``learned``, medians: new ones, unseen real ones, and training notes.

    ``nearest_ratio`` is that of new notes over that of real ones: near 0 if the model gives back what it learned, 1 if
    its notes are as new as those of unseen instruments.

    Args:
        new, real: the notes that were made, and those they were asked for like, one by one: ``notes``.
        notes: the real ones.
        training: some training notes, that show how near another of the same instrument lies.
        learned: all notes that the model learned from; at most ``SEARCHED`` of them are searched, drawn evenly.
        rng: of that choice.
        quiet: show no progress.
    """
    kept, trained = training
    spectrograms = torch.cat([new.spectrograms, real.spectrograms, kept.spectrograms])
    targets, others = Targets.of(notes), Targets.of(trained)
    pitches = np.concatenate([targets.pitch, targets.pitch, others.pitch])
    names = [""] * len(notes) + [note.name for note in notes] + [note.name for note in trained]
    found = nearest_db(spectrograms, pitches, names, draw_notes(learned, SEARCHED, rng), quiet)
    made, heard, rest = np.split(found, [len(notes), 2 * len(notes)])
    row = row_of({"nearest_new_db": made}, targets.by_condition().clusters)
    row |= row_of({"nearest_real_db": heard}, targets.clusters)
    row |= row_of({"nearest_training_db": rest}, others.clusters)
    both = ~np.isnan(made + heard)
    if both.any() and np.median(heard[both]) > 0:
        of = targets.clusters[both]
        row["nearest_ratio"] = difference(made[both], heard[both], clusters=of, combine=np.divide)
    return row
