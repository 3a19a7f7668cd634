"""From a sound file of any kind to one channel at 16 kHz."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.constants import CONSTANTS
from nsynthlib.data.audio import check_file, reason
from nsynthlib.data.riff import WavFault, tidy_wav
from nsynthlib.errors import DataError

RATES = range(1000, 1_000_001)  # hertz, of what can be sound
LISTENED = 30  # seconds of a file in which its note must begin
CANCEL: float = CONSTANTS["own_sound"]["cancel"]  # of the level that one channel alone would leave in the mix


@dataclass(frozen=True)
class Decoded:
    """The beginning of a sound file: ``samples`` float32 ``[samples, channels]``, its rate in hertz, and how many
    seconds of it lie ``beyond``."""

    samples: np.ndarray
    rate: int
    beyond: float


def decode(path: Path) -> Decoded:
    """The first half minute of a WAV, FLAC, MP3, Ogg or AIFF file.

    Raises DataError, which names the file, if it cannot be read, holds no samples or values that are not numbers, or
    tells a rate that no sound has.
    """
    import soundfile  # not on every training server

    check_file(path, "name a sound file", "name a sound file")
    try:
        file: Path | io.BytesIO = path
        if soundfile.info(path).frames == 0 and path.suffix.lower() == ".wav":  # or its header tells no length
            file = io.BytesIO(tidy_wav(path.read_bytes())[0])
        with soundfile.SoundFile(file) as sound:
            rate, frames = sound.samplerate, sound.frames
            if rate not in RATES:
                known = f"{RATES[0]} to {RATES[-1]} Hz are read"
                raise DataError(f"{path}: its header tells {rate} Hz, which is no rate of a sound; mend it ({known})")
            samples = sound.read(LISTENED * rate, dtype="float32", always_2d=True)
    except WavFault as fault:
        raise DataError(f"{path}: cannot be read as sound ({fault})") from None
    except TypeError:  # what a name that ends in .raw comes to
        raise DataError(f"{path}: cannot be read as sound (raw samples tell neither their rate nor width)") from None
    except (OSError, RuntimeError) as error:
        raise DataError(f"{path}: cannot be read as sound ({reason(error)})") from None
    if not len(samples) or not np.isfinite(samples).all():
        raise DataError(f"{path}: holds {'no samples' if not len(samples) else 'values that are not numbers'}")
    return Decoded(samples, rate, max(0, frames - len(samples)) / rate)


def mix(samples: np.ndarray) -> tuple[np.ndarray, int | None]:
    """The mean ``[samples]`` of all channels; where they cancel each other, the first that is not silent, and which."""
    channels = samples.shape[1]
    mixed = samples.mean(1)
    levels = np.sqrt(np.square(samples, dtype=np.float64).mean(0))
    first = int(np.argmax(levels >= levels.max() / 2))  # that is not silent
    if channels > 1 and np.sqrt(np.square(mixed, dtype=np.float64).mean()) < CANCEL * levels[first] / channels:
        return samples[:, first], first
    return mixed, None


def resample(mono: np.ndarray, rate: int) -> np.ndarray:
    """``mono`` ``[samples]`` at 16 kHz."""
    import soxr  # any ratio in little memory, where a filter for 44101 to 16000 would take gigabytes

    return mono if rate == SAMPLE_RATE else soxr.resample(mono, rate, SAMPLE_RATE, quality="HQ")
