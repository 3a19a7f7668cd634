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

from nsynthlib.data import Note, labels_of
from nsynthlib.evaluation.distances import FLOOR_DB, common_bands, heard_pitch
from nsynthlib.evaluation.modulation import modulation_statistics
from nsynthlib.evaluation.statistics import Measurement, proportion
from nsynthlib.models.classifier import Classifier, Predictions, nearest_velocity

THUMBNAIL_SHAPE = (64, 21)  # what k-means sees of a spectrogram: 4 bands by 6 frames in one


@dataclass(frozen=True)
class Targets:
    """What ``n`` notes are asked to be, int64 ``[n]`` each; family as index into ``FAMILIES``."""

    pitch: np.ndarray
    family: np.ndarray
    velocity: np.ndarray

    @classmethod
    def of(cls, notes: Sequence[Note]) -> Targets:
        return cls(**{name: field.numpy() for name, field in labels_of(notes).items()})

    def __len__(self) -> int:
        return len(self.pitch)

    def groups(self) -> list[tuple[int, int, int]]:
        """One for each note: notes of the same group are asked to be the same."""
        return list(zip(self.pitch.tolist(), self.family.tolist(), self.velocity.tolist(), strict=True))


@dataclass(frozen=True)
class Observed:
    """What the judges heard in ``n`` notes; pitches by the tracker are NaN where it heard none or was not asked."""

    targets: Targets
    predictions: Predictions
    tracked: np.ndarray  #: MIDI numbers ``[n]``
    modulation: np.ndarray  #: ``[n, 48]``
    thumbnails: np.ndarray  #: small spectrograms ``[n, 64 * 21]``

    @property
    def features(self) -> np.ndarray:
        """The classifier's, ``[n, 96]``."""
        return self.predictions.features.double().numpy()

    def accuracies(self) -> dict[str, Measurement]:
        """Share of notes that the classifier hears as they were asked for."""
        velocity = nearest_velocity(torch.from_numpy(self.targets.velocity)).numpy()
        wanted = {"pitch": self.targets.pitch, "family": self.targets.family, "velocity": velocity}
        return {
            f"{name}_accuracy": proportion(getattr(self.predictions, name).argmax(1).numpy() == wanted[name])
            for name in wanted
        }

    def in_tune(self) -> Measurement:
        """Share of notes within 50 cents by the tracker."""
        return proportion(np.abs(self.tracked - self.targets.pitch) <= 0.5)


class Judges:
    """The classifier and the tracker, one pass over the sounds for both."""

    def __init__(self, classifier: Classifier, quiet: bool = False) -> None:
        self.classifier, self.quiet = classifier, quiet

    def observe(self, sounds: Iterable[Tensor], targets: Targets, name: str = "", tracker: bool = True) -> Observed:
        """Listen to as many sounds ``[64000]`` as were asked for; ``name`` is shown with the progress."""
        tracked, moving, small = [], [], []

        def passing() -> Iterator[Tensor]:
            for audio in tqdm(sounds, total=len(targets), desc=name, unit="note", disable=self.quiet):
                bands = common_bands(audio)
                tracked.append(heard_pitch(audio) if tracker else float("nan"))
                moving.append(modulation_statistics(bands, FLOOR_DB))
                small.append(F.adaptive_avg_pool2d(bands.clamp(FLOOR_DB, 0.0)[None], THUMBNAIL_SHAPE).flatten())
                yield audio

        predictions = self.classifier.predict(passing())
        return Observed(
            targets, predictions, np.array(tracked), torch.stack(moving).double().numpy(), torch.stack(small).numpy()
        )

    def observe_notes(self, notes: Sequence[Note], name: str = "", tracker: bool = True) -> Observed:
        """Listen to real notes."""
        return self.observe((note.audio for note in notes), Targets.of(notes), name, tracker)


def level_rises(*sounds: Tensor) -> bool:
    """Whether each sound has more energy than the one before it."""
    energies = [float(audio.square().mean()) for audio in sounds]
    return all(soft < loud for soft, loud in pairwise(energies))
