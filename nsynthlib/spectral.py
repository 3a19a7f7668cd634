"""Sound to picture and back: STFT, decibels, mel bands, and the phase that a picture lacks.

Every function takes audio as ``[..., samples]`` and spectra as ``[..., bins, frames]``, works on any
device, and keeps leading dimensions. Frames are centred: frame ``m`` looks at sample ``m * hop_length``,
and the signal is padded with zeros, as in librosa.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from scipy import optimize, signal
from torch import Tensor

SAMPLE_RATE = 16_000  # NSynth's, in hertz
FLOOR_DB = -80.0  # the quietest value a picture can hold, against a full-scale sine
WINDOWS = ("hann", "hamming", "blackman", "boxcar")


@dataclass(frozen=True)
class STFT:
    """Settings of a short-time Fourier transform.

    Args:
        n_fft: length of each transform in samples; gives ``n_fft // 2 + 1`` bins.
        hop_length: samples from one frame to the next.
        win_length: samples the window covers, at most ``n_fft``; ``None`` means ``n_fft``.
        window: a name in ``WINDOWS``, sampled periodically.

    Raises:
        ValueError: if the settings cannot be inverted (the summed squared windows reach zero, NOLA).
    """

    n_fft: int = 2048
    hop_length: int = 512
    win_length: int | None = None
    window: str = "hann"

    def __post_init__(self) -> None:
        if self.window not in WINDOWS:
            raise ValueError(f"window {self.window!r} is unknown; choose one of {', '.join(WINDOWS)}")
        if self.n_fft < 4 or self.n_fft % 2:
            raise ValueError(f"n_fft {self.n_fft} must be an even number of at least 4")
        if not 2 <= self.length <= self.n_fft:
            raise ValueError(f"win_length {self.length} must lie between 2 and n_fft ({self.n_fft})")
        if not 1 <= self.hop_length <= self.length:
            raise ValueError(f"hop_length {self.hop_length} must lie between 1 and win_length ({self.length})")
        if not signal.check_NOLA(
            signal.get_window(self.window, self.length), self.length, self.length - self.hop_length
        ):
            raise ValueError(f"hop_length {self.hop_length} leaves gaps between the windows; use a smaller one")

    @property
    def length(self) -> int:
        """Samples the window covers."""
        return self.win_length or self.n_fft

    @property
    def bins(self) -> int:
        return self.n_fft // 2 + 1

    @property
    def reference(self) -> float:
        """Magnitude of a full-scale sine at a bin's centre, which is 0 dB: half the window's sum."""
        return float(signal.get_window(self.window, self.length).sum() / 2)

    def frames(self, samples: int) -> int:
        """Number of frames of a signal of ``samples`` samples."""
        return 1 + samples // self.hop_length

    def taps(self, like: Tensor) -> Tensor:
        """The window as a tensor ``[win_length]`` on the device of ``like``."""
        return torch.as_tensor(signal.get_window(self.window, self.length), dtype=torch.float32, device=like.device)


def stft(audio: Tensor, settings: STFT) -> Tensor:
    """Complex spectrum ``[..., bins, frames]`` of ``audio`` ``[..., samples]`` (Allen and Rabiner 1977)."""
    flat = torch.stft(
        audio.reshape(-1, audio.shape[-1]).float(),
        settings.n_fft,
        settings.hop_length,
        settings.length,
        settings.taps(audio),
        pad_mode="constant",
        return_complex=True,
    )
    return flat.reshape(*audio.shape[:-1], *flat.shape[-2:])


def istft(spectrum: Tensor, settings: STFT, samples: int) -> Tensor:
    """Audio ``[..., samples]`` whose STFT is nearest to ``spectrum`` (overlap-add over the squared windows)."""
    flat = torch.istft(
        spectrum.reshape(-1, *spectrum.shape[-2:]),
        settings.n_fft,
        settings.hop_length,
        settings.length,
        settings.taps(spectrum),
        length=samples,
    )
    return flat.reshape(*spectrum.shape[:-2], samples)


def to_db(magnitude: Tensor, settings: STFT, floor: float = FLOOR_DB) -> Tensor:
    """Decibels against a full-scale sine, clipped to ``[floor, 0]``; loudness survives (no note's own maximum)."""
    return (20 * torch.log10(magnitude.clamp_min(1e-12) / settings.reference)).clamp(floor, 0.0)


def from_db(db: Tensor, settings: STFT, floor: float = FLOOR_DB) -> Tensor:
    """Magnitude of decibels made by :func:`to_db`; the floor becomes silence."""
    return torch.where(db > floor, settings.reference * 10 ** (db / 20), torch.zeros_like(db))


# --- mel bands -------------------------------------------------------------------------------------------------------


def hz_to_mel(hz: np.ndarray | float) -> np.ndarray:
    """HTK's mel scale: 2595 log10(1 + f / 700)."""
    return 2595.0 * np.log10(1.0 + np.asarray(hz) / 700.0)


@lru_cache(maxsize=8)
def mel_filterbank(n_mels: int, n_fft: int, sample_rate: int = SAMPLE_RATE) -> Tensor:
    """Triangular HTK mel filters ``[n_mels, bins]``, each with height 1 (torchaudio's)."""
    import torchaudio

    return torchaudio.functional.melscale_fbanks(
        n_fft // 2 + 1, 0.0, sample_rate / 2, n_mels, sample_rate, norm=None, mel_scale="htk"
    ).T.contiguous()


def mel_to_magnitude(mel: Tensor, filterbank: Tensor, n_iter: int = 40) -> Tensor:
    """Non-negative magnitudes ``[..., bins, frames]`` whose mel bands are nearest to ``mel`` ``[..., n_mels, frames]``.

    Least squares by multiplicative updates (Lee and Seung 2001), started from the transposed filters.
    """
    down = filterbank.T.to(mel.device)
    up = filterbank.to(mel.device)
    target = down @ mel
    magnitude = down @ (mel / up.sum(1, keepdim=True).clamp_min(1e-8))
    for _ in range(n_iter):
        magnitude = magnitude * target / (down @ (up @ magnitude)).clamp_min(1e-8)
    return magnitude


# --- the missing phase -----------------------------------------------------------------------------------------------


def griffin_lim(
    magnitude: Tensor,
    settings: STFT,
    samples: int,
    n_iter: int = 32,
    momentum: float = 0.99,
    phase: Tensor | None = None,
) -> Tensor:
    """Audio ``[..., samples]`` whose STFT magnitude approaches ``magnitude`` (Griffin and Lim 1984).

    ``momentum`` is Perraudin, Balazs and Søndergaard's (2013). ``phase`` in radians is where to start;
    ``None`` starts from zeros. The same recursion as ``librosa.griffinlim``.
    """
    angles = torch.polar(torch.ones_like(magnitude), torch.zeros_like(magnitude) if phase is None else phase)
    previous = torch.zeros_like(angles)
    for _ in range(n_iter):
        rebuilt = stft(istft(magnitude * angles, settings, samples), settings)
        angles = rebuilt - momentum / (1 + momentum) * previous
        angles = angles / angles.abs().clamp_min(torch.finfo(torch.float32).tiny)
        previous = rebuilt
    return istft(magnitude * angles, settings, samples)


@lru_cache(maxsize=16)
def gaussian_width(window: str) -> float:
    """The ``c`` for which exp(-pi t² / (c L²)) lies nearest in angle to a window of length L.

    PGHI is exact for Gaussian windows only; this gives any other window its best stand-in (Průša et al. 2017).
    """
    length = 1024
    time = (np.arange(length) - length / 2) / length
    taps = signal.get_window(window, length)

    def mismatch(c: float) -> float:
        gauss = np.exp(-np.pi * time**2 / c)
        return -float(taps @ gauss) / (c / 2) ** 0.25  # divided by the whole Gaussian's norm

    return float(optimize.minimize_scalar(mismatch, bounds=(0.01, 4.0), method="bounded").x)


def pghi(magnitude: Tensor, settings: STFT, tolerance: float = 1e-6, seed: int = 0) -> Tensor:
    """Phase in radians ``[..., bins, frames]`` by phase-gradient heap integration (Průša et al. 2017).

    For a Gaussian window the gradient of the phase is the gradient of the log-magnitude turned by 90°; this
    integrates it outwards from the loudest bin. Bins below ``tolerance`` times the maximum get random phase.
    """
    from nsynthlib._heap import integrate

    flat = magnitude.detach().reshape(-1, *magnitude.shape[-2:]).double().cpu().numpy()
    gamma = gaussian_width(settings.window) * settings.length**2
    rng = np.random.default_rng(seed)
    phases = np.stack(
        [
            integrate(
                np.ascontiguousarray(one),
                gamma,
                settings.hop_length,
                settings.n_fft,
                tolerance,
                rng.uniform(-np.pi, np.pi, one.shape),
            )
            for one in flat
        ]
    )
    return torch.from_numpy(phases.astype(np.float32)).to(magnitude.device).reshape(magnitude.shape)


def magnitude_to_audio(magnitude: Tensor, settings: STFT, samples: int, n_iter: int = 16) -> Tensor:
    """Audio ``[..., samples]`` of a magnitude without phase: PGHI's guess, then ``n_iter`` Griffin-Lim steps."""
    return griffin_lim(magnitude, settings, samples, n_iter, phase=pghi(magnitude, settings))


# --- the picture the models see --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LogMel:
    """The models' picture of a note: log-magnitude in HTK mel bands, 80 dB deep.

    Args:
        n_mels: bands between 0 Hz and half the sample rate.
        n_fft, hop_length: of the STFT below it (Hann window).
        samples: length of a note.
    """

    n_mels: int = 256
    n_fft: int = 2048
    hop_length: int = 512
    samples: int = 64_000

    @property
    def stft(self) -> STFT:
        return STFT(self.n_fft, self.hop_length)

    @property
    def shape(self) -> tuple[int, int]:
        """(bands, frames) of one note's picture."""
        return self.n_mels, self.stft.frames(self.samples)

    def picture(self, audio: Tensor) -> Tensor:
        """Decibels ``[..., n_mels, frames]`` in [-80, 0] of ``audio`` ``[..., samples]`` in [-1, 1]."""
        filters = mel_filterbank(self.n_mels, self.n_fft).to(audio.device)
        return to_db(filters @ stft(audio, self.stft).abs(), self.stft)

    def sound(self, db: Tensor, n_iter: int = 16) -> Tensor:
        """Audio ``[..., samples]`` of a picture in decibels: mel inversion, PGHI, ``n_iter`` Griffin-Lim steps."""
        filters = mel_filterbank(self.n_mels, self.n_fft)
        magnitude = mel_to_magnitude(from_db(db, self.stft), filters)
        return magnitude_to_audio(magnitude, self.stft, self.samples, n_iter)

    def bands(self, hz: np.ndarray) -> np.ndarray:
        """Position of frequencies on the band axis: ``b`` at the centre of band ``b``."""
        return hz_to_mel(hz) / hz_to_mel(SAMPLE_RATE / 2) * (self.n_mels + 1) - 1


# --- how far two sounds lie apart ------------------------------------------------------------------------------------


def log_spectral_distance(reference: Tensor, other: Tensor, settings: STFT | None = None) -> Tensor:
    """Decibels ``[...]``: root mean square over bins, mean over frames.

    Both spectra are clipped 80 dB below the reference's maximum.
    """
    settings = settings or STFT()
    a, b = stft(reference, settings).abs(), stft(other, settings).abs()
    top = a.amax(dim=(-2, -1), keepdim=True).clamp_min(1e-12)
    floor = -FLOOR_DB / 20
    da, db = (20 * torch.log10((x / top).clamp_min(10**-floor)) for x in (a, b))
    return (da - db).square().mean(-2).sqrt().mean(-1)


def spectral_convergence(reference: Tensor, other: Tensor, settings: STFT | None = None) -> Tensor:
    """Ratio ``[...]`` of the norm of the magnitudes' difference to the norm of the reference's magnitudes."""
    settings = settings or STFT()
    a, b = stft(reference, settings).abs(), stft(other, settings).abs()
    return (a - b).norm(dim=(-2, -1)) / a.norm(dim=(-2, -1)).clamp_min(1e-12)


def dbfs(value: float) -> float:
    """Level in dB against full scale of an amplitude; silence gives ``-inf``."""
    return 20 * math.log10(value) if value > 0 else -math.inf
