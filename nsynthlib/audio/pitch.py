"""Between MIDI numbers, hertz and cents, and from a sound to its pitch."""

from __future__ import annotations

import math
import re

import numpy as np
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.errors import DataError, UsageError
from nsynthlib.values import number, shown

# YIN's own 0.1 takes a note with breath for one an octave deeper, a higher one hears its second partial as the note:
# of 0.1 to 0.25, real notes are heard best by 0.15.
TROUGH = 0.15
LOWEST_HZ, HIGHEST_HZ = 20.0, 6000.0  # of the search
CHANGE = 0.6  # within a period: 0.95 in white noise; at most 0.44 in 1,500 recorded notes that are heard right
ABOVE = 0.99  # of the energy: the pitch lies there too, and what is heard below is a multiple of its period
FINER = 2  # times the sample rate: at 16 kHz a period of pitch 94 is 8.6 samples, and twice it fits better than once


def midi_to_hz(pitch: float) -> float:
    """Frequency in hertz of a MIDI number, equal temperament, A4 (69) at 440 Hz.

    >>> midi_to_hz(69), round(midi_to_hz(60), 2)
    (440.0, 261.63)
    """
    return 440.0 * 2 ** ((pitch - 69) / 12)


def hz_to_midi(hz: float) -> float:
    """MIDI number, with fraction, of a frequency in hertz; a hundredth is a cent.

    >>> hz_to_midi(440), round(hz_to_midi(445), 2)
    (69.0, 69.2)
    """
    return 69 + 12 * math.log2(hz / 440.0)


def note_to_midi(name: str) -> int:
    """MIDI number of a note's name in scientific pitch notation: ``"C4"`` is 60, ``"F#3"``, ``"Bb2"``, ``"C♯4"``.

    A letter from A to G, sharps or flats if any, and the octave, from -1. Raises UsageError for any other text.

    >>> note_to_midi("C4"), note_to_midi("Bb2")
    (60, 46)
    """
    match = re.fullmatch(r"([A-Ga-g])([#♯]{0,2}|[b♭]{0,2})(-?\d)", name.strip())
    if not match:
        raise UsageError(f"{shown(name)} names no note; write a letter from A to G and the octave: C4, F#3, Bb2")
    letter, accidentals, octave = match.groups()
    semitone = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[letter.upper()]
    sharper = len(accidentals) if accidentals[:1] in "#♯" else -len(accidentals)
    return 12 * (int(octave) + 1) + semitone + sharper


def read_pitch(pitch: float | str) -> int:
    """A MIDI number from 0 to 127, given as 60, 60.0, ``"60"`` or ``"C4"``; UsageError for anything else."""
    if isinstance(pitch, str) and re.fullmatch(r"-?\d+(\.\d*)?", pitch.strip(), re.ASCII):
        pitch = float(pitch) if "." in pitch else int(pitch)
    given = _named(pitch) if isinstance(pitch, str) else number(pitch)
    if given is None or given % 1 or not 0 <= given <= 127:
        raise UsageError(
            f"pitch {shown(pitch)} is no MIDI number; choose one from 0 to 127, or a note such as C4 or F#3"
        )
    return int(given)


def _named(name: str) -> int | None:
    try:
        return note_to_midi(name)
    except UsageError:
        return None


def estimate_pitch(audio: Tensor, sample_rate: int = SAMPLE_RATE) -> float:
    """MIDI number, with fraction, of one note ``[samples]`` by YIN (de Cheveigné and Kawahara 2002).

    At twice the sample rate; the median over frames within 30 dB of the loudest. Raises DataError for silence, noise,
    and a pitch outside MIDI 16 to 113: it never answers with the end of its own search.

    >>> import torch
    >>> sawtooth = (220 * torch.arange(16_000) / 16_000) % 1 - 0.5
    >>> round(estimate_pitch(sawtooth), 1)
    57.0
    """
    import librosa
    from torchaudio.functional import resample

    rate = FINER * sample_rate
    samples = resample(audio.detach().cpu().double(), sample_rate, rate).numpy()
    hop, frame = 2048 * FINER, 4096 * FINER
    level = librosa.feature.rms(y=samples, frame_length=frame, hop_length=hop)[0]
    if level.max() < 1e-5:
        raise DataError("the sound is silent: it has no pitch")
    hz = librosa.yin(
        samples, fmin=LOWEST_HZ, fmax=HIGHEST_HZ, sr=rate, frame_length=frame, hop_length=hop, trough_threshold=TROUGH
    )
    loud = level > level.max() * 10 ** (-30 / 20)
    heard = float(np.median(hz[loud]))
    frames = librosa.util.frame(np.pad(samples, frame // 2), frame_length=frame, hop_length=hop).T[loud]
    if (
        not LOWEST_HZ < heard < HIGHEST_HZ  # the ends of the search, which is where it stops when it finds nothing
        or _share_above(samples, HIGHEST_HZ / rate) > ABOVE
        or np.median([_change(x, round(rate / f)) for x, f in zip(frames, hz[loud], strict=True)]) > CHANGE
    ):
        raise DataError("no pitch is heard in the sound: it is noise, or lies outside the MIDI numbers 16 to 113")
    return hz_to_midi(heard)


def _change(frame: np.ndarray, period: int) -> float:
    """How much a sound ``[samples]`` changes within ``period`` samples: 0 if it repeats, 1 where nothing does."""
    before, after = frame[:-period], frame[period:]
    energy = np.square(before).sum() + np.square(after).sum()
    return float(np.square(before - after).sum() / energy) if energy else 0.0


def _share_above(samples: np.ndarray, frequency: float) -> float:
    """Share of the energy above ``frequency``, which is in cycles a sample."""
    power = np.square(np.abs(np.fft.rfft(samples)))
    return float(power[round(frequency * len(samples)) :].sum() / power.sum())
