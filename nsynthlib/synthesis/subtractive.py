"""Subtractive synthesis: a bright oscillator, and a resonant filter that takes away.

A filter multiplies every partial by its response at that frequency. For a periodic wave that is all it does, so the
filter is applied to the partials before they are heard: nothing above the Nyquist frequency ever arises.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor

from nsynthlib.synthesis.additive import partials_below_nyquist, wavetable
from nsynthlib.synthesis.controls import cycles, require

Shape = Literal["saw", "square", "triangle", "pulse"]
Kind = Literal["lowpass", "highpass", "bandpass"]


def waveform(shape: Shape, partials: int, width: float = 0.5) -> Tensor:
    """Fourier series of a wave between -1 and 1: amplitudes of its sines, float32 ``[partials]``.

    ``width`` in (0, 1) is the part of a period that a pulse is up; at 0.5 its magnitudes are a square wave's.

    >>> waveform("square", 4)
    tensor([1.2732, 0.0000, 0.4244, 0.0000])
    """
    require(shape in ("saw", "square", "triangle", "pulse"), "shape", shape, "saw, square, triangle or pulse")
    require(0 < width < 1, "width", width, "between 0 and 1")
    k = torch.arange(1, partials + 1)
    odd = (k % 2).float()
    if shape == "saw":
        return 2 / (math.pi * k)
    if shape == "square":
        return odd * 4 / (math.pi * k)
    if shape == "triangle":
        return odd * torch.sin(k * math.pi / 2) * 8 / (math.pi * k).square()
    return 4 / (math.pi * k) * torch.sin(math.pi * k * width)


def filter_response(frequency: Tensor, cutoff: Tensor, resonance: float = 0.0, kind: Kind = "lowpass") -> Tensor:
    """Complex response of the analogue second-order filter, 12 dB an octave, at ``frequency`` in hertz.

    H(s) = n(s) / (1 + s/Q + s²) with s = i frequency / cutoff and n = 1, s² or s/Q (Zölzer 2011, DAFX, chapter 2).

    Args:
        frequency: hertz; any shape that goes with ``cutoff``'s.
        cutoff: hertz, above 0.
        resonance: gain at the cutoff, 20 log10 Q in dB, -20 to 40; a band-pass has 0 dB there whatever its Q.
        kind: lowpass, highpass or bandpass.

    >>> import torch
    >>> response = filter_response(torch.tensor([100.0, 1000.0, 10_000.0]), torch.tensor(1000.0))
    >>> (20 * response.abs().log10()).round()  # dB: open, at the cutoff, 40 dB a decade above it
    tensor([  0.,   0., -40.])
    """
    require(-20 <= resonance <= 40, "resonance", resonance, "from -20 to 40 dB")
    require(kind in ("lowpass", "highpass", "bandpass"), "kind", kind, "lowpass, highpass or bandpass")
    s = 1j * (frequency / cutoff)
    through = s * 10 ** (-resonance / 20)
    above = {"lowpass": torch.ones_like(s), "highpass": s * s, "bandpass": through}[kind]
    return above / (1 + through + s * s)


def subtractive_tone(
    f0: float,
    shape: Shape = "saw",
    cutoff: float | Tensor = 2000.0,
    resonance: float = 0.0,
    kind: Kind = "lowpass",
    width: float = 0.5,
    detune: float = 0.0,
    cents: Tensor | None = None,
) -> Tensor:
    """Oscillator through a resonant filter, float32 ``[64000]``; a wave between -1 and 1 before the filter.

    Args:
        f0: hertz.
        shape: saw, square, triangle or pulse, the latter of ``width``.
        cutoff: hertz; a number, or ``[breakpoints]`` spread evenly over the sound for a filter that moves.
        resonance: gain at the cutoff in dB.
        kind: lowpass, highpass or bandpass.
        width: of a pulse, as part of the period.
        detune: cents between two oscillators that sound together, half up and half down; 0 for one.
        cents: deviation of the pitch ``[64000]``.

    Raises:
        UsageError: for a value out of its range.

    >>> dull, bright = (subtractive_tone(220.0, "saw", cutoff=hertz) for hertz in (500.0, 5000.0))
    >>> bool(dull.diff().abs().mean() < bright.diff().abs().mean())
    True
    """
    track = torch.as_tensor(cutoff, dtype=torch.float32).reshape(-1)
    require(bool((track > 0).all()), "cutoff", track.min().item(), "above 0 Hz")
    swing = detune / 2 + (cents.abs().max().item() if cents is not None else 0.0)
    count = partials_below_nyquist(f0, swing)
    frequency = f0 * torch.arange(1, count + 1)[:, None]
    partials = waveform(shape, count, width)[:, None] * filter_response(frequency, track, resonance, kind)
    if not detune:
        return wavetable(cycles(f0, cents), partials)
    low, high = (cycles(f0 * 2 ** (side * detune / 2400), cents) for side in (-1, 1))
    return wavetable(torch.stack([low, high + 0.25]), partials).mean(0)  # a quarter apart, so as not to begin as one
