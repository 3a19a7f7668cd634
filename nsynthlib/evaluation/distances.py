"""How near one sound comes to another, on one spectrogram for all models."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from torch import Tensor

from nsynthlib.audio.pitch import estimate_pitch
from nsynthlib.errors import DataError
from nsynthlib.evaluation.statistics import Measurement, summarise
from nsynthlib.spectral import LogMel, log_spectral_distance, spectral_convergence

FLOOR_DB = -80.0  # of the common spectrogram, against its reference
REFERENCE = 64.0  # magnitude of 0 dB, 18 dB below a full-scale sine
COMMON = LogMel(256, mel_scale="htk", floor_db=-200.0)
OFFSET = 20 * float(np.log10(COMMON.stft.reference / REFERENCE))
DISTANCES = ("rmse_db", "rmse_above_floor_db", "log_spectral_distance_db", "spectral_convergence")


def heard_pitch(audio: Tensor) -> float:
    """MIDI number that the tracker hears in ``audio`` ``[samples]``, see :func:`estimate_pitch`; NaN for none."""
    try:
        return estimate_pitch(audio)
    except DataError:
        return float("nan")


def in_tune(audio: Tensor, pitch: int) -> bool:
    """Whether the pitch tracker hears ``audio`` ``[samples]`` within 50 cents of a MIDI number; silence is not."""
    return abs(heard_pitch(audio) - pitch) <= 0.5


def common_bands(audio: Tensor) -> Tensor:
    """Decibels ``[..., 256, frames]``, at most 18, of HTK mel bands of the magnitude STFT (2048/512, Hann), 0 at 64."""
    return COMMON(audio) + OFFSET


def common_spectrogram(audio: Tensor) -> Tensor:
    """Decibels ``[..., 256, frames]`` in [-80, 0] on which all models are compared, whatever they use inside.

    HTK mel bands of the magnitude STFT (2048/512, Hann) against a magnitude of 64, 18 dB below a full-scale sine.
    """
    return common_bands(audio).clamp(FLOOR_DB, 0.0)


class Original:
    """A note that others are compared with: its spectrogram is made once."""

    def __init__(self, audio: Tensor) -> None:
        self.audio = audio

    @cached_property
    def spectrogram(self) -> Tensor:
        return common_spectrogram(self.audio)

    def distances(self, other: Tensor) -> dict[str, float]:
        """``DISTANCES`` of another sound ``[samples]``; ``rmse_above_floor_db`` is NaN if the original is silent."""
        if other is self.audio:
            return dict.fromkeys(DISTANCES, 0.0)
        error = common_spectrogram(other) - self.spectrogram
        above = error[self.spectrogram > FLOOR_DB]
        return {
            "rmse_db": float(error.square().mean().sqrt()),
            "rmse_above_floor_db": float(above.square().mean().sqrt()),
            "log_spectral_distance_db": float(log_spectral_distance(self.audio, other)),
            "spectral_convergence": float(spectral_convergence(self.audio, other)),
        }


def median_distances(distances: Sequence[dict[str, float]]) -> dict[str, Measurement]:
    """Medians over notes of :meth:`Original.distances`; what is NaN is left out, and a measure that all notes lack."""
    columns = {name: np.array([one[name] for one in distances]) for name in DISTANCES}
    told = {name: column[~np.isnan(column)] for name, column in columns.items()}
    return {name: summarise(column) for name, column in told.items() if len(column)}
