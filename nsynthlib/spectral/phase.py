"""The phase that a picture lacks: Griffin and Lim's iteration, and phase-gradient heap integration (PGHI)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
from scipy import optimize, signal
from torch import Tensor
from torch.nn import functional as F

from nsynthlib.constants import CONSTANTS
from nsynthlib.spectral.threads import note_by_note
from nsynthlib.spectral.transform import STFT, istft, padded_taps, stft, window_weight

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
    each step: long work can report by it, and be ended by what it raises; with it the notes of a batch take their
    steps one note after another.
    """
    pull = momentum / (1 + momentum)

    def iterate(magnitude: Tensor, phase: Tensor) -> Tensor:
        estimate = _polar(magnitude, phase)
        previous = torch.zeros_like(estimate)
        for done in range(1, n_iter + 1):
            rebuilt = _rebuild(estimate, settings, samples)
            estimate = _project(rebuilt, previous, magnitude, pull)
            previous = rebuilt
            if on_step:
                on_step(done, n_iter)
        return istft(estimate, settings, samples)

    start = torch.zeros_like(magnitude) if phase is None else phase
    return note_by_note(iterate, 2, *map(_frame_by_frame, (magnitude, start)), parallel=on_step is None)


def _frame_by_frame(x: Tensor) -> Tensor:
    """``x`` ``[..., bins, frames]``, laid out in memory as :func:`stft` lays out a spectrum."""
    return x.float().transpose(-1, -2).contiguous().transpose(-1, -2)


def _polar(magnitude: Tensor, phase: Tensor) -> Tensor:
    """``torch.polar`` in a third of the time."""
    return torch.complex(magnitude * phase.cos(), magnitude * phase.sin())


def _rebuild(estimate: Tensor, settings: STFT, samples: int) -> Tensor:
    """Spectrum of the audio whose spectrum is nearest to ``estimate``."""
    if not _has_loops(estimate):
        return stft(istft(estimate, settings, samples), settings)
    from nsynthlib.spectral._griffin_lim import overlap_add

    taps, weight = padded_taps(settings, estimate.device), window_weight(settings, estimate.shape[-1], estimate.device)
    frames = torch.fft.irfft(estimate.transpose(-1, -2), n=settings.n_fft)
    reached = (len(frames) - 1) * settings.hop_length + settings.n_fft
    padded = torch.zeros(max(reached, samples + settings.n_fft))
    overlap_add(frames.numpy(), taps.numpy(), weight.numpy(), settings.hop_length, padded[:reached].numpy())
    before = settings.n_fft // 2
    padded[:before] = padded[before + samples :] = 0.0
    again = padded[: samples + settings.n_fft].unfold(-1, settings.n_fft, settings.hop_length)
    return torch.fft.rfft(again * taps).transpose(-1, -2)


def _project(rebuilt: Tensor, previous: Tensor, magnitude: Tensor, pull: float) -> Tensor:
    """``magnitude`` with the direction of ``rebuilt - pull * previous``; ``previous`` is lost."""
    if not _has_loops(rebuilt):
        ahead = torch.sub(rebuilt, previous, alpha=pull)
        return ahead * (magnitude / ahead.abs().clamp_min(torch.finfo(torch.float32).tiny))
    from nsynthlib.spectral._griffin_lim import project

    parts = [torch.view_as_real(x.transpose(-1, -2)).view(-1).numpy() for x in (rebuilt, previous)]
    project(parts[0], parts[1], magnitude.transpose(-1, -2).reshape(-1).numpy(), pull)
    return previous


def _has_loops(spectrum: Tensor) -> bool:
    """Whether compiled loops can take the place of array operations: on a CPU, and without gradients."""
    return spectrum.device.type == "cpu" and not spectrum.requires_grad


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

    def one(note: Tensor) -> Tensor:
        phase = _random_phase(seed, 1 << len(note).bit_length(), note.shape[1])[: len(note)].copy()
        integrate(note.numpy(), gamma, settings.hop_length, settings.n_fft, tolerance, phase)
        return torch.from_numpy(phase)

    frames = magnitude.detach().transpose(-1, -2).float().cpu().contiguous()
    return note_by_note(one, 2, frames).to(magnitude.device).transpose(-1, -2)


@lru_cache(maxsize=4)
def _random_phase(seed: int, frames: int, bins: int) -> np.ndarray:
    """Random phases ``[frames, bins]``; the first frames are the same, however many there are."""
    return np.random.default_rng(seed).uniform(-np.pi, np.pi, (frames, bins)).astype(np.float32)


def magnitude_to_audio(
    magnitude: Tensor, settings: STFT, samples: int, n_iter: int = 16, on_step: OnStep | None = None
) -> Tensor:
    """Audio ``[..., samples]`` of a magnitude without phase: PGHI's guess, then ``n_iter`` Griffin-Lim steps.

    ``on_step`` is :func:`griffin_lim`'s.
    """

    def one(magnitude: Tensor) -> Tensor:
        kept = _frame_by_frame(magnitude[..., : _sounding_frames(magnitude, settings)])
        length = samples if kept.shape == magnitude.shape else (kept.shape[-1] - 1) * settings.hop_length
        sound = griffin_lim(kept, settings, length, n_iter, phase=pghi(kept, settings), on_step=on_step)
        return F.pad(sound, (0, samples - length))

    return note_by_note(one, 2, magnitude, parallel=on_step is None)


def _sounding_frames(magnitude: Tensor, settings: STFT) -> int:
    """How many frames there are until silence, and after it as many as hear or change what sounds.

    Nothing happens in the others: most notes end before their file does.
    """
    sounding = magnitude.flatten(0, -2).amax(0).nonzero()
    last = int(sounding[-1]) if len(sounding) else 0
    return last + 2 + -(-settings.n_fft // settings.hop_length)
