"""One recording as a note, or the reason why it is none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.audio.levels import CLIPPED, dbfs, longest_run
from nsynthlib.audio.pitch import estimate_pitch
from nsynthlib.data.decoding import decode, mix, resample
from nsynthlib.data.doubts import LeftOut
from nsynthlib.data.gathering import Sample
from nsynthlib.data.trimming import LEAD, trim
from nsynthlib.errors import DataError

# The limits lie where a few thousand single notes of public sample libraries, found good by ear and measure, end.
FULL_SCALE = 0.9999
SILENT = 1e-4  # amplitude, -80 dB
FRAME = SAMPLE_RATE // 100  # samples, 10 ms, over which a level is taken
BEGUN = -20  # dB of the loudest level: no note takes longer to come there
SLOWEST = 0.35  # seconds
ENDED = -50  # dB of the loudest level
SHORTEST = {False: 1.0, True: 0.7}  # seconds a note sounds: sustained, and struck or plucked
FLATTEST = -10.0  # dB of spectral flatness: white noise has -2.5, and noise 6 dB below a note -9
FLATNESS_SPAN = (0.05, 0.55)  # seconds from the onset on
FLATNESS_ABOVE = 60  # hertz


@dataclass(frozen=True)
class Take:
    """A recording as a note: its sound, float32 ``[64000]`` at the file's own level, and the MIDI number that is heard,
    ``None`` where none is."""

    sample: Sample
    audio: np.ndarray
    heard: float | None

    @property
    def peak(self) -> float:
        return float(np.abs(self.audio).max())


def read_recording(path: Path) -> np.ndarray:
    """The note in a sound file, float32 ``[64000]``: mixed to one channel, resampled and trimmed; DataError, which
    names the file, if it cannot be read."""
    sound = decode(path)
    return trim(resample(mix(sound.samples)[0], sound.rate))


def screen(sample: Sample, struck: bool) -> Take | LeftOut:
    """The note in the file of ``sample``, or why it is left out: it cannot be read, is silent, clipped, begins
    indistinctly, is too short or noisy."""
    try:
        sound = decode(sample.path)
    except DataError as error:
        return LeftOut(sample.file, "unreadable", str(error).removeprefix(f"{sample.path}: "))
    audio = trim(resample(mix(sound.samples)[0], sound.rate))
    clipped = longest_run(np.abs(sound.samples).max(1) >= FULL_SCALE)
    if np.abs(audio).max() < SILENT:
        return LeftOut(sample.file, f"silent (no louder than {dbfs(SILENT):.0f} dBFS)")
    if clipped >= CLIPPED:
        return LeftOut(sample.file, "clipped", f"{clipped} samples in a row at full scale")
    fault = _fault(audio, struck)
    return LeftOut(sample.file, *fault) if fault else Take(sample, audio, heard_pitch(audio))


def heard_pitch(audio: np.ndarray) -> float | None:
    """MIDI number, with fraction, of a note ``[64000]``; ``None`` where no pitch is heard."""
    try:
        return estimate_pitch(torch.from_numpy(audio))
    except DataError:
        return None


def _fault(audio: np.ndarray, struck: bool) -> tuple[str, str] | None:
    level = np.sqrt(np.convolve(np.square(audio, dtype=np.float64), np.full(FRAME, 1 / FRAME), "same"))
    begun = (int(np.argmax(level > level.max() * 10 ** (BEGUN / 20))) - LEAD) / SAMPLE_RATE
    if begun > SLOWEST:
        return "unclear onset", f"takes {begun:.2f} s to come near its full level"
    sounding = np.flatnonzero(level > level.max() * 10 ** (ENDED / 20))
    seconds = (int(sounding[-1]) - LEAD) / SAMPLE_RATE
    if seconds < SHORTEST[struck]:
        kind = "struck or plucked" if struck else "sustained"
        return f"too short (a {kind} note sounds at least {SHORTEST[struck]} s)", f"{seconds:.2f} s"
    flatness = _spectral_flatness(audio)
    if flatness > FLATTEST:
        return "noisy", f"spectral flatness {flatness:.0f} dB"
    return None


def _spectral_flatness(audio: np.ndarray) -> float:
    """Geometric by arithmetic mean of the power spectrum, in dB, over half a second after the attack."""
    first, last = (round(seconds * SAMPLE_RATE) for seconds in FLATNESS_SPAN)
    sound = audio[first:last].astype(np.float64)
    power = np.square(np.abs(np.fft.rfft(sound * np.hanning(len(sound)))))[FLATNESS_ABOVE * len(sound) // SAMPLE_RATE :]
    power = np.maximum(power, 1e-12 * power.max(initial=0.0)) + 1e-30
    return float(10 * (np.log10(power).mean() - np.log10(power.mean())))
