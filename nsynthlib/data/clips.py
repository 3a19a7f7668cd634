"""Short, slow excerpts of one family's notes, which small models learn in minutes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.data.labels import FAMILIES
from nsynthlib.data.notes import Note
from nsynthlib.errors import DataError
from nsynthlib.values import one_of

CLIP_RATE = 8000  # Hz
CLIP_SAMPLES = 8192  # 1.024 s
CLIP_PEAK = 0.5  # of every clip, so nothing is learned of loudness
LOWEST, HIGHEST = 48, 72  # MIDI numbers of two octaves
PITCHES = HIGHEST - LOWEST + 1
_TAKEN = CLIP_SAMPLES * SAMPLE_RATE // CLIP_RATE  # samples at the notes' own rate


class Clips(NamedTuple):
    """The beginnings of ``n`` notes and their pitches."""

    audio: Tensor  #: float32 ``[n, 8192]`` in [-0.5, 0.5], at 8 kHz
    pitch: Tensor  #: MIDI numbers, int64 ``[n]``
    instrument: list[str]  #: ``[n]``


def load_clips(notes: Sequence[Note], family: str) -> Clips:
    """The first second of a family's notes from MIDI 48 to 72, at 8 kHz and all as loud as each other.

    Raises:
        UsageError: for an unknown family.
        DataError: if there are no such notes, or one cannot be read.

    >>> from nsynthlib.data import pocket
    >>> load_clips(pocket(), "reed").audio.shape[1]
    8192
    """
    one_of("family", family, FAMILIES)
    chosen = [note for note in notes if note.family == family and LOWEST <= note.pitch <= HIGHEST]
    if not chosen:
        raise DataError(f"there are no notes of the family {family} from MIDI {LOWEST} to {HIGHEST}")
    audio = torch.stack([shape_clip(note.audio) for note in chosen])
    if silent := [note.name for note, clip in zip(chosen, audio, strict=True) if not clip.any()]:
        raise DataError(f"the note {silent[0]} begins with a second of silence; take it out of the set")
    pitch = torch.tensor([note.pitch for note in chosen])
    return Clips(audio, pitch, [note.instrument for note in chosen])


def split_clips(clips: Clips, every: int = 20) -> tuple[Clips, Clips]:
    """Clips to learn from, and every 20th to check by: other notes of the same instruments.

    Raises DataError if there are fewer.

    >>> from nsynthlib.data import pocket
    >>> [len(part.pitch) for part in split_clips(load_clips(pocket(), "reed"), every=2)]
    [2, 2]
    """
    if len(clips.pitch) < every:
        raise DataError(f"there are {len(clips.pitch)} notes from MIDI {LOWEST} to {HIGHEST}; {every} is the least")
    checked = torch.arange(len(clips.pitch)) % every == every - 1
    parts = (torch.nonzero(rows)[:, 0].tolist() for rows in (~checked, checked))
    learned, kept = (Clips(clips.audio[p], clips.pitch[p], [clips.instrument[i] for i in p]) for p in parts)
    return learned, kept


def shape_clip(audio: Tensor) -> Tensor:
    """A note's first second, ``[samples]`` at 16 kHz, as a clip ``[8192]`` at 8 kHz, its peak 0.5; silence stays."""
    from torchaudio.functional import resample

    clip = resample(audio[:_TAKEN], SAMPLE_RATE, CLIP_RATE)
    return clip * (CLIP_PEAK / clip.abs().max().clamp_min(1e-12))
