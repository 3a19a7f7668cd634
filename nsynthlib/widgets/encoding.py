"""Sound as bytes: checked, never changed in loudness."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING

import numpy as np
import soundfile

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


def to_int16(audio: np.ndarray) -> np.ndarray:
    """Samples in [-1, 1] as little-endian int16."""
    return np.clip(np.round(audio * 32768), -32768, 32767).astype("<i2")


def encode_wav(audio: np.ndarray, sample_rate: int) -> bytes:
    """``audio`` as the bytes of a mono WAV file of 16-bit samples."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(sample_rate)
        out.writeframes(to_int16(audio).tobytes())
    return file.getvalue()


def encode_mp3(audio: np.ndarray, sample_rate: int) -> bytes:
    """``audio`` as the bytes of a mono MP3 file, a seventh of a WAV's."""
    file = io.BytesIO()
    soundfile.write(file, audio, sample_rate, format="MP3")
    return file.getvalue()


def levels(audio: np.ndarray) -> tuple[float, float]:
    """Peak and root mean square of ``audio`` as amplitudes."""
    return float(np.abs(audio).max()), float(np.sqrt(np.mean(audio.astype(np.float64) ** 2)))
