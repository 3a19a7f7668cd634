"""Additive synthesis: any sound as a sum of sines, and the quick way for sines that stand at multiples of one."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

from nsynthlib.audio.format import SAMPLE_RATE, SAMPLES
from nsynthlib.constants import CONSTANTS
from nsynthlib.synthesis.controls import require

BLOCK = 64  # samples from one breakpoint of a control to the next, 4 ms
CEILING: float = CONSTANTS["synthesis"]["ceiling_hz"]  # hertz; no partial is asked for above it


def partials_below_nyquist(f0: float, cents: float = 0.0) -> int:
    """How many multiples of ``f0`` in hertz stay below 7840 Hz, also when the pitch rises by ``cents``.

    >>> partials_below_nyquist(440.0), partials_below_nyquist(440.0, cents=100)
    (17, 16)
    """
    require(0 < f0 <= CEILING, "f0", f0, f"above 0 and at most {CEILING:.0f} Hz")
    return max(1, int(CEILING / (f0 * 2 ** (cents / 1200))))


def additive_tone(
    frequencies: Tensor, amplitudes: Tensor, phases: Tensor | None = None, samples: int = SAMPLES
) -> Tensor:
    """Sum of sines, sum_k a_k(t) sin(2 pi ∫ f_k dt + phase), float32 ``[..., samples]``.

    Args:
        frequencies: hertz, ``[..., partials, breakpoints]``, or ``[partials]`` where they stand still.
        amplitudes: full scale is 1; ``[..., partials, breakpoints]`` or ``[partials]``. Breakpoints are spread evenly
            over the sound and joined by straight lines.
        phases: at the start in cycles, ``[..., partials]``; 0 without.
        samples: at 16 kHz.

    A partial is silent while it is at or above 7840 Hz, so that none folds back.

    Raises:
        UsageError: unless there are as many amplitudes as frequencies.

    >>> import torch
    >>> harmonics = torch.arange(1, 6)
    >>> tone = additive_tone(220.0 * harmonics, 0.3 / harmonics)
    >>> tone.shape, tone.dtype
    (torch.Size([64000]), torch.float32)
    """
    frequencies, amplitudes = (x[:, None] if x.dim() == 1 else x for x in (frequencies, amplitudes))
    count = frequencies.shape[-2]
    require(
        amplitudes.shape[-2] == count, "the number of amplitudes", amplitudes.shape[-2], f"that of partials, {count}"
    )
    blocks = -(-samples // BLOCK)
    start = torch.zeros(count, dtype=torch.float64) if phases is None else phases.double()
    level = _breakpoints(amplitudes, blocks + 1).float() * (_breakpoints(frequencies, blocks + 1) < CEILING)
    if frequencies.shape[-1] == 1:
        sound = _steady(frequencies.double(), level, start)
    else:
        sound = _moving(_breakpoints(frequencies.double(), blocks + 1), level, start)
    return sound.flatten(-2)[..., :samples]


def _breakpoints(track: Tensor, count: int) -> Tensor:
    """``track`` ``[..., partials, n]`` drawn at ``count`` evenly spread points instead of n."""
    if track.shape[-1] == count:
        return track
    if track.shape[-1] == 1:
        return track.expand(*track.shape[:-1], count)
    flat = track.reshape(1, -1, track.shape[-1])
    return interpolate(flat, count, mode="linear", align_corners=True).reshape(*track.shape[:-1], count)


def _steady(frequencies: Tensor, level: Tensor, start: Tensor) -> Tensor:
    """Partials ``[..., k, 1]`` that keep their frequency, as one product of matrices: ``[..., blocks, BLOCK]``.

    sin(a + b) = sin a cos b + cos a sin b, where a is the phase at a block's beginning and b the phase since.
    """
    blocks = level.shape[-1] - 1
    step = frequencies / SAMPLE_RATE  # cycles a sample
    begin = step * (BLOCK * torch.arange(blocks)) + start[..., None]
    a = (2 * math.pi * (begin - begin.floor())).float()
    b = (2 * math.pi * step * torch.arange(BLOCK)).float()
    value, slope = level[..., :-1], level.diff(dim=-1)
    within = torch.arange(BLOCK) / BLOCK
    left = torch.cat([value * a.sin(), value * a.cos(), slope * a.sin(), slope * a.cos()], -2)
    right = torch.cat([b.cos(), b.sin(), b.cos() * within, b.sin() * within], -2)
    return left.transpose(-2, -1) @ right


def _moving(frequencies: Tensor, level: Tensor, start: Tensor) -> Tensor:
    """Partials ``[..., k, blocks + 1]`` whose frequency glides: ``[..., blocks, BLOCK]``.

    Within a block the frequency is a straight line, so the phase is a parabola.
    """
    step = frequencies / SAMPLE_RATE
    advance = (step[..., :-1] + step[..., 1:]) * (BLOCK / 2)
    begin = torch.cumsum(advance, -1) - advance + start[..., None]
    within = torch.arange(BLOCK, dtype=torch.float32)
    powers = torch.stack([torch.ones(BLOCK), within, within.square() / (2 * BLOCK)])
    parabola = torch.stack([begin - begin.floor(), step[..., :-1], step.diff(dim=-1)], -1).float()
    line = torch.stack([level[..., :-1], level.diff(dim=-1)], -1)
    sines = torch.sin((parabola * (2 * math.pi)) @ powers)
    return (sines * (line @ torch.stack([torch.ones(BLOCK), within / BLOCK]))).sum(-3)


def wavetable(cycles: Tensor, partials: Tensor) -> Tensor:
    """Harmonic tone: one period drawn as a table, read as often and as fast as the phase goes.

    Args:
        cycles: phase of the fundamental in cycles, ``[..., samples]``; may speed up and slow down.
        partials: ``[partials]`` or ``[partials, breakpoints]``, the amplitude of every multiple of the fundamental, at
            breakpoints spread evenly over the sound. Complex where partials have phases of their own: a real one
            is a sine, one times i a cosine.

    Returns:
        Float32, of the shape of ``cycles``; all of them read the same table.

    The table has at least 40 points for the period of its highest partial. Reading between the points by a straight
    line puts an image of partial k at the table's size N minus k, a factor (k / (N - k))² weaker: 60 dB at least.

    >>> import torch
    >>> organ = wavetable(cycles(220.0, samples=16_000), torch.tensor([0.5, 0.25, 0.0, 0.125]))
    >>> organ.shape, round(float(organ[:8000].std()), 2)
    (torch.Size([16000]), 0.41)
    """
    columns = partials[:, None] if partials.dim() == 1 else partials
    size = max(256, 40 * columns.shape[0])
    spectrum = torch.cat([torch.zeros(1, columns.shape[1]), columns]).T * -0.5j
    table = torch.fft.irfft(spectrum.to(torch.complex64), n=size, norm="forward")
    table = torch.cat([table, table[:, :1]], 1)
    place = 2 * (cycles - cycles.floor()) - 1  # in [-1, 1) over one period
    moment = torch.linspace(-1, 1, cycles.shape[-1]).expand_as(place)
    where = torch.stack([place.float(), moment], -1).reshape(1, -1, cycles.shape[-1], 2)
    return grid_sample(table[None, None], where, align_corners=True).reshape(cycles.shape)
