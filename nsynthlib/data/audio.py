"""One note's sound in a file: 16-bit mono WAV or FLAC, four seconds at 16 kHz."""

from __future__ import annotations

import stat
import warnings
from pathlib import Path

import numpy as np
from torch import Tensor

from nsynthlib.audio.encoding import encode_wav, to_pcm16
from nsynthlib.audio.format import SAMPLE_RATE, SAMPLES
from nsynthlib.errors import DataError
from nsynthlib.files import atomic


class ConversionWarning(UserWarning):
    """A note was not stored as 16 bits and was converted on reading."""


def read_samples(path: Path) -> tuple[np.ndarray, str | None]:
    """A note's samples, int16 ``[64000]``, and how they were stored where that was not as 16 bits.

    Args:
        path: a ``.wav`` or ``.flac`` file. Integers of other widths and floats are converted to 16 bits.

    Raises:
        DataError: if the file is missing, not a regular file, unreadable, cut short, not audio, not mono, holds values
            that are not numbers, or is not four seconds at 16 kHz. The line names the file.
    """
    rate, samples, stored = (_read_flac if path.suffix.lower() == ".flac" else _read_wav)(path)
    if not len(samples):
        raise DataError(f"{path}: holds no samples; replace the file or drop its entry")
    if samples.ndim != 1:
        raise DataError(f"{path}: has {samples.shape[1]} channels; mix it to mono")
    if rate != SAMPLE_RATE:
        raise DataError(f"{path}: is sampled at {rate} Hz; resample it to {SAMPLE_RATE} Hz")
    if len(samples) != SAMPLES:
        raise DataError(f"{path}: holds {len(samples)} samples; cut or fill it to {SAMPLES} (4 s at {SAMPLE_RATE} Hz)")
    return _to_int16(samples, path), stored


def _regular(path: Path) -> int:
    """Size in bytes of a file that can be read, or DataError that says why not."""
    try:
        status = path.stat()
    except FileNotFoundError:
        raise DataError(f"{path} is missing; fetch the audio that belongs to this index") from None
    except OSError as error:  # no rights on the way there, or a link that leads back to itself
        raise DataError(f"{path}: cannot be opened ({error.strerror})") from None
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{path}: is not a file; replace it or drop its entry")
    if not status.st_size:
        raise DataError(f"{path}: is empty (0 bytes); replace the file")
    return status.st_size


def _read_wav(path: Path) -> tuple[int, np.ndarray, str | None]:
    """Rate, samples as stored, and the name of a width other than 16 bits."""
    from scipy.io import wavfile

    _regular(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", wavfile.WavFileWarning)  # "reached EOF prematurely" and its like
            warnings.filterwarnings("ignore", message="Chunk .non-data. not understood")
            rate, samples = wavfile.read(path)
    except (OSError, ValueError, EOFError, wavfile.WavFileWarning) as error:
        raise DataError(f"{path}: cannot be read as WAV ({error}); replace the file") from None
    except Exception as error:  # a mangled header also makes the reader divide by zero or unpack too little
        raise DataError(f"{path}: cannot be read as WAV ({type(error).__name__}); replace the file") from None
    return int(rate), samples, None if samples.dtype == np.int16 else _width(path, samples.dtype)


def _width(path: Path, dtype: np.dtype) -> str:
    """What the samples are in words; WAV's header holds bits a sample at byte 34."""
    if dtype.kind == "f":
        return f"{8 * dtype.itemsize}-bit float"
    with path.open("rb") as file:
        head = file.read(36)
    at_fmt = head[12:16] == b"fmt "
    return f"{int.from_bytes(head[34:36], 'little') if at_fmt else 8 * dtype.itemsize}-bit"


def _read_flac(path: Path) -> tuple[int, np.ndarray, str | None]:
    import soundfile

    _regular(path)
    try:
        samples, rate = soundfile.read(path, dtype="int16")
        subtype = soundfile.info(path).subtype
    except (OSError, RuntimeError) as error:
        raise DataError(f"{path}: cannot be read as FLAC ({str(error).splitlines()[0]}); replace the file") from None
    return int(rate), samples, None if subtype == "PCM_16" else f"{subtype.removeprefix('PCM_')}-bit"


def _to_int16(samples: np.ndarray, path: Path) -> np.ndarray:
    """Full scale stays full scale; floats beyond it are clipped."""
    if samples.dtype == np.int16:
        return samples
    if samples.dtype.kind == "f":
        if not np.isfinite(samples).all():
            raise DataError(f"{path}: holds values that are not numbers (NaN or infinity); replace the file")
        return to_pcm16(samples)
    if samples.dtype == np.uint8:  # WAV's 8-bit samples are unsigned
        return (samples.astype(np.int16) - 128) << 8
    return (samples >> (8 * samples.dtype.itemsize - 16)).astype(np.int16)  # scipy left-justifies 24 bits in 32


def write_wav(path: Path, audio: Tensor, sample_rate: int = SAMPLE_RATE) -> None:
    """Write ``audio`` ``[samples]`` as 16-bit mono WAV, atomically; values beyond full scale are clipped."""
    with atomic(path) as partial:
        partial.write_bytes(encode_wav(audio.detach().cpu().numpy(), sample_rate))
