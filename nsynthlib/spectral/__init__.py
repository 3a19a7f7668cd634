"""Sound to picture and back: STFT, decibels, mel bands, and the phase that a picture lacks.

Every function takes audio as ``[..., samples]`` and spectra as ``[..., bins, frames]``, works on any
device, in float32, and keeps leading dimensions. Frames are centred: frame ``m`` looks at sample
``m * hop_length``, and the signal is padded with zeros, as in librosa.
"""

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.audio.levels import dbfs
from nsynthlib.spectral.instantaneous import from_instantaneous_frequency, to_instantaneous_frequency
from nsynthlib.spectral.log_mel import LogMel
from nsynthlib.spectral.measures import log_spectral_distance, spectral_convergence
from nsynthlib.spectral.mel import (
    MEL_SCALE,
    MEL_SCALES,
    hz_to_mel,
    mel_corners,
    mel_filterbank,
    mel_to_hz,
    mel_to_magnitude,
)
from nsynthlib.spectral.phase import gaussian_width, griffin_lim, magnitude_to_audio, pghi
from nsynthlib.spectral.transform import FLOOR_DB, STFT, WINDOWS, from_db, istft, stft, to_db

__all__ = [
    "FLOOR_DB",
    "MEL_SCALE",
    "MEL_SCALES",
    "SAMPLE_RATE",
    "STFT",
    "WINDOWS",
    "LogMel",
    "dbfs",
    "from_db",
    "from_instantaneous_frequency",
    "gaussian_width",
    "griffin_lim",
    "hz_to_mel",
    "istft",
    "log_spectral_distance",
    "magnitude_to_audio",
    "mel_corners",
    "mel_filterbank",
    "mel_to_hz",
    "mel_to_magnitude",
    "pghi",
    "spectral_convergence",
    "stft",
    "to_db",
    "to_instantaneous_frequency",
]
