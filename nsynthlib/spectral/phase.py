"""The phase that a picture lacks: Griffin and Lim's iteration, and phase-gradient heap integration (PGHI)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
import torch
from scipy import optimize, signal
from torch import Tensor

from nsynthlib.constants import CONSTANTS
from nsynthlib.spectral.transform import STFT, istft, note_by_note, stft

OnStep = Callable[[int, int], object]  # gets how many steps are done, and of how many; what it raises ends the work
TOLERANCE: float = CONSTANTS["pghi"]["tolerance"]  # of a note's maximum: what is quieter gets random phase


def griffin_lim(
    magnitude: Tensor,
    settings: STFT,
    samples: int,
    n_iter: int = 32,
    momentum: float = 0.99,
    phase: Tensor | None = None,
    on_step: OnStep | None = None,
) -> Tensor:
    """Audio ``[..., samples]`` whose STFT magnitude approaches ``magnitude`` (Griffin and Lim 1984).

    ``momentum`` is Perraudin, Balazs and Søndergaard's (2013). ``phase`` in radians is where to start;
    ``None`` starts from zeros. The same recursion as ``librosa.griffinlim``. ``on_step(done, n_iter)`` is called after
    each step: long work can report by it, and be ended by what it raises.
    """
    pull = momentum / (1 + momentum)
    estimate = torch.polar(magnitude, torch.zeros_like(magnitude) if phase is None else phase)
    previous = torch.zeros_like(estimate)
    for done in range(1, n_iter + 1):
        rebuilt = stft(istft(estimate, settings, samples), settings)
        ahead = torch.sub(rebuilt, previous, alpha=pull)
        estimate = ahead * (magnitude / ahead.abs().clamp_min(torch.finfo(torch.float32).tiny))
        previous = rebuilt
        if on_step:
            on_step(done, n_iter)
    return istft(estimate, settings, samples)


@lru_cache(maxsize=16)
def gaussian_width(window: str) -> float:
    """The ``c`` for which exp(-pi t² / (c L²)) lies nearest in angle to a window of length L.

    PGHI is exact for Gaussian windows only; this gives any other window its best stand-in, and ``gamma`` = c L²
    (Průša et al. 2017, section II.B, who list 0.25645 for Hann).
    """
    length = 1024
    time = (np.arange(length) - length / 2) / length
    taps = signal.get_window(window, length)

    def mismatch(c: float) -> float:
        gauss = np.exp(-np.pi * time**2 / c)
        return -float(taps @ gauss) / (c / 2) ** 0.25  # divided by the whole Gaussian's norm

    return float(optimize.minimize_scalar(mismatch, bounds=(0.01, 4.0), method="bounded").x)


def pghi(magnitude: Tensor, settings: STFT, tolerance: float = TOLERANCE, seed: int = 0) -> Tensor:
    """Phase in radians ``[..., bins, frames]`` by phase-gradient heap integration (Průša et al. 2017).

    For a Gaussian window the gradient of the phase is the gradient of the log-magnitude turned by 90°; this
    integrates it outwards from the loudest bin. Bins of at most ``tolerance`` times a note's maximum get random
    phase, the same for every note of a batch. Runs on the CPU, whatever the device, a note per thread.
    """
    from nsynthlib.spectral._pghi import integrate

    gamma = gaussian_width(settings.window) * settings.length**2
    frames = magnitude.detach().reshape(-1, *magnitude.shape[-2:]).transpose(-1, -2).float().cpu().contiguous()
    random = np.random.default_rng(seed).uniform(-np.pi, np.pi, frames.shape[1:])

    def one(note: np.ndarray) -> Tensor:
        phase = random.copy()
        integrate(note, gamma, settings.hop_length, settings.n_fft, tolerance, phase)
        return torch.from_numpy(phase.astype(np.float32))

    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        phases = torch.stack(list(pool.map(one, frames.numpy())))
    return phases.transpose(-1, -2).to(magnitude.device).reshape(magnitude.shape)


def magnitude_to_audio(
    magnitude: Tensor, settings: STFT, samples: int, n_iter: int = 16, on_step: OnStep | None = None
) -> Tensor:
    """Audio ``[..., samples]`` of a magnitude without phase: PGHI's guess, then ``n_iter`` Griffin-Lim steps.

    ``on_step`` is :func:`griffin_lim`'s; on a CPU each note of a batch takes its steps after the one before.
    """

    def iterate(one: Tensor, phase: Tensor) -> Tensor:
        return griffin_lim(one, settings, samples, n_iter, phase=phase, on_step=on_step)

    return note_by_note(iterate, 2, magnitude, pghi(magnitude, settings))
