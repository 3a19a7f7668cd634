"""Mel bands, and the way back from bands to bins."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.constants import CONSTANTS
from nsynthlib.spectral.threads import note_by_note
from nsynthlib.values import one_of

MEL_SCALES: tuple[str, ...] = tuple(CONSTANTS["choices"]["mel_scale"])
MEL_SCALE = "slaney"  # where none is named
KNEE_HZ: float = CONSTANTS["mel"]["knee_hz"]  # where Slaney's scale turns from linear to logarithmic
KNEE_MEL: float = CONSTANTS["mel"]["knee_mel"]
N_ITER: int = CONSTANTS["mel"]["n_iter"]  # multiplicative updates from bands back to bins
SLANEY_STEP = math.log(6.4) / 27  # natural logarithm of the ratio of two frequencies one mel apart, above it


def hz_to_mel(hz: np.ndarray | float, mel_scale: str = MEL_SCALE) -> np.ndarray:
    """Mel of frequencies in hertz.

    Args:
        hz: at least 0.
        mel_scale: ``"slaney"`` (Slaney 1998, Auditory Toolbox), 3 f / 200 up to 1 kHz, from there 27 mel for every
            factor of 6.4; or ``"htk"``, 2595 log10(1 + f / 700). The two scales count in different units.

    Raises:
        UsageError: for another scale.

    >>> hz_to_mel([0, 1000, 6400]), float(hz_to_mel(1000, "htk").round(1))
    (array([ 0., 15., 42.]), 1000.0)
    """
    hz = np.asarray(hz, dtype=np.float64)
    if check_mel_scale(mel_scale) == "htk":
        return 2595.0 * np.log10(1.0 + hz / 700.0)
    return np.where(
        hz < KNEE_HZ,
        hz * (KNEE_MEL / KNEE_HZ),
        KNEE_MEL + np.log(np.maximum(hz, KNEE_HZ) / KNEE_HZ) / SLANEY_STEP,
    )


def mel_to_hz(mel: np.ndarray | float, mel_scale: str = MEL_SCALE) -> np.ndarray:
    """Frequencies in hertz of mel, the inverse of :func:`hz_to_mel`.

    >>> mel_to_hz([0, 15, 42]).round(6)
    array([   0., 1000., 6400.])
    """
    mel = np.asarray(mel, dtype=np.float64)
    if check_mel_scale(mel_scale) == "htk":
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    return np.where(
        mel < KNEE_MEL,
        mel * (KNEE_HZ / KNEE_MEL),
        KNEE_HZ * np.exp(SLANEY_STEP * (np.maximum(mel, KNEE_MEL) - KNEE_MEL)),
    )


def mel_corners(n_mels: int, f_min: float, f_max: float, mel_scale: str = MEL_SCALE) -> np.ndarray:
    """Corners in hertz ``[n_mels + 2]`` of ``n_mels`` triangles, evenly spaced in mel.

    >>> mel_corners(3, 0, 1000).round(1)
    array([   0.,  250.,  500.,  750., 1000.])
    """
    first, last = (float(hz_to_mel(hz, mel_scale)) for hz in (f_min, f_max))
    return mel_to_hz(np.linspace(first, last, n_mels + 2), mel_scale)


def check_mel_scale(mel_scale: str) -> str:
    """``mel_scale``, which must be a name in ``MEL_SCALES``; UsageError for another."""
    return one_of("mel_scale", mel_scale, MEL_SCALES)


@lru_cache(maxsize=16)
def mel_filterbank(
    n_mels: int,
    n_fft: int,
    sample_rate: int = SAMPLE_RATE,
    mel_scale: str = MEL_SCALE,
    f_min: float = 0.0,
    f_max: float | None = None,
) -> Tensor:
    """Triangular mel filters ``[n_mels, bins]``, each of height 1, from ``f_min`` to ``f_max`` in hertz.

    Without ``f_max`` they reach up to half the sample rate. Corners lie evenly in mel, sides are straight in hertz:
    ``norm=None`` of librosa and torchaudio (not Slaney's equal areas). So each bin lies between two corners, and its
    weights in their bands add up to 1.

    >>> filterbank = mel_filterbank(8, 512)
    >>> filterbank.shape, round(float(filterbank.max()), 2)
    (torch.Size([8, 257]), 1.0)
    """
    with torch.inference_mode(False):  # the cache outlives the mode
        return torch.from_numpy(mel_weights(n_mels, n_fft, sample_rate, mel_scale, f_min, f_max))


def mel_weights(
    n_mels: int,
    n_fft: int,
    sample_rate: int = SAMPLE_RATE,
    mel_scale: str = "htk",
    f_min: float = 0.0,
    f_max: float | None = None,
) -> np.ndarray:
    """The numbers of :func:`mel_filterbank`, float32 ``[n_mels, bins]``."""
    corners = mel_corners(n_mels, f_min, sample_rate / 2 if f_max is None else f_max, mel_scale)
    place = np.interp(np.linspace(0.0, sample_rate / 2, n_fft // 2 + 1), corners, np.arange(n_mels + 2))
    distance = np.abs(place - np.arange(1, n_mels + 1)[:, None])
    return np.maximum(0.0, 1.0 - distance).astype(np.float32)


def mel_to_magnitude(mel: Tensor, filterbank: Tensor, n_iter: int = N_ITER) -> Tensor:
    """Non-negative magnitudes ``[..., bins, frames]`` whose mel bands are nearest to ``mel`` ``[..., n_mels, frames]``.

    Nearest in Kullback-Leibler divergence, by ``n_iter`` multiplicative updates (Lee and Seung 2001, theorem 2;
    Richardson 1972 and Lucy 1974 for images) from bins all alike: each bin is multiplied by the ratio of wanted to
    present level of the bands it lies in. ``filterbank`` is ``[n_mels, bins]``.

    >>> import torch
    >>> filterbank = mel_filterbank(64, 1024)
    >>> magnitude = torch.ones(513, 4)
    >>> nearest = mel_to_magnitude(filterbank @ magnitude, filterbank)
    >>> nearest.shape, bool((filterbank @ nearest - filterbank @ magnitude).abs().max() < 0.01)
    (torch.Size([513, 4]), True)
    """
    return invert_bands(mel, *operators(filterbank.cpu().numpy(), mel.device), n_iter)


class Banded:
    """A matrix ``[rows, columns]`` whose entries lie near its diagonal, for products with ``[..., columns, n]``.

    It is kept twice. A dozen dense blocks of rows, which leave out nearly all of the zeros, serve every device and have
    a gradient. On a CPU, where none is asked for, a sparse matrix takes half of their time.
    """

    def __init__(self, matrix: np.ndarray, device: torch.device, blocks: int = 12) -> None:
        self.columns = matrix.shape[1]
        self.sparse = sparse.csr_matrix(matrix)
        self.blocks: list[tuple[slice, Tensor]] = []
        height = -(-len(matrix) // blocks)
        for first in range(0, len(matrix), height):
            rows = matrix[first : first + height]
            used = np.flatnonzero(rows.any(0))
            span = slice(int(used[0]), int(used[-1]) + 1) if len(used) else slice(0, 1)
            self.blocks.append((span, torch.from_numpy(rows[:, span].copy()).to(device)))

    @property
    def entries(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where each row starts, and columns and values of the entries that are not zero, row by row."""
        return self.sparse.indptr, self.sparse.indices, self.sparse.data

    def __matmul__(self, other: Tensor) -> Tensor:
        """The product ``[..., rows, n]`` with ``[..., columns, n]``."""
        if other.device.type == "cpu" and other.dim() == 2 and not other.requires_grad:
            return torch.from_numpy(self.sparse @ other.contiguous().numpy())
        return torch.cat([block @ other[..., span, :] for span, block in self.blocks], -2)


def operators(weights: np.ndarray, device: torch.device) -> tuple[Banded, Banded]:
    """From bins to bands, and the weighted mean of its bands for each bin."""
    mean = (weights / np.maximum(weights.sum(0), 1e-8)).T
    return Banded(weights, device), Banded(mean, device)


def invert_bands(mel: Tensor, up: Banded, mean: Banded, n_iter: int) -> Tensor:
    """:func:`mel_to_magnitude` with the two matrices of :func:`operators`."""

    def invert(mel: Tensor) -> Tensor:
        magnitude = mel.new_ones(*mel.shape[:-2], up.columns, mel.shape[-1])
        if mel.device.type == "cpu" and not mel.requires_grad:
            from nsynthlib.spectral._mel_inversion import multiply

            wanted = mel.contiguous().numpy()
            scratch = np.empty_like(wanted), np.empty_like(wanted[0])
            multiply(wanted, up.entries, mean.entries, n_iter, magnitude.numpy(), *scratch)
            return magnitude
        for _ in range(n_iter):
            magnitude = magnitude * (mean @ (mel / (up @ magnitude).clamp_min(1e-8)))
        return magnitude

    return note_by_note(invert, 2, mel)
