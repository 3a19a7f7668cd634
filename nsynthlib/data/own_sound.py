"""Any sound file as a note: what had to be done to it is told as a warning."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE, SAMPLES
from nsynthlib.audio.pitch import estimate_pitch
from nsynthlib.data.audio import ConversionWarning
from nsynthlib.data.labels import parse_name
from nsynthlib.errors import DataError, UsageError


def read_own_sound(path: Path) -> Tensor:
    """A sound file as a note, float32 ``[64000]``: mixed to mono, resampled, cut or filled with silence.

    Each change is told by a :class:`~nsynthlib.data.ConversionWarning`. Raises DataError, which names the file, where
    it cannot be read, or holds no samples or values that are not numbers.
    """
    import soundfile  # neither is on every training server
    import torchaudio

    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        raise DataError(f"{path}: cannot be read as sound ({str(error).splitlines()[0]})") from None
    audio = torch.from_numpy(samples)  # [samples, channels]
    if not len(audio) or not audio.isfinite().all():
        raise DataError(f"{path}: holds {'no samples' if not len(audio) else 'values that are not numbers'}")
    if audio.shape[1] > 1:
        _tell(f"{path}: {audio.shape[1]} channels mixed to one")
    mono = audio.mean(1)
    if rate != SAMPLE_RATE:
        _tell(f"{path}: resampled from {rate} to {SAMPLE_RATE} Hz")
        mono = torchaudio.functional.resample(mono, rate, SAMPLE_RATE)
    if len(mono) != SAMPLES:
        change = "cut" if len(mono) > SAMPLES else "filled with silence"
        _tell(f"{path}: {len(mono) / SAMPLE_RATE:.2f} s {change} to {SAMPLES / SAMPLE_RATE:.0f} s")
    return torch.nn.functional.pad(mono, (0, max(0, SAMPLES - len(mono))))[:SAMPLES]


def own_labels(
    path: Path, audio: Tensor, pitch: int | None = None, family: str | None = None, velocity: int | None = None
) -> tuple[int, str, int]:
    """Pitch, family and velocity of a note: those given, else those its file's name tells.

    A pitch that neither tells is estimated from ``audio`` ``[64000]``, a velocity is taken as 100; both are told by a
    warning. Raises UsageError where the family is not told.
    """
    try:
        named = parse_name(path.stem)
    except ValueError:
        named = None
    if named is not None:
        pitch = named.pitch if pitch is None else pitch
        velocity = named.velocity if velocity is None else velocity
        return pitch, family or named.family, velocity
    if family is None:
        raise UsageError(f"{path.name} does not tell the family of its instrument; add --family")
    if pitch is None:
        heard = estimate_pitch(audio)
        pitch = min(127, max(0, round(heard)))
        _tell(f"{path}: pitch estimated as {pitch} ({heard:.2f})")
    if velocity is None:
        velocity = 100
        _tell(f"{path}: velocity taken as {velocity}")
    return pitch, family, velocity


def _tell(line: str) -> None:
    warnings.warn(line, ConversionWarning, stacklevel=3)
