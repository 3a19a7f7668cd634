"""How near one sound comes to another, on one spectrogram for all models."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from nsynthlib.spectral import LogMel, log_spectral_distance, spectral_convergence

FLOOR_DB = -80.0  # of the common spectrogram, against its reference
REFERENCE = 64.0  # magnitude of 0 dB, 18 dB below a full-scale sine
COMMON = LogMel(256, mel_scale="htk", floor_db=-200.0)
HEADROOM = 16.0  # a band adds up several bins, and may hold more than a full-scale sine, where LogMel would clip it
OFFSET = 20 * float(np.log10(HEADROOM * COMMON.stft.reference / REFERENCE))
LOUD_DB = 20.0  # below a note's own loudest bin: what is heard first
SEAM = 8  # frames that the network's last layers make side by side, so that a step shows at every eighth
SILENT_DB = -100.0  # mean square, against full scale: below the last bit of 16
STILL_DB = 1e-6  # a step that is none
DISTANCES = (
    "rmse_db",
    "rmse_above_floor_db",
    "loud_rmse_db",
    "loud_bias_db",
    "log_spectral_distance_db",
    "spectral_convergence",
    "energy_db",
    "seam_ratio",
)


def common_bands(audio: Tensor) -> Tensor:
    """Decibels ``[..., 256, frames]``, not clipped above, of HTK mel bands of the magnitude STFT, 0 at 64."""
    return COMMON(audio / HEADROOM) + OFFSET


def common_spectrogram(audio: Tensor) -> Tensor:
    """Decibels ``[..., 256, frames]`` in [-80, 0] on which all models are compared, whatever they use inside.

    HTK mel bands of the magnitude STFT (2048/512, Hann) against a magnitude of 64, 18 dB below a full-scale sine.

    >>> from nsynthlib import pocket
    >>> picture = common_spectrogram(pocket()[0].audio)
    >>> picture.shape, bool(picture.min() >= -80)
    (torch.Size([256, 126]), True)
    """
    return common_bands(audio).clamp(FLOOR_DB, 0.0)


def level_db(audio: Tensor) -> float:
    """Mean square in decibels against full scale, at least ``SILENT_DB``."""
    return 10 * float(audio.double().square().mean().clamp_min(10 ** (SILENT_DB / 10)).log10())


def seam_ratio(bands: Tensor) -> float:
    """How far levels jump at every eighth frame, over how far they jump elsewhere; 1 if it is the same.

    ``bands`` ``[bands, frames]`` are decibels; jumps are their absolute means, of what is above the floor before and
    after. NaN where nothing is.
    """
    jumps = bands.diff(dim=1).abs()
    above = (bands[:, 1:] > FLOOR_DB) & (bands[:, :-1] > FLOOR_DB)
    seam = (torch.arange(1, bands.shape[1], device=bands.device) % SEAM == 0).expand_as(above)
    there, elsewhere = (float(jumps[above & where].mean()) for where in (seam, ~seam))
    return (there + STILL_DB) / (elsewhere + STILL_DB)


class Original:
    """A note that others are compared with: its spectrogram is made once."""

    def __init__(self, audio: Tensor) -> None:
        self.audio = audio

    @cached_property
    def bands(self) -> Tensor:
        return common_bands(self.audio)

    def distances(self, other: Tensor) -> dict[str, float]:
        """``DISTANCES`` of another sound ``[samples]``, all but the first NaN if the original is silent.

        ``loud`` bins are those within 20 dB of the original's loudest, whatever its level: ``loud_rmse_db`` is the
        error there and ``loud_bias_db`` its mean, below 0 where the other is too soft. ``energy_db`` is the other's
        energy over the original's, see also :func:`seam_ratio`.
        """
        bands = common_bands(other)
        clipped, original = (some.clamp(FLOOR_DB, 0.0) for some in (bands, self.bands))
        error = clipped - original
        found = dict.fromkeys(DISTANCES, float("nan")) | {"rmse_db": _rms(error)}
        if self.bands.max() <= FLOOR_DB:
            return found
        peak = float(self.bands.max())
        loud = (bands.clamp_min(peak + FLOOR_DB) - self.bands)[self.bands >= peak - LOUD_DB]
        return found | {
            "rmse_above_floor_db": _rms(error[original > FLOOR_DB]),
            "loud_rmse_db": _rms(loud),
            "loud_bias_db": float(loud.mean()),
            "log_spectral_distance_db": float(log_spectral_distance(self.audio, other)),
            "spectral_convergence": float(spectral_convergence(self.audio, other)),
            "energy_db": level_db(other) - level_db(self.audio),
            "seam_ratio": seam_ratio(bands),
        }


def _rms(error: Tensor) -> float:
    return float(error.square().mean().sqrt())
