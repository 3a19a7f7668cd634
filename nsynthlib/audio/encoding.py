"""Sound as bytes: checked, never changed in loudness."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def check_audio(audio: ArrayLike) -> np.ndarray:
    """``audio`` as float32 ``[samples]``, untouched.

    Raises:
        ValueError: if it is not one channel, is empty, holds values that are not numbers, or would clip.
    """
    sound = np.asarray(audio, dtype=np.float32)
    if sound.ndim != 1 or not len(sound):
        raise ValueError(f"audio must be one channel, [samples], not shape {list(sound.shape)}")
    if not np.isfinite(sound).all():
        raise ValueError("audio holds values that are not finite numbers")
    peak = float(np.abs(sound).max())
    if peak > 1:
        raise ValueError(f"audio reaches {peak:.3g}, beyond full scale; divide it by {peak:.3g} or more to play it")
    return sound


def to_pcm16(audio: np.ndarray) -> np.ndarray:
    """Amplitudes as little-endian int16, clipped at full scale, which is 1."""
    return np.clip(np.rint(audio * 32768), -32768, 32767).astype("<i2")


def from_pcm16(data: bytes) -> np.ndarray:
    """Amplitudes, float32 ``[samples]`` in [-1, 1), of little-endian int16."""
    return np.frombuffer(data, "<i2").astype(np.float32) / 32768


def encode_wav(audio: np.ndarray, sample_rate: int) -> bytes:
    """``audio`` ``[samples]`` as the bytes of a mono WAV file of 16-bit samples; beyond full scale it is clipped."""
    from scipy.io import wavfile

    file = io.BytesIO()
    wavfile.write(file, sample_rate, to_pcm16(audio))
    return file.getvalue()


def encode_mp3(audio: np.ndarray, sample_rate: int) -> bytes:
    """``audio`` as the bytes of a mono MP3 file, a seventh of a WAV's."""
    import soundfile  # not on every training server

    file = io.BytesIO()
    soundfile.write(file, audio, sample_rate, format="MP3")
    return file.getvalue()
