"""What moves a sound: envelopes, low-frequency oscillators, and the phase that a moving pitch adds up to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from nsynthlib.audio.format import HELD_SECONDS, SAMPLE_RATE, SAMPLES
from nsynthlib.errors import UsageError

NYQUIST = SAMPLE_RATE / 2  # hertz


def require(holds: bool, name: str, value: object, needs: str) -> None:
    """Raise UsageError unless ``holds``: ``name`` was ``value`` and needs to be something else."""
    if not holds:
        raise UsageError(f"{name} is {value}; it must be {needs}")


def timeline(samples: int = SAMPLES, sample_rate: int = SAMPLE_RATE) -> Tensor:
    """Seconds since the key went down, float64 ``[samples]``.

    >>> timeline(4, sample_rate=8)
    tensor([0.0000, 0.1250, 0.2500, 0.3750], dtype=torch.float64)
    """
    return torch.arange(samples, dtype=torch.float64) / sample_rate


def to_gain(db: Tensor) -> Tensor:
    """Decibels to amplitude ratios, any shape.

    >>> import torch
    >>> to_gain(torch.tensor([0.0, -20.0, -40.0]))
    tensor([1.0000, 0.1000, 0.0100])
    """
    return torch.exp(db * (math.log(10) / 20))


def at_peak(sound: Tensor, db: float = -3.0) -> Tensor:
    """``sound``, which is not silent, with its greatest absolute value at ``db`` dBFS."""
    return sound * (10 ** (db / 20) / sound.abs().max())


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep tensors on the calling thread: divided differently, a sine may differ in its last bit."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True)
class ADSR:
    """Attack, decay, sustain, release: straight lines in decibels after a smooth rise, as hearing would draw them.

    >>> envelope = ADSR(attack=0.1, decay=0.5, sustain=-6.0, release=0.2)
    >>> amplitude = envelope.curve()
    >>> [round(float(amplitude[int(s * 16_000)]), 2) for s in (0, 0.1, 2.0, 3.9)]
    [0.0, 1.0, 0.5, 0.0]
    """

    attack: float = 0.01  #: seconds from silence to the peak
    decay: float = 0.0  #: seconds in which the level would fall by 60 dB on its way to ``sustain``; 0 jumps there
    sustain: float = 0.0  #: level while the key is held, in dB against the peak; -inf for a sound that dies away
    release: float = 0.1  #: seconds to fall by 60 dB once the key is up

    def __post_init__(self) -> None:
        require(self.attack >= 0, "attack", self.attack, "0 seconds or more")
        require(self.decay >= 0, "decay", self.decay, "0 seconds or more")
        require(self.sustain <= 0, "sustain", self.sustain, "0 dB or less")
        require(self.release > 0, "release", self.release, "longer than 0 seconds")

    def curve(self, samples: int = SAMPLES, sample_rate: int = SAMPLE_RATE, held: float = HELD_SECONDS) -> Tensor:
        """Amplitude in [0, 1], float32 ``[samples]``, for a key that is up again after ``held`` seconds."""
        time = torch.arange(samples, dtype=torch.float32) / sample_rate
        rise = torch.sin((time / max(self.attack, 1e-9)).clamp(max=1) * (math.pi / 2)).square()
        since_peak = (time - self.attack).clamp(min=0)
        fall = (since_peak * (-60 / max(self.decay, 1e-9))).clamp(min=self.sustain)
        return rise * to_gain(fall + (time - held).clamp(min=0) * (-60 / self.release))


@dataclass(frozen=True)
class LFO:
    """A slow oscillation around zero, for vibrato (``depth`` in cents) or tremolo (``depth`` in dB).

    >>> vibrato = LFO(rate=5.0, depth=20.0).curve()  # cents
    >>> vibrato.shape, round(float(vibrato.max()), 1)
    (torch.Size([64000]), 20.0)
    """

    rate: float = 5.0  #: hertz
    depth: float = 0.0  #: peak deviation, in cents or dB
    shape: Literal["sine", "triangle", "square"] = "sine"
    delay: float = 0.0  #: seconds over which it sets in

    def __post_init__(self) -> None:
        require(0 < self.rate <= 40, "rate", self.rate, "above 0 and at most 40 Hz")
        require(self.delay >= 0, "delay", self.delay, "0 seconds or more")
        require(self.shape in ("sine", "triangle", "square"), "shape", self.shape, "sine, triangle or square")

    def curve(self, samples: int = SAMPLES, sample_rate: int = SAMPLE_RATE) -> Tensor:
        """Deviation in [-depth, depth], float32 ``[samples]``."""
        time = torch.arange(samples, dtype=torch.float32) / sample_rate
        wave = torch.sin(2 * math.pi * self.rate * time)
        if self.shape == "triangle":
            wave = torch.asin(wave) * (2 / math.pi)
        elif self.shape == "square":
            wave = wave.sign()
        onset = (time / self.delay).clamp(max=1) if self.delay else 1.0
        return self.depth * onset * wave


def cycles(f0: float, cents: Tensor | None = None, samples: int = SAMPLES, sample_rate: int = SAMPLE_RATE) -> Tensor:
    """Phase of an oscillator in cycles, float64 ``[samples]``: the sum of all frequency so far.

    Args:
        f0: hertz, above 0.
        cents: deviation from ``f0`` at every sample, ``[samples]``; none for a steady pitch.

    >>> phase = cycles(440.0, samples=16_000)
    >>> round(float(phase[-1]), 2)
    439.97
    """
    require(f0 > 0, "f0", f0, "above 0 Hz")
    if cents is None:
        return f0 * timeline(samples, sample_rate)
    track = torch.cumsum(torch.exp2(cents / 1200).double(), 0) * (f0 / sample_rate)
    return track - track[0]
