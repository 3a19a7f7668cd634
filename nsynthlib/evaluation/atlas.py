"""Copies that were kept to be seen and heard: of every family by every model the note in the middle and the worst.

A number says how much a copy errs; a picture says where. Pictures are those that the numbers are taken on, the common
spectrogram, made smaller; sounds are the first two seconds. All are in one file, ``atlas.safetensors``, beside
``atlas.json``, which says whose notes they are.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.errors import DataError
from nsynthlib.evaluation.distances import COMMON, FLOOR_DB, common_spectrogram
from nsynthlib.evaluation.stored import Cell, by_family
from nsynthlib.files import atomic

SMALLER = 2  # bands and frames that become one, by their mean in decibels
BANDS, FRAMES = (-(-size // SMALLER) for size in COMMON.shape)
OCTAVES_HZ = (0, 250, 500, 1000, 2000, 4000, 8000)
ATTACK, RELEASE = 0.25, 3.0  # seconds: keys of NSynth's notes are down for three
PARTS = {"attack": (0.0, ATTACK), "middle": (ATTACK, RELEASE), "end": (RELEASE, 4.1)}
ORIGINAL = "original"


class Where(NamedTuple):
    """Where a copy errs most: the part with the largest share of the squared error."""

    low_hz: int
    high_hz: int
    part: str  #: a name in ``PARTS``
    share: float  #: of all squared error, in [0, 1]
    bias_db: float  #: mean error there, below 0 where the copy is too soft


def where_it_errs(original: Tensor, copy: Tensor) -> Where:
    """Of an octave by a part of the note, the one that holds most of the squared error between two sounds
    ``[64000]``, by :func:`~nsynthlib.evaluation.common_spectrogram`; lower octaves and earlier parts come first where
    shares are equal.
    """
    error = common_spectrogram(copy) - common_spectrogram(original)  # [bands, frames]
    squared = error.square()
    whole = float(squared.sum()) or 1.0
    found = [
        Where(low, high, part, float(squared[rows, columns].sum()) / whole, float(error[rows, columns].mean()))
        for (low, high), rows in _octaves().items()
        for part, columns in _parts().items()
    ]
    return max(found, key=lambda one: one.share)


def _octaves() -> dict[tuple[int, int], slice]:
    edges = np.clip(np.ceil(COMMON.bands(np.array(OCTAVES_HZ[1:-1], float))), 0, COMMON.n_mels).astype(int).tolist()
    return {
        hertz: slice(*rows)
        for hertz, rows in zip(pairwise(OCTAVES_HZ), pairwise((0, *edges, COMMON.n_mels)), strict=True)
    }


def _parts() -> dict[str, slice]:
    frames = SAMPLE_RATE / COMMON.hop_length
    return {part: slice(round(first * frames), round(last * frames)) for part, (first, last) in PARTS.items()}


def small_picture(audio: Tensor) -> np.ndarray:
    """The common spectrogram of a sound ``[64000]``, smaller: uint8 ``[BANDS, FRAMES]``, 0 for -80 dB, 255 for 0."""
    pooled = F.avg_pool2d(common_spectrogram(audio)[None], SMALLER, ceil_mode=True)[0]
    return (255 * (1 - pooled / FLOOR_DB)).round().to(torch.uint8).numpy()


@dataclass(frozen=True)
class Atlas:
    """Pictures (PNG) and sounds (MP3), by ``(model, note)``; the note itself is that of the model ``ORIGINAL``."""

    pictures: Mapping[tuple[str, str], bytes]
    sounds: Mapping[tuple[str, str], bytes]

    @classmethod
    def load(cls, path: Path) -> Atlas:
        """Read what :meth:`save` wrote; DataError if it is something else."""
        found: dict[str, dict[tuple[str, str], bytes]] = {"picture": {}, "sound": {}}
        try:
            for key, value in load_file(path).items():
                kind, model, note = key.split("/")
                found[kind][model, note] = value.numpy().tobytes()
        except Exception as error:  # safetensors has its own kinds
            raise DataError(f"{path} holds no atlas of errors ({error}); make it by tools/keep_atlas.py") from error
        return cls(found["picture"], found["sound"])

    def save(self, path: Path) -> None:
        """Write one file for all."""
        named = {"picture": self.pictures, "sound": self.sounds}
        tensors = {
            f"{kind}/{model}/{note}": torch.frombuffer(bytearray(data), dtype=torch.uint8)
            for kind, some in named.items()
            for (model, note), data in some.items()
        }
        with atomic(path) as partial:
            save_file(tensors, partial)


def png(picture: np.ndarray) -> bytes:
    """Bytes of a PNG file, grey, the first row at the bottom."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(picture[::-1]).save(file, "PNG", optimize=True)
    return file.getvalue()


def mp3(audio: np.ndarray) -> bytes:
    """Bytes of an MP3 file, smaller than those of :func:`~nsynthlib.audio.encoding.encode_mp3`."""
    import soundfile  # not on every training server

    file = io.BytesIO()
    soundfile.write(file, audio, SAMPLE_RATE, format="MP3", compression_level=0.7)
    return file.getvalue()


def atlas_cells(evaluations: Mapping[str, Mapping[str, Any]], notes: str = "test") -> dict[str, dict[str, Cell]]:
    """For each model, by the name it is to have, its cells by family, see :func:`~nsynthlib.evaluation.by_family`."""
    return {model: by_family(evaluation, notes) for model, evaluation in evaluations.items()}


def shown_notes(cells: Sequence[Cell]) -> list[str]:
    """Names of the notes that stand in some cell, each once, in order."""
    return sorted({note.name for cell in cells for note in (cell.median, cell.worst)})
