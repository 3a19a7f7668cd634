"""The log-mel spectrogram: the picture of a note that the models see."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE, SAMPLES
from nsynthlib.errors import UsageError
from nsynthlib.spectral.mel import (
    MEL_SCALE,
    N_ITER,
    Banded,
    check_mel_scale,
    hz_to_mel,
    invert_bands,
    mel_weights,
    operators,
)
from nsynthlib.spectral.phase import OnStep, magnitude_to_audio
from nsynthlib.spectral.threads import note_by_note
from nsynthlib.spectral.transform import STFT, from_db, stft, to_db
from nsynthlib.values import number, shown, whole


@dataclass(frozen=True)
class LogMel:
    """The models' picture of a note: log-magnitude in mel bands, 100 dB deep.

    The default gives each bin of the STFT a band of its own up to 1 kHz, and ever wider bands above: 384 × 126 values
    a note. ``benchmarks/representation.json`` compares it with others.

    Args:
        n_mels: bands between 0 Hz and half the sample rate.
        n_fft, hop_length: of the STFT below it (Hann window).
        samples: length of a note.
        mel_scale: ``"slaney"`` or ``"htk"``, see :func:`~nsynthlib.spectral.hz_to_mel`.
        floor_db: the quietest value, against a full-scale sine. Many notes are played 30 dB below that, and 80 dB
            would cut off their upper partials and the end of their decay.

    Raises:
        UsageError: for a scale that is unknown, or a number that cannot be.

    >>> from nsynthlib import pocket
    >>> note = pocket().filter(family="organ")[0]
    >>> log_mel = LogMel()
    >>> log_mel.shape, log_mel.stft.n_fft
    ((384, 126), 2048)
    >>> db = log_mel(note.audio)
    >>> bool(db.min() >= -100), bool(db.max() <= 0)
    (True, True)
    >>> log_mel.magnitude(db).shape, log_mel.inverse(db, n_iter=2).shape
    (torch.Size([1025, 126]), torch.Size([64000]))
    >>> log_mel.bands([440.0, 4000.0]).round()
    array([ 55., 298.])
    """

    n_mels: int = 384
    n_fft: int = 2048
    hop_length: int = 512
    samples: int = SAMPLES
    mel_scale: str = MEL_SCALE
    floor_db: float = -100.0

    def __post_init__(self) -> None:
        check_mel_scale(self.mel_scale)
        for name in ("n_mels", "n_fft", "hop_length", "samples"):
            object.__setattr__(self, name, whole(name, getattr(self, name), 1))  # 384.0 is taken as 384
        floor = number(self.floor_db)
        if floor is None or floor >= 0:
            raise UsageError(f"floor_db {shown(self.floor_db)} is no number below 0; choose one that is")
        _ = self.stft  # which refuses sizes that cannot be inverted

    @cached_property
    def stft(self) -> STFT:
        return STFT(self.n_fft, self.hop_length)

    @property
    def shape(self) -> tuple[int, int]:
        """(bands, frames) of one note."""
        return self.n_mels, self.stft.frames(self.samples)

    def __call__(self, audio: Tensor) -> Tensor:
        """Decibels ``[..., n_mels, frames]`` in [floor_db, 0] of ``audio`` ``[..., samples]`` in [-1, 1]."""
        settings = self.stft
        up, _ = self._operators(audio)

        def to_bands(one: Tensor) -> Tensor:
            return to_db(up @ _magnitude(stft(one, settings)), settings, self.floor_db)

        return note_by_note(to_bands, 1, audio)

    def magnitude(self, db: Tensor, n_iter: int = N_ITER) -> Tensor:
        """Magnitudes ``[..., bins, frames]`` of decibels ``[..., n_mels, frames]``, by multiplicative updates."""
        return invert_bands(from_db(db, self.stft, self.floor_db), *self._operators(db), n_iter)

    def inverse(self, db: Tensor, n_iter: int = 16, on_step: OnStep | None = None) -> Tensor:
        """Audio ``[..., samples]`` of decibels ``[..., n_mels, frames]``: mel inversion, PGHI, then Griffin-Lim.

        ``n_iter`` is the number of Griffin-Lim steps, ``on_step`` is called after each of them.
        """

        def one(db: Tensor) -> Tensor:
            return magnitude_to_audio(self.magnitude(db), self.stft, self.samples, n_iter, on_step)

        return note_by_note(one, 2, db, parallel=on_step is None)

    def bands(self, hz: np.ndarray) -> np.ndarray:
        """Position of frequencies on the band axis: ``b`` at the centre of band ``b``."""
        top = hz_to_mel(SAMPLE_RATE / 2, self.mel_scale)
        return hz_to_mel(hz, self.mel_scale) / top * (self.n_mels + 1) - 1

    def _operators(self, like: Tensor) -> tuple[Banded, Banded]:
        return _operators(self.n_mels, self.n_fft, self.mel_scale, like.device)


def _magnitude(spectrum: Tensor) -> Tensor:
    """``spectrum.abs()`` in a quarter of the time, since nothing here over- or underflows; ``spectrum`` is lost.

    1e-12 for 0, whose gradient is 0.
    """
    squares = torch.view_as_real(spectrum).square_()
    return (squares[..., 0] + squares[..., 1]).clamp_min_(1e-24).sqrt_()


@lru_cache(maxsize=16)
def _operators(n_mels: int, n_fft: int, mel_scale: str, device: torch.device) -> tuple[Banded, Banded]:
    with torch.inference_mode(False):  # a tensor made in that mode could not be used in training later
        return operators(mel_weights(n_mels, n_fft, mel_scale=mel_scale), device)
