"""One note's sound in a file: 16-bit mono WAV or FLAC, four seconds at 16 kHz."""

from __future__ import annotations

import io
import stat
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from nsynthlib.audio.encoding import encode_wav, to_pcm16
from nsynthlib.audio.format import SAMPLE_RATE, SAMPLES
from nsynthlib.data.riff import WavFault, tidy_wav
from nsynthlib.errors import DataError
from nsynthlib.files import atomic, check_ending

ADVICE = "replace the file or drop its entry"
BEYOND = 1.001  # times full scale, a hundredth of a decibel: floats that reach farther are clipped
FARTHEST = 2.0  # that much is left over when loud sound is resampled or was MP3; farther out, samples are no amplitudes


class ConversionWarning(UserWarning):
    """A sound was not stored as a note is, and was converted on reading.

    >>> import pathlib, warnings, numpy as np, soundfile
    >>> soundfile.write("float.wav", np.full(64_000, 0.5), 16_000, subtype="FLOAT")
    >>> note = Note("a", 60, 100, "organ", "acoustic", "organ_acoustic_000", pathlib.Path("float.wav"))
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always")
    ...     audio = note.audio
    >>> told[0].category.__name__
    'ConversionWarning'
    """


@dataclass(frozen=True)
class Conversion:
    """How samples were stored that are not of 16 bits, in words, and their peak in times full scale."""

    width: str
    peak: float

    @property
    def clips(self) -> bool:
        """Whether anything is lost: samples lie beyond full scale."""
        return self.peak > BEYOND


def read_samples(path: Path) -> tuple[np.ndarray, Conversion | None]:
    """A note's samples, int16 ``[64000]``, and what was converted where they were not stored as 16 bits.

    Args:
        path: a ``.wav`` or ``.flac`` file. Integers of other widths and floats are converted to 16 bits, floats a
            little beyond full scale are clipped.

    Raises:
        DataError: if the file is missing, not a regular file, unreadable, cut short, not audio, not mono, holds values
            that are not numbers or lie far beyond full scale, or is not four seconds at 16 kHz. The line names the
            file.

    >>> samples, conversion = read_samples(pocket()[0].path)
    >>> samples.shape, samples.dtype, conversion
    ((64000,), dtype('int16'), None)
    """
    rate, samples, width = (_read_flac if path.suffix.lower() == ".flac" else _read_wav)(path)
    if not len(samples):
        raise DataError(f"{path}: holds no samples; {ADVICE}")
    if samples.ndim != 1:
        raise DataError(f"{path}: has {samples.shape[1]} channels; mix it to mono")
    if rate != SAMPLE_RATE:
        raise DataError(f"{path}: is sampled at {rate} Hz; resample it to {SAMPLE_RATE} Hz")
    if len(samples) != SAMPLES:
        raise DataError(f"{path}: holds {len(samples)} samples; cut or fill it to {SAMPLES} (4 s at {SAMPLE_RATE} Hz)")
    peak = _peak(samples, path)
    return _to_int16(samples), Conversion(width, peak) if width else None


def check_file(path: Path, missing: str, advice: str) -> None:
    """Raise DataError, which says why and what to do, unless ``path`` is a file that holds anything."""
    try:
        status = path.stat()
    except FileNotFoundError:
        raise DataError(f"{path} is missing; {missing}") from None
    except OSError as error:  # no rights on the way there, or a link that leads back to itself
        raise DataError(f"{path}: cannot be opened ({error.strerror}); {advice}") from None
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{path}: is not a file; {advice}")
    if not status.st_size:
        raise DataError(f"{path}: is empty (0 bytes); {advice}")


def _read_wav(path: Path) -> tuple[int, np.ndarray, str | None]:
    """Rate, samples as stored, and the name of a width other than 16 bits."""
    from scipy.io import wavfile

    check_file(path, "fetch the audio that belongs to this index", ADVICE)
    try:
        content, bits = tidy_wav(path.read_bytes())
        rate, samples = wavfile.read(io.BytesIO(content))
    except WavFault as fault:
        raise DataError(f"{path}: cannot be read as WAV ({fault}); {ADVICE}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be opened ({error.strerror}); {ADVICE}") from None
    except ValueError as error:  # a form that scipy does not decode, which it names
        raise DataError(f"{path}: cannot be read as WAV ({error}); convert it to 16-bit PCM") from None
    samples = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    if samples.dtype == np.int16:
        return int(rate), samples, None
    return int(rate), samples, f"{bits}-bit float" if samples.dtype.kind == "f" else f"{bits}-bit"


def _read_flac(path: Path) -> tuple[int, np.ndarray, str | None]:
    import soundfile

    check_file(path, "fetch the audio that belongs to this index", ADVICE)
    try:
        samples, rate = soundfile.read(path, dtype="int16")
        subtype = soundfile.info(path).subtype
    except (OSError, RuntimeError) as error:
        raise DataError(f"{path}: cannot be read as FLAC ({reason(error)}); {ADVICE}") from None
    return int(rate), samples, None if subtype == "PCM_16" else f"{subtype.removeprefix('PCM_')}-bit"


def reason(error: Exception) -> str:
    """What libsndfile complains of, without the file's name, which it puts before it."""
    return str(error).splitlines()[0].rpartition(": ")[2].rstrip(".")


def _peak(samples: np.ndarray, path: Path) -> float:
    """The peak of floats in times full scale; integers do not reach beyond 1."""
    if samples.dtype.kind != "f":
        return 1.0
    if not np.isfinite(samples).all():
        raise DataError(f"{path}: holds values that are not numbers (NaN or infinity); {ADVICE}")
    peak = float(np.abs(samples).max())
    if peak > FARTHEST:
        raise DataError(f"{path}: reaches {peak:,.1f} times full scale; divide its samples by as much or more")
    return peak


def _to_int16(samples: np.ndarray) -> np.ndarray:
    """Full scale stays full scale; floats beyond it are clipped."""
    if samples.dtype == np.int16:
        return samples
    if samples.dtype.kind == "f":
        return to_pcm16(samples)
    if samples.dtype == np.uint8:  # WAV's 8-bit samples are unsigned
        return (samples.astype(np.int16) - 128) << 8
    return (samples >> (8 * samples.dtype.itemsize - 16)).astype(np.int16)  # scipy left-justifies 24 bits in 32


def write_wav(path: Path, audio: Tensor, sample_rate: int = SAMPLE_RATE) -> None:
    """Write ``audio`` ``[samples]`` as 16-bit mono WAV, atomically; values beyond full scale are clipped.

    Raises UsageError if the name of ``path`` does not end in ``.wav``.

    >>> import torch
    >>> from pathlib import Path
    >>> write_wav(Path("tone.wav"), 0.5 * torch.sin(2 * torch.pi * 440 * torch.arange(64_000) / 16_000))
    >>> int(read_samples(Path("tone.wav"))[0].max())  # of 32767
    16384
    """
    check_ending(path, ".wav")
    with atomic(path) as partial:
        partial.write_bytes(encode_wav(audio.detach().cpu().numpy(), sample_rate))
