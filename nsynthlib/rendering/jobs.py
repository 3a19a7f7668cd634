"""The notes of one instrument, rendered one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from nsynthlib.data import note_name, write_wav
from nsynthlib.files import write_json
from nsynthlib.rendering.choosing import Cell

SILENT = 33 / 32768  # a peak below -60 dB of full scale: a key that the instrument does not have


@dataclass(frozen=True)
class Job:
    """The notes of one instrument, and where they go.

    >>> from pathlib import Path
    >>> job = Job("organ_synthetic_000", Path("train"), cells=((60, 100),))
    >>> job.record.name
    'organ_synthetic_000.json'
    """

    instrument: str
    folder: Path
    cells: tuple[Cell, ...]

    @property
    def record(self) -> Path:
        """Where the peaks are kept once all of its notes are there."""
        return self.folder / f"{self.instrument}.json"


def render_notes(job: Job, note: Callable[[int, int], np.ndarray]) -> int:
    """Write what ``note`` makes of each pitch and velocity of the job; return how many there are, silent ones included.

    ``note`` gives ``[64000]`` in [-1, 1]. An instrument takes a second or two, and is what an interrupted rendering
    begins again.

    >>> import numpy as np
    >>> from pathlib import Path
    >>> from nsynthlib.audio import midi_to_hz
    >>> def sine(pitch, velocity):
    ...     tone = np.sin(2 * np.pi * midi_to_hz(pitch) * np.arange(64_000) / 16_000)
    ...     return (velocity / 127 * tone).astype(np.float32)
    >>> Path("train").mkdir()
    >>> render_notes(Job("organ_synthetic_000", Path("train"), ((60, 100), (64, 100))), sine)
    2
    >>> sorted(path.name for path in Path("train").iterdir())
    ['organ_synthetic_000-060-100.wav', 'organ_synthetic_000-064-100.wav', 'organ_synthetic_000.json']
    """
    peaks = {}
    for pitch, velocity in job.cells:
        name = note_name(job.instrument, pitch, velocity)
        samples = note(pitch, velocity)
        peaks[name] = float(np.abs(samples).max())
        if peaks[name] >= SILENT:
            write_wav(job.folder / f"{name}.wav", torch.from_numpy(samples))
    write_json(job.record, peaks)
    return len(job.cells)
