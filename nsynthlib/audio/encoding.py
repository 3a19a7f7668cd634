"""Sound as bytes: checked, never changed in loudness."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from nsynthlib.errors import UsageError
from nsynthlib.values import shown, whole

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)  # hertz; MP3 has no others
RATES = (3000, 768_000)  # hertz: the lowest and the highest that browsers play


def check_audio(audio: ArrayLike | Tensor) -> np.ndarray:
    """``audio`` as float32 ``[samples]``: int16 divided by 32768, any other number as it is.

    Raises:
        UsageError: if it is not one channel, is empty, holds values that are not numbers, or would clip.

    >>> import torch
    >>> check_audio(torch.tensor([0, 16384, -32768], dtype=torch.int16))
    array([ 0. ,  0.5, -1. ], dtype=float32)
    >>> check_audio([0.5, 1.5])
    Traceback (most recent call last):
        ...
    nsynthlib.errors.UsageError: audio reaches 1.5, beyond full scale; divide it by 1.5 or more
    """
    sound = _numbers(audio)
    if sound.ndim != 1 or not len(sound):
        raise UsageError(f"audio must be one channel, [samples], not shape {list(sound.shape)}")
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused below
        sound = sound.astype(np.float32) / 32768 if sound.dtype == np.int16 else sound.astype(np.float32, copy=False)
    if not np.isfinite(sound).all():
        raise UsageError("audio holds values that are not finite numbers")
    peak = float(np.abs(sound).max())
    if peak > 1:
        raise UsageError(f"audio reaches {peak:.3g}, beyond full scale; divide it by {peak:.3g} or more")
    return sound


def _numbers(audio: Any) -> np.ndarray:
    """An array of integers or floats; UsageError for anything else."""
    if isinstance(audio, Tensor):
        audio = audio.detach().cpu()
        audio = audio.float() if audio.is_floating_point() else audio
    try:
        found = np.asarray(audio)
    except (ValueError, TypeError):  # lists within a list, each of another length
        raise UsageError(f"audio must be one channel, [samples], not {shown(audio)}") from None
    if found.dtype.kind not in "iuf":
        raise UsageError(f"audio must be numbers in [-1, 1], or int16, not {shown(audio)}")
    return found


def check_rate(sample_rate: float) -> int:
    """A sample rate in hertz that browsers play; UsageError for any other.

    >>> check_rate(44_100.0)
    44100
    """
    return whole("sample_rate", sample_rate, *RATES)


def to_pcm16(audio: np.ndarray) -> np.ndarray:
    """Amplitudes as little-endian int16, clipped at full scale, which is 1.

    >>> import numpy as np
    >>> to_pcm16(np.array([-1.0, 0.0, 0.5, 1.2]))
    array([-32768,      0,  16384,  32767], dtype=int16)
    """
    return np.clip(np.rint(audio * 32768), -32768, 32767).astype("<i2")


def from_pcm16(data: bytes) -> np.ndarray:
    """Amplitudes, float32 ``[samples]`` in [-1, 1), of little-endian int16.

    >>> import numpy as np
    >>> from_pcm16(np.array([-32768, 0, 16384], dtype="<i2").tobytes())
    array([-1. ,  0. ,  0.5], dtype=float32)
    """
    return np.frombuffer(data, "<i2").astype(np.float32) / 32768


def encode_wav(audio: np.ndarray, sample_rate: int) -> bytes:
    """``audio`` ``[samples]`` as the bytes of a mono WAV file of 16-bit samples; beyond full scale it is clipped.

    >>> import io, numpy as np, soundfile
    >>> data = encode_wav(0.5 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000), 16_000)
    >>> soundfile.info(io.BytesIO(data)).duration
    1.0
    """
    from scipy.io import wavfile

    file = io.BytesIO()
    wavfile.write(file, sample_rate, to_pcm16(audio))
    return file.getvalue()


def encode_mp3(audio: np.ndarray, sample_rate: int) -> bytes:
    """``audio`` as the bytes of a mono MP3 file, a tenth of a WAV's or so; ``sample_rate`` is one of ``MP3_RATES``.

    >>> from nsynthlib import pocket
    >>> note = pocket()[0].audio.numpy()
    >>> round(len(encode_wav(note, 16_000)) / len(encode_mp3(note, 16_000)))
    13
    """
    import soundfile  # not on every training server

    file = io.BytesIO()
    soundfile.write(file, audio, sample_rate, format="MP3")
    return file.getvalue()


def encode_flac(audio: np.ndarray, sample_rate: int) -> bytes:
    """``audio`` as the bytes of a mono FLAC file of 16-bit samples: nothing is lost, and about half of a WAV's."""
    import soundfile  # not on every training server

    file = io.BytesIO()
    soundfile.write(file, to_pcm16(audio), sample_rate, format="FLAC")
    return file.getvalue()


def data_url(audio: np.ndarray, sample_rate: int) -> str:
    """``audio`` ``[samples]`` as an address that holds it: MP3, or WAV at a sample rate that MP3 does not have.

    >>> import numpy as np
    >>> data_url(np.zeros(16_000), 16_000)[:23], data_url(np.zeros(16_000), 5_000)[:22]
    ('data:audio/mpeg;base64,', 'data:audio/wav;base64,')
    """
    if sample_rate in MP3_RATES:
        kind, data = "mpeg", encode_mp3(audio, sample_rate)
    else:
        kind, data = "wav", encode_wav(audio, sample_rate)
    return f"data:audio/{kind};base64,{base64.b64encode(data).decode()}"
