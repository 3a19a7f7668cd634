"""How loud a sound is. Nothing here makes a sound louder, or softer unless it would clip."""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor

CLIPPED = 8  # samples in a row at full scale; music reaches it for one or two


def dbfs(value: float) -> float:
    """Level in dB against full scale of an amplitude; silence gives ``-inf``.

    >>> dbfs(1.0), round(dbfs(0.5), 2), dbfs(0.0)
    (0.0, -6.02, -inf)
    """
    return 20 * math.log10(value) if value > 0 else -math.inf


def peak_and_rms(audio: np.ndarray) -> tuple[float, float]:
    """Peak and root mean square of ``audio`` as amplitudes.

    >>> import numpy as np
    >>> peak, rms = peak_and_rms(np.sin(2 * np.pi * 100 * np.arange(16_000) / 16_000))
    >>> round(peak, 3), round(rms, 3)
    (1.0, 0.707)
    """
    return float(np.abs(audio).max()), float(np.sqrt(np.mean(audio.astype(np.float64) ** 2)))


def limit_peak(audio: Tensor) -> tuple[Tensor, float]:
    """Sounds ``[..., samples]``, each turned down as a whole where it would clip and only there.

    And by how many decibels; of several sounds that is the most.

    >>> import torch
    >>> sounds, less = limit_peak(torch.tensor([[0.5, -0.5], [2.0, -1.0]]))
    >>> sounds, round(less, 2)
    (tensor([[ 0.5000, -0.5000],
            [ 1.0000, -0.5000]]), 6.02)
    """
    beyond = audio.abs().amax(-1, keepdim=True).clamp_min(1.0)
    return audio / beyond, dbfs(max(beyond.flatten().tolist(), default=1.0))


def longest_run(true: np.ndarray) -> int:
    """How many in a row of ``true`` ``[samples]`` hold: of the samples at full scale, more than music reaches."""
    edges = np.flatnonzero(np.diff(true, prepend=False, append=False))
    return int((edges[1::2] - edges[::2]).max(initial=0))
