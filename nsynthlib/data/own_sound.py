"""Any sound file as a note: what had to be done to it is told as warnings."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE, SAMPLES
from nsynthlib.audio.levels import dbfs, limit_peak
from nsynthlib.audio.pitch import estimate_pitch
from nsynthlib.constants import CONSTANTS
from nsynthlib.data.audio import ConversionWarning
from nsynthlib.data.decoding import LISTENED, decode, mix, resample
from nsynthlib.data.labels import parse_name
from nsynthlib.errors import DataError, UsageError

_NUMBERS = CONSTANTS["own_sound"]
SHORTEST = round(_NUMBERS["shortest_seconds"] * SAMPLE_RATE)  # samples
SILENT = 1e-4  # amplitude, -80 dB
ONSET: float = _NUMBERS["onset"]  # of the peak: a note begins where it comes within 40 dB of it
LATE = round(_NUMBERS["late_seconds"] * SAMPLE_RATE)  # samples before the onset; as many are left as they are
FADE = round(_NUMBERS["fade_seconds"] * SAMPLE_RATE)  # samples: too short to be heard, long enough not to click


def read_own_sound(path: str | os.PathLike[str]) -> Tensor:
    """A sound file as a note, float32 ``[64000]`` in [-1, 1] at 16 kHz.

    Its channels are mixed to one, or one is taken where they cancel each other; it is resampled; silence of
    more than 0.1 s before the sound is left out; it is turned down as a whole where it reaches beyond full scale; it
    is cut, or filled with silence, to four seconds. Where it is cut it fades for 10 ms, so that nothing clicks.

    Each change is told by a :class:`~nsynthlib.data.ConversionWarning`; a file that is a note already is read without
    a word, sample for sample.

    Args:
        path: of a WAV, FLAC, MP3, Ogg or AIFF file. Of a long one the first half minute is heard.

    Raises:
        DataError: if it cannot be read, is silent, is shorter than 0.1 s, has a rate that no sound has, or holds
            values that are not numbers. The line names the file.

    Half a second of silence, then the A below middle C for a second:

    >>> import warnings
    >>> import numpy as np, soundfile
    >>> from nsynthlib.audio import estimate_pitch
    >>> from nsynthlib.data import read_own_sound
    >>> tone = 0.3 * np.sin(2 * np.pi * 220 * np.arange(44_100) / 44_100)
    >>> soundfile.write("my_tone.flac", np.concatenate([np.zeros(22_050), tone]), 44_100)
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always")
    ...     note = read_own_sound("my_tone.flac")
    >>> note.shape
    torch.Size([64000])
    >>> print(*(line.message for line in told), sep="\\n")
    my_tone.flac: resampled from 44100 to 16000 Hz
    my_tone.flac: 0.49 s before the sound left out
    my_tone.flac: 1.01 s filled with silence to 4 s
    >>> round(estimate_pitch(note))
    57
    """
    path = Path(path)
    sound = decode(path)
    mono = _from_onset(_resampled(_mono(sound.samples, path), sound.rate, path), path, whole=not sound.beyond)
    length = len(mono) + round(sound.beyond * SAMPLE_RATE)
    if length < SHORTEST:
        raise DataError(f"{path}: is {length / SAMPLE_RATE:.3f} s long; a note needs {SHORTEST / SAMPLE_RATE} s")
    audio, down = limit_peak(torch.from_numpy(mono))
    if down:
        times = f"{10 ** (down / 20):,.2f}"
        _tell(f"{path}: reaches {times} times full scale, beyond what can be played; turned down by {down:.2g} dB")
    return _fitted(audio, length, path)


def _mono(samples: np.ndarray, path: Path) -> np.ndarray:
    mono, alone = mix(samples)
    channels = samples.shape[1]
    if alone is not None:
        _tell(f"{path}: its {channels} channels cancel each other when mixed; channel {alone + 1} alone is used")
    elif channels > 1:
        _tell(f"{path}: {channels} channels mixed to one")
    return mono


def _resampled(mono: np.ndarray, rate: int, path: Path) -> np.ndarray:
    if rate != SAMPLE_RATE:
        _tell(f"{path}: resampled from {rate} to {SAMPLE_RATE} Hz")
    return resample(mono, rate)


def _from_onset(mono: np.ndarray, path: Path, whole: bool) -> np.ndarray:
    """The sound from just before its onset on where that comes late; ``whole`` if the file holds no more."""
    level = np.abs(mono)
    if level.max(initial=0.0) < SILENT:
        where, do = ("", "record it louder") if whole else (f" for {LISTENED} s", "cut that off")
        raise DataError(f"{path}: is silent{where} (its peak lies below {dbfs(SILENT):.0f} dBFS); {do}")
    onset = int(np.argmax(level > ONSET * level.max()))
    if onset <= LATE:
        return mono
    first = onset - FADE
    _tell(f"{path}: {first / SAMPLE_RATE:.2f} s before the sound left out")
    begun = mono[first:].copy()
    begun[:FADE] *= _fade()
    return begun


def _fitted(audio: Tensor, length: int, path: Path) -> Tensor:
    """``audio`` cut or filled to four seconds; ``length`` is that of the whole file's sound, in samples."""
    if length == SAMPLES == len(audio):
        return audio
    change = "cut" if length > SAMPLES else "filled with silence"
    _tell(f"{path}: {length / SAMPLE_RATE:.2f} s {change} to {SAMPLES / SAMPLE_RATE:.0f} s")
    note = audio[:SAMPLES].clone()
    note[-FADE:] *= torch.from_numpy(_fade()[::-1].copy())
    return torch.nn.functional.pad(note, (0, SAMPLES - len(note)))


def _fade() -> np.ndarray:
    """A smooth rise from 0 to 1, float32 ``[FADE]``."""
    return (0.5 - 0.5 * np.cos(np.pi * (np.arange(FADE) + 0.5) / FADE)).astype(np.float32)


def own_labels(
    path: Path, audio: Tensor, pitch: int | None = None, family: str | None = None, velocity: int | None = None
) -> tuple[int, str, int]:
    """Pitch, family and velocity of a note: those given, else those its file's name tells.

    A pitch that neither tells is estimated from ``audio`` ``[64000]``, a velocity is taken as 100; both are told by a
    warning. Raises UsageError where the family is not told, DataError where no pitch is heard.
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
        pitch = _heard(path, audio)
    if velocity is None:
        velocity = 100
        _tell(f"{path}: velocity taken as {velocity}")
    return pitch, family, velocity


def _heard(path: Path, audio: Tensor) -> int:
    try:
        heard = estimate_pitch(audio)
    except DataError as error:
        raise DataError(f"{path}: {error}; add --pitch") from None
    _tell(f"{path}: pitch estimated as {round(heard)} ({heard:.2f})")
    return round(heard)


def _tell(line: str) -> None:
    warnings.warn(line, ConversionWarning, stacklevel=3)
