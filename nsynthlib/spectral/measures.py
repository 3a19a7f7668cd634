"""How far two sounds lie apart."""

from __future__ import annotations

import math

from torch import Tensor

from nsynthlib.spectral.transform import FLOOR_DB, STFT, stft


def log_spectral_distance(reference: Tensor, other: Tensor, settings: STFT | None = None) -> Tensor:
    """Decibels ``[...]``: root mean square over bins, mean over frames.

    Both spectra are clipped 80 dB below the reference's maximum.

    >>> import torch
    >>> noise = torch.randn(16_000, generator=torch.manual_seed(0))
    >>> round(float(log_spectral_distance(noise, noise / 2)), 2)  # half the amplitude is 6 dB less
    6.02
    """
    settings = settings or STFT()
    a, b = stft(reference, settings).abs(), stft(other, settings).abs()
    top = a.amax(dim=(-2, -1), keepdim=True).clamp_min(1e-12)
    da, db = (20 * (x / top).clamp_min(10 ** (FLOOR_DB / 20)).log10() for x in (a, b))
    return (da - db).square().mean(-2).sqrt().mean(-1)


def spectral_convergence(reference: Tensor, other: Tensor, settings: STFT | None = None) -> Tensor:
    """Ratio ``[...]`` of the norm of the magnitudes' difference to the norm of the reference's magnitudes.

    >>> from nsynthlib import pocket
    >>> note = pocket()[0].audio
    >>> round(float(spectral_convergence(note, note / 2)), 3)
    0.5
    """
    settings = settings or STFT()
    a, b = stft(reference, settings).abs(), stft(other, settings).abs()
    return (a - b).norm(dim=(-2, -1)) / a.norm(dim=(-2, -1)).clamp_min(1e-12)


def dbfs(value: float) -> float:
    """Level in dB against full scale of an amplitude; silence gives ``-inf``."""
    return 20 * math.log10(value) if value > 0 else -math.inf
