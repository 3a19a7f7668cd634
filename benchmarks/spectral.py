"""Sound to picture and back: how near copies of real notes come, and how long both ways take beside librosa."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from importlib.metadata import version

import librosa
import numpy as np
import torch
from torch import Tensor

from benchmarks.common import Row, circumstances, side_by_side
from benchmarks.copies import groups, pitch_deviation
from nsynthlib.data import pocket
from nsynthlib.spectral import STFT, LogMel, log_spectral_distance, magnitude_to_audio, stft

LINEAR = STFT(2048, 512)
LOG_MEL = LogMel()
NOTES = 1000


def rows() -> list[Row]:
    return [
        *_copies(
            "linear magnitude 2048/512", lambda a: magnitude_to_audio(stft(a, LINEAR).abs(), LINEAR, 64_000), 0.40, 2
        ),
        *_copies("the models' picture", lambda audio: LOG_MEL.inverse(LOG_MEL(audio)), 1.0, 3),
        *_resynthesis(),
        _features(),
    ]


def _copies(of: str, copy: Callable[[Tensor], Tensor], most_db: float, most_cents: float) -> list[Row]:
    """Medians over the real notes, of log-spectral distance and of pitch deviation."""
    names = f"copies of real notes by {of}, LSD", f"copies of real notes by {of}, pitch"
    goals = f"<= {most_db}", f"<= {most_cents}"
    notes = groups()["real"]
    if isinstance(notes, str):
        return [
            Row(name, unit, None, goal, circumstances=circumstances(why=notes))
            for name, unit, goal in zip(names, ("dB", "cents"), goals, strict=True)
        ]
    pairs = [(audio, copy(audio)) for audio in notes]
    about = circumstances(notes=len(pairs))
    distance = statistics.median(float(log_spectral_distance(a, b)) for a, b in pairs)
    cents = statistics.median(pitch_deviation(a, b) for a, b in pairs)
    return [
        Row(names[0], "dB", round(distance, 3), goals[0], circumstances=about),
        Row(names[1], "cents", round(cents, 3), goals[1], circumstances=about),
    ]


def _resynthesis() -> list[Row]:
    """One note's linear magnitude to sound, PGHI and 16 steps beside 32 steps of librosa; and the distances of both."""
    audio = pocket()[0].audio
    magnitude = stft(audio, LINEAR).abs()
    array = magnitude.numpy()

    def ours() -> Tensor:
        return magnitude_to_audio(magnitude, LINEAR, len(audio))

    def theirs() -> np.ndarray:
        return librosa.griffinlim(array, n_iter=32, hop_length=512, length=len(audio), random_state=0)

    mine, peer, ratio = side_by_side(ours, theirs)
    about = circumstances(librosa=version("librosa"))
    near, far = (float(log_spectral_distance(audio, sound)) for sound in (ours(), torch.from_numpy(theirs())))
    name = "librosa.griffinlim(n_iter=32)"
    return [
        Row("resynthesis of a note", "s", mine, "ratio >= 2.5", peer, name, ratio, about),
        Row("resynthesis of a note, LSD", "dB", round(near, 3), "ratio >= 1", round(far, 3), name, far / near, about),
    ]


def _features() -> Row:
    """Pictures of 1,000 notes beside a loop of librosa's mel spectrogram with the same settings, by one thread each."""
    audio = torch.stack([note.audio for note in pocket()])
    notes = audio[torch.arange(NOTES) % len(audio)]
    arrays = notes.numpy()

    def theirs() -> list[np.ndarray]:
        return [
            librosa.feature.melspectrogram(
                y=note, sr=16_000, n_fft=2048, hop_length=512, power=1.0, n_mels=LOG_MEL.n_mels, norm=None
            )
            for note in arrays
        ]

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        mine, peer, ratio = side_by_side(lambda: LOG_MEL(notes), theirs, repeats=3)
    finally:
        torch.set_num_threads(threads)
    return Row(
        "mel features of 1,000 notes",
        "notes/s",
        round(NOTES / mine, 1),
        "ratio >= 6",
        round(NOTES / peer, 1),
        "librosa.feature.melspectrogram",
        ratio,
        circumstances(librosa=version("librosa"), bands=LOG_MEL.n_mels, threads=1),
    )
