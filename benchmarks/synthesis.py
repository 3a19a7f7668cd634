"""How fast notes are made: a mixed set of all families, pitches and velocities, in memory and written to files."""

from __future__ import annotations

import statistics
import tempfile
from collections import deque
from functools import partial
from pathlib import Path

from benchmarks.common import Row, circumstances, seconds
from nsynthlib.data import write_notes
from nsynthlib.synthesis.instruments import synthetic_notes

NOTES = 440  # 40 turns through the families
REPEATS = 3


def rows() -> list[Row]:
    """One row: notes a second in memory, the median of three sets; with files in the circumstances."""
    deque(synthetic_notes(44), maxlen=0)  # warm up
    made = statistics.median(seconds(partial(_make, seed)) for seed in range(REPEATS))
    with tempfile.TemporaryDirectory() as folder:
        written = seconds(lambda: write_notes(Path(folder) / "notes", synthetic_notes(NOTES)))
    about = circumstances(notes=NOTES, repeats=REPEATS, written_notes_per_second=round(NOTES / written, 1))
    return [Row("synthesis, mixed set", "notes/s", NOTES / made, ">= 200", circumstances=about)]


def _make(seed: int) -> None:
    deque(synthetic_notes(NOTES, seed), maxlen=0)
