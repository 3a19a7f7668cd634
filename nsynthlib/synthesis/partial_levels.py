"""A note as the levels of its first twelve partials at fourteen moments: the smallest picture that still sounds.

Neither noise nor pitch is in it. It is played at middle C, whatever the note's own pitch was.
``web/dsp/synthesis/partial_levels.mjs`` plays it in the same way.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.audio.pitch import midi_to_hz
from nsynthlib.constants import CONSTANTS
from nsynthlib.spectral import STFT, stft
from nsynthlib.synthesis.controls import require

_SHARED = CONSTANTS["partial_levels"]
PARTIALS: int = _SHARED["count"]
MOMENTS: tuple[float, ...] = tuple(_SHARED["moments"])  # seconds
FLOOR_DB: float = _SHARED["floor_db"]  # below the loudest cell
PLAYED_HZ = float(midi_to_hz(_SHARED["midi_pitch"]))
TRANSFORM = STFT(2048, 256)
HIGHEST_PITCH = 76  # the highest MIDI number whose twelve partials are all there


def partial_levels(note: Tensor, pitch: float) -> Tensor:
    """Levels of a note's partials in dB, ``[12, 14]`` in [-60, 0]; the loudest is at 0.

    A partial is the loudest bin within a quarter tone of its place, so that a note may be a little out of tune. A
    moment is seen through a window of 128 ms, which blurs the attack.

    Args:
        note: ``[samples]`` at 16 kHz, of 3.3 seconds at least.
        pitch: MIDI number, at most 76: above it, the twelfth partial lies beyond 8 kHz.

    Raises:
        UsageError: for a pitch that is too high.

    >>> levels = partial_levels(synthesise(Additive(slope=-12.0), 60, 100), 60)
    >>> levels.shape, float(levels.max())
    (torch.Size([12, 14]), 0.0)
    """
    require(0 <= pitch <= HIGHEST_PITCH, "pitch", pitch, f"from 0 to {HIGHEST_PITCH}")
    magnitude = stft(note, TRANSFORM).abs()
    frames = (torch.tensor(MOMENTS) * SAMPLE_RATE / TRANSFORM.hop_length).round().long()
    quarter_tone = 2 ** (1 / 24)
    bins = float(midi_to_hz(pitch)) * TRANSFORM.n_fft / SAMPLE_RATE * torch.arange(1, PARTIALS + 1)
    ends = torch.stack([bins / quarter_tone, bins * quarter_tone], 1).round().long().tolist()
    rows = torch.stack([magnitude[low : high + 1, frames].amax(0) for low, high in ends])
    db = 20 * torch.log10(rows.clamp_min(1e-9))
    return (db - db.max()).clamp_min(FLOOR_DB)


def play_levels(levels: Tensor) -> Tensor:
    """The sound of :func:`partial_levels`, float64 ``[..., 56000]``: twelve sines above middle C.

    Between two moments decibels go in a straight line; what is at the floor is silent, and what lies above 0 dB is
    played at 0. So no levels can clip.

    >>> import torch
    >>> levels = torch.full((12, 14), -60.0)
    >>> levels[0] = -6.0  # the fundamental alone
    >>> from nsynthlib.audio import estimate_pitch
    >>> round(estimate_pitch(play_levels(levels).float()), 1)
    60.0
    """
    require(levels.shape[-2:] == (PARTIALS, len(MOMENTS)), "shape", list(levels.shape), f"[{PARTIALS}, {len(MOMENTS)}]")
    time = torch.arange(round(_SHARED["seconds"] * SAMPLE_RATE), dtype=torch.float64) / SAMPLE_RATE
    moments = torch.tensor(MOMENTS, dtype=torch.float64)
    right = torch.bucketize(time, moments).clamp(1, len(moments) - 1)
    part = ((time - moments[right - 1]) / (moments[right] - moments[right - 1])).clamp(0, 1)
    db = levels.double().clamp(FLOOR_DB, 0)
    db = torch.lerp(db[..., right - 1], db[..., right], part)  # [..., partials, samples]
    amplitude = 10 ** (db / 20) - 10 ** (FLOOR_DB / 20)
    k = torch.arange(1, PARTIALS + 1, dtype=torch.float64)[:, None]
    sound = (amplitude * torch.sin(2 * torch.pi * PLAYED_HZ * k * time)).sum(-2)
    ends = (time / _SHARED["rise_seconds"]).clamp(max=1) * ((time[-1] - time) / _SHARED["fall_seconds"]).clamp(max=1)
    return _SHARED["gain"] * sound * ends
