"""What the judges hear: a classifier trained on real notes, two pitch trackers, and level."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from accelerate.utils import tqdm
from torch import Tensor
from torch.nn import functional as F

from nsynthlib.data import Note
from nsynthlib.evaluation.distances import FLOOR_DB, common_bands
from nsynthlib.evaluation.modulation import modulation_statistics
from nsynthlib.evaluation.statistics import Measurement, Measurements, proportion
from nsynthlib.evaluation.targets import Targets
from nsynthlib.evaluation.trackers import heard_pitch, pesto, pesto_pitch
from nsynthlib.models.classifier import Classifier, Predictions, nearest_velocity

THUMBNAIL_SHAPE = (64, 21)  # what k-means sees of a spectrogram: 4 bands by 6 frames in one
CENTS_50 = 0.5
PITCH = ("in_tune", "in_tune_pesto", "pitch_accuracy")  # those who hear pitch


@dataclass(frozen=True)
class Observed:
    """What the judges heard in ``n`` notes; a tracker's pitches are NaN where it heard none, and ``None`` where it was
    not asked."""

    targets: Targets
    predictions: Predictions
    tracked: np.ndarray | None  #: MIDI numbers ``[n]``
    pesto: np.ndarray | None  #: the same by PESTO, ``None`` also where it is not installed
    modulation: np.ndarray  #: ``[n, 48]``
    thumbnails: np.ndarray  #: small spectrograms ``[n, 64 * 21]``

    @property
    def features(self) -> np.ndarray:
        """The classifier's, ``[n, 96]``."""
        return self.predictions.features.double().numpy()

    def right(self) -> dict[str, np.ndarray]:
        """Whether each judge hears each note as it was asked for, bool ``[n]``; a tracker that was not asked is left
        out."""
        wanted = {
            "pitch": self.targets.pitch,
            "family": self.targets.family,
            "velocity": nearest_velocity(torch.from_numpy(self.targets.velocity)).numpy(),
        }
        answers = {name: getattr(self.predictions, name).argmax(1).numpy() for name in wanted}
        heard = {"in_tune": self.tracked, "in_tune_pesto": self.pesto}
        near = {m: np.abs(pitch - wanted["pitch"]) <= CENTS_50 for m, pitch in heard.items() if pitch is not None}
        return near | {f"{name}_accuracy": answers[name] == wanted[name] for name in wanted}

    def shares(self, *measures: str) -> dict[str, Measurement]:
        """How often each judge hears notes as they were asked for: all measures of :meth:`right`, or these of them."""
        right = self.right()
        return {m: proportion(right[m], self.targets.clusters) for m in right if m in measures or not measures}


class Judges:
    """The classifier and the trackers, one pass over the sounds for all.

    >>> from nsynthlib import pocket
    >>> from nsynthlib.evaluation.targets import Targets
    >>> from nsynthlib.models import Classifier
    >>> judges, notes = Judges(Classifier.from_pretrained(), quiet=True), pocket().filter(family="mallet")
    >>> heard = judges.observe_notes(notes)
    >>> heard.features.shape == (len(notes), 96)
    True
    >>> len(heard.right()["pitch_accuracy"]) == heard.shares()["pitch_accuracy"]["n"] == len(notes)
    True
    >>> half = judges.observe([note.audio / 2 for note in notes], Targets.of(notes), tracker=False)
    >>> half.tracked is None
    True
    """

    def __init__(self, classifier: Classifier, quiet: bool = False) -> None:
        self.classifier, self.quiet = classifier, quiet

    def observe(self, sounds: Iterable[Tensor], targets: Targets, name: str = "", tracker: bool = True) -> Observed:
        """Listen to as many sounds ``[64000]`` as were asked for; ``name`` is shown with the progress."""
        tracked, heard_by_pesto, moving, small = [], [], [], []

        def passing() -> Iterator[Tensor]:
            for audio in tqdm(sounds, total=len(targets), desc=name, unit="note", disable=self.quiet):
                bands = common_bands(audio)
                if tracker:
                    tracked.append(heard_pitch(audio))
                    heard_by_pesto.append(pesto_pitch(audio))
                moving.append(modulation_statistics(bands, FLOOR_DB))
                small.append(F.adaptive_avg_pool2d(bands.clamp(FLOOR_DB, 0.0)[None], THUMBNAIL_SHAPE).flatten())
                yield audio

        predictions = self.classifier.predict(passing())
        return Observed(
            targets,
            predictions,
            np.array(tracked) if tracker else None,
            np.array(heard_by_pesto) if tracker and pesto() else None,
            torch.stack(moving).double().numpy(),
            torch.stack(small).numpy(),
        )

    def observe_notes(self, notes: Sequence[Note], name: str = "", tracker: bool = True) -> Observed:
        """Listen to real notes."""
        return self.observe((note.audio for note in notes), Targets.of(notes), name, tracker)


def by_octave(observed: Mapping[str, Observed]) -> Measurements:
    """How often pitch is heard right in real notes of several sets, a row for each octave, from a C to the next B."""
    octave = np.concatenate([one.targets.pitch // 12 for one in observed.values()])
    clusters = [(name, i) for name, one in observed.items() for i in one.targets.clusters.tolist()]
    right = [one.right() for one in observed.values()]
    columns = {m: np.concatenate([found[m] for found in right]) for m in PITCH if all(m in found for found in right)}
    rows = {}
    for number in np.unique(octave).tolist():
        at = np.flatnonzero(octave == number)
        of = [clusters[i] for i in at]
        rows[f"C{number - 1} to B{number - 1}"] = {m: proportion(column[at], of) for m, column in columns.items()}
    return rows


def level_rises(*sounds: Tensor) -> bool:
    """Whether each sound has more energy than the one before it."""
    energies = [float(audio.square().mean()) for audio in sounds]
    return all(soft < loud for soft, loud in pairwise(energies))
