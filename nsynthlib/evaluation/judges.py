"""What the judges hear: a classifier trained on real notes, a pitch tracker, and level."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from accelerate.utils import tqdm
from torch import Tensor
from torch.nn import functional as F

from nsynthlib.classifier import Classifier, Verdict, nearest
from nsynthlib.data import Note, labels_of
from nsynthlib.evaluation.intervals import Row, share
from nsynthlib.evaluation.modulation import modulation
from nsynthlib.evaluation.pictures import FLOOR_DB, bands, heard_pitch

CELL_SHAPE = (64, 21)  # what k-means sees of a picture: 4 bands by 6 frames in one


@dataclass(frozen=True)
class Asked:
    """What ``n`` notes are asked to be, int64 ``[n]`` each; family as index into ``FAMILIES``."""

    pitch: np.ndarray
    family: np.ndarray
    velocity: np.ndarray

    @classmethod
    def of(cls, notes: Sequence[Note]) -> Asked:
        return cls(**{name: field.numpy() for name, field in labels_of(notes).items()})

    def __len__(self) -> int:
        return len(self.pitch)

    def groups(self) -> list[tuple[int, int, int]]:
        """One for each note: notes of the same group are asked to be the same."""
        return list(zip(self.pitch.tolist(), self.family.tolist(), self.velocity.tolist(), strict=True))


@dataclass(frozen=True)
class Heard:
    """What the judges heard in ``n`` notes; pitches by the tracker are NaN for silence, and where it was not asked."""

    asked: Asked
    verdict: Verdict
    tracked: np.ndarray  #: MIDI numbers ``[n]``
    modulation: np.ndarray  #: ``[n, 48]``
    cells: np.ndarray  #: small pictures ``[n, 64 * 21]``

    @property
    def features(self) -> np.ndarray:
        """The classifier's, ``[n, 96]``."""
        return self.verdict.features.double().numpy()

    def right(self) -> dict[str, Row]:
        """Share of notes that the classifier hears as they were asked for."""
        velocity = nearest(torch.from_numpy(self.asked.velocity)).numpy()
        asked = {"pitch": self.asked.pitch, "family": self.asked.family, "velocity": velocity}
        return {
            f"{name}_accuracy": share(getattr(self.verdict, name).argmax(1).numpy() == asked[name]) for name in asked
        }

    def in_tune(self) -> Row:
        """Share of notes within 50 cents by the tracker."""
        return share(np.abs(self.tracked - self.asked.pitch) <= 0.5)


class Judges:
    """The classifier and the tracker, one pass over the sounds for both."""

    def __init__(self, classifier: Classifier, quiet: bool = False) -> None:
        self.classifier, self.quiet = classifier, quiet

    def hear(self, sounds: Iterable[Tensor], asked: Asked, name: str = "", tracker: bool = True) -> Heard:
        """Listen to as many sounds ``[64000]`` as were asked for; ``name`` is shown with the progress."""
        tracked, moving, small = [], [], []

        def passing() -> Iterator[Tensor]:
            for audio in tqdm(sounds, total=len(asked), desc=name, unit="note", disable=self.quiet):
                picture = bands(audio)
                tracked.append(heard_pitch(audio) if tracker else float("nan"))
                moving.append(modulation(picture, FLOOR_DB))
                small.append(F.adaptive_avg_pool2d(picture.clamp(FLOOR_DB, 0.0)[None], CELL_SHAPE).flatten())
                yield audio

        verdict = self.classifier.listen(passing())
        return Heard(
            asked, verdict, np.array(tracked), torch.stack(moving).double().numpy(), torch.stack(small).numpy()
        )

    def notes(self, notes: Sequence[Note], name: str = "", tracker: bool = True) -> Heard:
        """Listen to real notes."""
        return self.hear((note.audio for note in notes), Asked.of(notes), name, tracker)


def level_rises(*sounds: Tensor) -> bool:
    """Whether each sound has more energy than the one before it."""
    energies = [float(audio.square().mean()) for audio in sounds]
    return all(soft < loud for soft, loud in pairwise(energies))
