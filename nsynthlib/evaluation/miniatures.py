"""Small models of one family's notes beside the CVAE and real ones, all by the same judges: a second at 8 kHz."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import combinations
from statistics import median

import numpy as np
import torch
from torch import Tensor
from torchaudio.functional import resample

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.data.clips import CLIP_RATE, Clips, shape_clip
from nsynthlib.evaluation.harmonicity import harmonics_to_noise_db
from nsynthlib.evaluation.statistics import Measurements, proportion, summarise
from nsynthlib.evaluation.trackers import heard_pitch, pesto_pitch
from nsynthlib.generation.batches import generate_batch
from nsynthlib.models.autoencoders import CVAE
from nsynthlib.spectral import STFT, log_spectral_distance

COMPARED_STFT = STFT(n_fft=512, hop_length=128)
VELOCITY = 100  # of the CVAE's notes
Maker = Callable[[Sequence[int], int], Tensor]  # pitches and a seed to notes [n, 8192]


def cvae_clips(model: CVAE, family: str) -> Maker:
    """The CVAE as a maker of clips: the first second of its notes, at 8 kHz and as loud as all the others."""

    def make(pitch: Sequence[int], seed: int) -> Tensor:
        notes = generate_batch(model, pitch=list(pitch), family=family, velocity=VELOCITY, seed=seed)
        return torch.stack([shape_clip(note) for note in notes])

    return make


def make_clips(maker: Maker, pitches: Sequence[int], seeds: int) -> Clips:
    """A note for each pitch from each of ``seeds`` seeds; a seed counts as an instrument."""
    audio = torch.cat([maker(pitches, seed) for seed in range(seeds)])
    names = [f"seed {seed}" for seed in range(seeds) for _ in pitches]
    return Clips(audio, torch.tensor(list(pitches) * seeds), names)


def judge_clips(clips: Clips, learned: Clips) -> Measurements:
    """What is measured of ``clips``, each number with its interval, which counts instruments.

    ``in_tune`` and ``in_tune_pesto`` are shares within 50 cents by two trackers; ``off_cents`` is how far the first
    hears them off (what has no pitch is 12 semitones off); ``harmonics_to_noise_db``; ``nearest_db`` is the
    log-spectral distance to the nearest learned clip of the same pitch by another instrument, and ``apart_db`` that
    between any two clips of one pitch.
    """
    wide = [resample(audio, CLIP_RATE, SAMPLE_RATE) for audio in clips.audio]
    of = clips.instrument
    pitches = clips.pitch.tolist()
    off = np.nan_to_num([abs(heard_pitch(a) - p) for a, p in zip(wide, pitches, strict=True)], nan=12.0)
    pesto = np.nan_to_num([abs(pesto_pitch(a) - p) for a, p in zip(wide, pitches, strict=True)], nan=12.0)
    noise = [harmonics_to_noise_db(a, p, CLIP_RATE) for a, p in zip(clips.audio, pitches, strict=True)]
    apart, pairs = _apart(clips)
    return {
        "in_tune": proportion(off <= 0.5, of),
        "in_tune_pesto": proportion(pesto <= 0.5, of),
        "off_cents": summarise(100 * off, clusters=of),
        "harmonics_to_noise_db": summarise(noise, clusters=of),
        "nearest_db": summarise(_nearest(clips, learned), clusters=of),
        "apart_db": summarise(apart, clusters=pairs),
    }


def _nearest(clips: Clips, learned: Clips) -> list[float]:
    """Of each clip the distance to the nearest of the same pitch in ``learned``, by another instrument."""
    distances = []
    for audio, pitch, name in zip(clips.audio, clips.pitch, clips.instrument, strict=True):
        others = [i for i in torch.nonzero(learned.pitch == pitch)[:, 0].tolist() if learned.instrument[i] != name]
        some = learned.audio[others]
        distances.append(float(log_spectral_distance(audio.expand_as(some), some, COMPARED_STFT).min()))
    return distances


def _apart(clips: Clips) -> tuple[list[float], list[str]]:
    """Distances between clips of one pitch and of different instruments, and which pitch each is of."""
    found, of = [], []
    for pitch in clips.pitch.unique().tolist():
        alike = torch.nonzero(clips.pitch == pitch)[:, 0].tolist()
        pairs = [(a, b) for a, b in combinations(alike, 2) if clips.instrument[a] != clips.instrument[b]]
        if pairs:
            first, second = (clips.audio[list(rows)] for rows in zip(*pairs, strict=True))
            found += log_spectral_distance(first, second, COMPARED_STFT).tolist()
            of += [str(pitch)] * len(pairs)
    return found, of


def seconds_a_note(maker: Maker, pitch: int = 60, repeats: int = 3) -> float:
    """The median time that one note takes, alone, in seconds."""
    times = []
    for seed in range(repeats):
        started = time.perf_counter()
        maker([pitch], seed)
        times.append(time.perf_counter() - started)
    return median(times)
