"""The phase that a picture lacks: Griffin and Lim's iteration, and phase-gradient heap integration (PGHI)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
import torch
from scipy import optimize, signal
from torch import Tensor
from torch.nn import functional as F

from nsynthlib.constants import CONSTANTS
from nsynthlib.errors import UsageError
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
    steps one note after another. Raises UsageError for magnitudes of another length than ``samples``.

    >>> from nsynthlib import pocket
    >>> note, settings = pocket()[0].audio, STFT()
    >>> errors = []
    >>> for n_iter in (1, 16):
    ...     copy = griffin_lim(stft(note, settings).abs(), settings, 64_000, n_iter)
    ...     errors.append(spectral_convergence(note, copy, settings))
    >>> bool(errors[1] < errors[0])
    True
    """
    if magnitude.shape[-1] != settings.frames(samples):
        raise UsageError(
            f"a magnitude of {magnitude.shape[-1]} frames is no sound of {samples} samples, which has "
            f"{settings.frames(samples)}; change samples"
        )

    def iterate(magnitude: Tensor, phase: Tensor) -> Tensor:
        estimate = _polar(magnitude, phase)
        compiled = estimate.device.type == "cpu" and not estimate.requires_grad
        steps = (_compiled_steps if compiled else _steps)(estimate, magnitude, settings, samples, momentum)
        for done in range(1, n_iter + 1):
            estimate = next(steps)
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


def _steps(estimate: Tensor, magnitude: Tensor, settings: STFT, samples: int, momentum: float) -> Iterator[Tensor]:
    """Spectra of ``magnitude``, each nearer to one that a sound has."""
    pull = momentum / (1 + momentum)
    previous = torch.zeros(samples, device=estimate.device)
    while True:
        audio = istft(estimate, settings, samples)
        # The paper takes the difference of two spectra; that of the sounds is shorter, and its spectrum is the same.
        ahead = stft(audio - pull * previous, settings)
        estimate = ahead * (magnitude / ahead.abs().clamp_min(torch.finfo(torch.float32).tiny))
        previous = audio
        yield estimate


def _compiled_steps(
    estimate: Tensor, magnitude: Tensor, settings: STFT, samples: int, momentum: float
) -> Iterator[Tensor]:
    """:func:`_steps` of one note on a CPU, without a gradient, in half the time."""
    from nsynthlib.spectral._griffin_lim import advance, project

    pull = np.float32(momentum / (1 + momentum))
    taps = padded_taps(settings, estimate.device).numpy()
    weight = window_weight(settings, estimate.shape[-1], estimate.device).numpy()
    flat = magnitude.transpose(-1, -2).reshape(-1).numpy()
    audio, ahead = np.zeros((2, samples + settings.n_fft), np.float32)
    while True:
        frames = torch.fft.irfft(estimate.transpose(-1, -2), n=settings.n_fft)
        advance(frames.numpy(), taps, weight, settings.hop_length, pull, np.zeros_like(audio), audio, ahead)
        spectrum = torch.fft.rfft(frames)
        project(torch.view_as_real(spectrum).view(-1).numpy(), flat)
        estimate = spectrum.transpose(-1, -2)
        yield estimate


@lru_cache(maxsize=16)
def gaussian_width(window: str) -> float:
    """The ``c`` for which exp(-pi t² / (c L²)) lies nearest in angle to a window of length L.

    PGHI is exact for Gaussian windows only; this gives any other window its best stand-in, and ``gamma`` = c L²
    (Průša et al. 2017, section II.B, who list 0.25645 for Hann).

    >>> round(gaussian_width("hann"), 5)
    0.24661
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

    >>> import torch
    >>> from nsynthlib import pocket
    >>> note, settings = pocket()[0].audio, STFT()
    >>> magnitude = stft(note, settings).abs()
    >>> audio = istft(torch.polar(magnitude, pghi(magnitude, settings)), settings, 64_000)
    >>> bool(spectral_convergence(note, audio, settings) < 0.3)
    True
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

    >>> from nsynthlib import pocket
    >>> note, settings = pocket()[0].audio, STFT()
    >>> audio = magnitude_to_audio(stft(note, settings).abs(), settings, 64_000, n_iter=4)
    >>> audio.shape, bool(spectral_convergence(note, audio, settings) < 0.2)
    (torch.Size([64000]), True)
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
