"""How loud a sound is. Nothing here makes a sound louder, or softer unless it would clip."""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor


def dbfs(value: float) -> float:
    """Level in dB against full scale of an amplitude; silence gives ``-inf``."""
    return 20 * math.log10(value) if value > 0 else -math.inf


def peak_and_rms(audio: np.ndarray) -> tuple[float, float]:
    """Peak and root mean square of ``audio`` as amplitudes."""
    return float(np.abs(audio).max()), float(np.sqrt(np.mean(audio.astype(np.float64) ** 2)))


def limit_peak(audio: Tensor) -> tuple[Tensor, float]:
    """Sounds ``[..., samples]``, each turned down as a whole where it would clip and only there.

    And by how many decibels; of several sounds that is the most.
    """
    beyond = audio.abs().amax(-1, keepdim=True).clamp_min(1.0)
    return audio / beyond, dbfs(max(beyond.flatten().tolist(), default=1.0))
