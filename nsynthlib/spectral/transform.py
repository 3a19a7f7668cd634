"""The short-time Fourier transform, its inverse, and decibels against one fixed reference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import torch
from scipy import signal
from torch import Tensor
from torch.nn import functional as F

from nsynthlib.constants import CONSTANTS
from nsynthlib.errors import UsageError

FLOOR_DB: float = CONSTANTS["floor_db"]  # the quietest value a spectrogram can hold, against a full-scale sine
WINDOWS: tuple[str, ...] = tuple(CONSTANTS["choices"]["window"])
NEPERS = math.log(10) / 20  # in a decibel: exp is several times as fast as 10 to a power


@dataclass(frozen=True)
class STFT:
    """Settings of a short-time Fourier transform.

    Args:
        n_fft: length of each transform in samples; gives ``n_fft // 2 + 1`` bins.
        hop_length: samples from one frame to the next.
        win_length: samples the window covers, at most ``n_fft``; ``None`` means ``n_fft``.
        window: a name in ``WINDOWS``, sampled periodically.

    Raises:
        UsageError: if the settings cannot be inverted (the summed squared windows reach zero, NOLA).

    >>> import torch
    >>> settings = STFT(n_fft=1024, hop_length=256, window="hann")
    >>> settings.bins, settings.frames(64_000), settings.length
    (513, 251, 1024)
    >>> taps = settings.taps(like=torch.zeros(1))
    >>> taps.shape, settings.reference == float(taps.sum()) / 2
    (torch.Size([1024]), True)
    """

    n_fft: int = 2048
    hop_length: int = 512
    win_length: int | None = None
    window: str = "hann"

    def __post_init__(self) -> None:
        if self.window not in WINDOWS:
            raise UsageError(f"window {self.window!r} is unknown; choose one of {', '.join(WINDOWS)}")
        if self.n_fft < 4 or self.n_fft % 2:
            raise UsageError(f"n_fft {self.n_fft} must be an even number of at least 4")
        if not 2 <= self.length <= self.n_fft:
            raise UsageError(f"win_length {self.length} must lie between 2 and n_fft ({self.n_fft})")
        if not 1 <= self.hop_length <= self.length:
            raise UsageError(f"hop_length {self.hop_length} must lie between 1 and win_length ({self.length})")
        if not signal.check_NOLA(
            signal.get_window(self.window, self.length), self.length, self.length - self.hop_length
        ):
            raise UsageError(f"hop_length {self.hop_length} leaves gaps between the windows; use a smaller one")

    @property
    def length(self) -> int:
        """Samples the window covers."""
        return self.win_length or self.n_fft

    @property
    def bins(self) -> int:
        """Frequencies of a spectrum, from 0 Hz to half the sample rate."""
        return self.n_fft // 2 + 1

    @cached_property
    def reference(self) -> float:
        """Magnitude of a full-scale sine at a bin's centre, which is 0 dB: half the window's sum."""
        return float(signal.get_window(self.window, self.length).sum() / 2)

    def frames(self, samples: int) -> int:
        """Number of frames of a signal of ``samples`` samples."""
        return 1 + samples // self.hop_length

    def taps(self, like: Tensor) -> Tensor:
        """The window as a tensor ``[win_length]`` on the device of ``like``."""
        return _taps(self.window, self.length, like.device)


@lru_cache(maxsize=32)
def _taps(window: str, length: int, device: torch.device) -> Tensor:
    with torch.inference_mode(False):  # a tensor made in that mode could not be used in training later
        return torch.as_tensor(signal.get_window(window, length), dtype=torch.float32, device=device)


def stft(audio: Tensor, settings: STFT) -> Tensor:
    """Complex spectrum ``[..., bins, frames]`` of ``audio`` ``[..., samples]`` (Allen and Rabiner 1977).

    Raises UsageError for integers, which are no amplitudes in [-1, 1].

    >>> import torch
    >>> sine = torch.sin(2 * torch.pi * 1000 * torch.arange(16_000) / 16_000)
    >>> spectrum = stft(sine, STFT(1024, 256))
    >>> spectrum.shape, int(spectrum[:, 30].abs().argmax()) * 16_000 / 1024  # hertz
    (torch.Size([513, 63]), 1000.0)
    """
    if not audio.is_floating_point():
        raise UsageError(f"audio holds {audio.dtype}, and takes floats in [-1, 1]; divide int16 by 32768")
    half = settings.n_fft // 2
    frames = F.pad(audio.float(), (half, half)).unfold(-1, settings.n_fft, settings.hop_length)
    return torch.fft.rfft(frames * padded_taps(settings, audio.device)).transpose(-1, -2)


def istft(spectrum: Tensor, settings: STFT, samples: int) -> Tensor:
    """Audio ``[..., samples]`` whose STFT is nearest to ``spectrum`` (Griffin and Lim 1984, equation 6).

    Windowed frames are added up where they overlap and divided by the sum of the squared windows. The same as
    ``torch.istft``, which computes that sum anew at every call and takes several times as long.

    >>> import torch
    >>> noise = torch.randn(8000, generator=torch.manual_seed(0))
    >>> settings = STFT(1024, 256)
    >>> torch.allclose(istft(stft(noise, settings), settings, 8000), noise, atol=1e-4)
    True
    """
    taps = padded_taps(settings, spectrum.device)
    frames = torch.fft.irfft(spectrum.transpose(-1, -2), n=settings.n_fft).mul_(taps)
    total = _overlap_add(frames, settings.hop_length)
    weight = window_weight(settings, spectrum.shape[-1], spectrum.device)
    first = settings.n_fft // 2
    audio = total.div_(weight)[..., first : first + samples]
    return _lengthen(audio, samples)


@lru_cache(maxsize=32)
def padded_taps(settings: STFT, device: torch.device) -> Tensor:
    """The window in the middle of ``n_fft`` samples."""
    before = (settings.n_fft - settings.length) // 2
    after = settings.n_fft - settings.length - before
    with torch.inference_mode(False):
        return F.pad(_taps(settings.window, settings.length, device), (before, after))


def _overlap_add(frames: Tensor, hop_length: int) -> Tensor:
    """``[..., frames, n_fft]`` laid ``hop_length`` apart and summed, piece by piece of ``hop_length`` samples."""
    count, n_fft = frames.shape[-2:]
    pieces = -(-n_fft // hop_length)
    cut = _lengthen(frames, pieces * hop_length).unflatten(-1, (pieces, hop_length))
    total = cut.new_zeros(*cut.shape[:-3], count + pieces - 1, hop_length)
    for i in range(pieces):
        total[..., i : i + count, :] += cut[..., i, :]
    return total.flatten(-2)


def _lengthen(x: Tensor, samples: int) -> Tensor:
    """``x`` ``[..., at most samples]`` with zeros at its end."""
    missing = samples - x.shape[-1]
    return F.pad(x, (0, missing)) if missing else x  # which copies even where nothing is missing


@lru_cache(maxsize=32)
def window_weight(settings: STFT, frames: int, device: torch.device) -> Tensor:
    """Sum of the squared windows at every sample; 1 where no window reaches, so that silence stays silence."""
    with torch.inference_mode(False), torch.no_grad():
        squares = padded_taps(settings, device).square().expand(frames, -1)
        weight = _overlap_add(squares, settings.hop_length)
        return torch.where(weight > 1e-11, weight, 1.0)


def to_db(magnitude: Tensor, settings: STFT, floor: float = FLOOR_DB) -> Tensor:
    """Decibels against a full-scale sine, clipped to ``[floor, 0]``; loudness survives (no note's own maximum).

    >>> import torch
    >>> settings = STFT(1024, 256)
    >>> half = 0.5 * torch.sin(2 * torch.pi * 1000 * torch.arange(16_000) / 16_000)
    >>> round(float(to_db(stft(half, settings).abs(), settings).max()), 2)
    -6.02
    """
    level = magnitude.clamp_min(1e-12)
    return level.div_(settings.reference).log10_().mul_(20).clamp_(floor, 0.0)


def from_db(db: Tensor, settings: STFT, floor: float = FLOOR_DB) -> Tensor:
    """Magnitude of decibels made by :func:`to_db`; the floor becomes silence.

    >>> import torch
    >>> settings = STFT(1024, 256)
    >>> from_db(torch.tensor([0.0, -20.0, FLOOR_DB]), settings) / settings.reference
    tensor([1.0000, 0.1000, 0.0000])
    """
    return torch.where(db > floor, torch.exp(db * NEPERS).mul_(settings.reference), 0.0)
