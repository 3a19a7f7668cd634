"""What notes are asked to be, and which of them are of one instrument."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nsynthlib.data import Note, NSynth, labels_of
from nsynthlib.evaluation.resampling import codes


def instruments_of(notes: Sequence[Note]) -> np.ndarray:
    """The instrument of each note as a number, int64 ``[n]``."""
    return codes(notes.table.instrument if isinstance(notes, NSynth) else (n.instrument for n in notes), len(notes))


@dataclass(frozen=True)
class Targets:
    """What ``n`` notes are asked to be, int64 ``[n]`` each; family as index into ``FAMILIES``.

    ``clusters`` are notes that stand or fall together, see :mod:`nsynthlib.evaluation.resampling`: those of one
    instrument.
    """

    pitch: np.ndarray
    family: np.ndarray
    velocity: np.ndarray
    clusters: np.ndarray

    @classmethod
    def of(cls, notes: Sequence[Note]) -> Targets:
        labels = {name: field.numpy() for name, field in labels_of(notes).items()}
        return cls(**labels, clusters=instruments_of(notes))

    def __len__(self) -> int:
        return len(self.pitch)

    def groups(self) -> list[tuple[int, int, int]]:
        """One for each note: notes of the same group are asked to be the same."""
        return list(zip(self.pitch.tolist(), self.family.tolist(), self.velocity.tolist(), strict=True))

    def by_condition(self) -> Targets:
        """The same, asked of a model, whose new notes are of no instrument: those of one condition are alike."""
        return replace(self, clusters=codes(self.groups(), len(self)))
