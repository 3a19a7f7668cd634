"""Frequency modulation: operators, which are sines, bend each other's phase (Chowning 1973)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.special import jv
from torch import Tensor
from torch.nn.functional import interpolate

from nsynthlib.audio.format import SAMPLE_RATE, SAMPLES
from nsynthlib.constants import CONSTANTS
from nsynthlib.synthesis.additive import CEILING
from nsynthlib.synthesis.controls import ADSR, cycles, require

NEGLIGIBLE: float = CONSTANTS["synthesis"][
    "side_band_limit"
]  # -70 dB; what all side bands that would fold back may add up to


@dataclass(frozen=True)
class Operator:
    """A sine, and the operators that modulate it: a tree of them is the algorithm.

    >>> bell = Operator(ratio=1.0, modulators=(Operator(ratio=1.4, level=3.0),))
    >>> len(bell.modulators), bell.modulators[0].level
    (1, 3.0)
    """

    ratio: float = 1.0  #: frequency over the note's
    level: float = 1.0  #: of a carrier its amplitude, of a modulator its index, the peak phase deviation in radians
    envelope: ADSR | None = None  #: of the level; none keeps it
    modulators: tuple[Operator, ...] = ()

    def __post_init__(self) -> None:
        require(self.ratio > 0, "ratio", self.ratio, "above 0")
        require(self.level >= 0, "level", self.level, "0 or more")


def side_bands(index: float) -> int:
    """How many side bands on one side matter at an ``index`` in radians: the rest add up to less than -70 dB.

    The n-th has the level J_n(index). Carson's rule, index + 1, leaves out some of -20 dB.
    """
    levels = np.abs(jv(np.arange(1, int(index) + 40), index))
    left = np.cumsum(levels[::-1])[::-1]
    return int((left > NEGLIGIBLE).sum())


def bandwidth(operator: Operator, f0: float) -> float:
    """Highest frequency in hertz that matters in what ``operator`` sends out, its modulators included."""
    if not operator.modulators:
        return operator.ratio * f0
    index = sum(m.level for m in operator.modulators)
    return operator.ratio * f0 + side_bands(index) * max(bandwidth(m, f0) for m in operator.modulators)


def fm_tone(f0: float, carriers: Sequence[Operator], cents: Tensor | None = None) -> Tensor:
    """Sum of carriers, each bent by its modulators, float32 ``[64000]``.

    Args:
        f0: hertz.
        carriers: what is heard; what modulates them hangs on them.
        cents: deviation of the pitch ``[64000]``.

    Computed at twice the sample rate where the side bands need it. Where even that is too low, as at the top of the
    keyboard, all indices are turned down together until what folds back is below -60 dB.

    >>> import torch
    >>> tone = fm_tone(500.0, [Operator(modulators=(Operator(ratio=2.0, level=1.0),))])
    >>> spectrum = torch.fft.rfft(tone[:16_000]).abs()
    >>> sorted(spectrum.topk(3).indices.tolist())  # hertz: the carrier and a side band, 2 x 500 Hz apart
    [500, 1500, 2500]
    """
    top = f0 * (2 ** (cents.abs().max().item() / 1200) if cents is not None else 1.0)
    factor, fitting = _fit(carriers, top)
    if cents is not None and factor > 1:
        cents = cents.repeat_interleave(factor)
    phase = cycles(f0, cents, factor * SAMPLES, factor * SAMPLE_RATE)
    sound = torch.stack([_play(carrier, phase, factor) for carrier in fitting]).sum(0)
    return sound if factor == 1 else _decimate(sound, factor)


def _fit(carriers: Sequence[Operator], f0: float) -> tuple[int, list[Operator]]:
    """The factor of oversampling, and the carriers with their indices turned down as far as they must be."""
    for carrier in carriers:
        require(carrier.ratio * f0 < SAMPLE_RATE / 2, "a carrier's frequency", carrier.ratio * f0, "below 8000 Hz")
    scale, fitting = 1.0, list(carriers)
    while (highest := max(bandwidth(carrier, f0) for carrier in fitting)) >= _limit(2):
        scale *= 0.9
        fitting = [_turned_down(carrier, scale) for carrier in carriers]
    return (1 if highest < _limit(1) else 2), fitting


def _limit(factor: int) -> float:
    """Frequency in hertz that folds to 8000 Hz, not yet to be heard, at ``factor`` times the sample rate."""
    return (factor - 0.5) * SAMPLE_RATE


def _turned_down(operator: Operator, scale: float) -> Operator:
    return replace(
        operator,
        modulators=tuple(replace(_turned_down(m, scale), level=m.level * scale) for m in operator.modulators),
    )


def _decimate(sound: Tensor, factor: int) -> Tensor:
    """``sound`` at 16 kHz, without what lies at 7840 Hz or above."""
    spectrum = torch.fft.rfft(sound)[: int(CEILING * SAMPLES / SAMPLE_RATE)]
    return torch.fft.irfft(spectrum / factor, n=SAMPLES)


def _play(operator: Operator, phase: Tensor, factor: int) -> Tensor:
    """An operator's signal, float32 ``[factor * 64000]``, from the note's ``phase`` in cycles."""
    turns = operator.ratio * phase
    angle = ((turns - turns.floor()) * (2 * math.pi)).float()
    for modulator in operator.modulators:
        angle = angle + _play(modulator, phase, factor)
    sine = angle.sin_().mul_(operator.level)
    if operator.envelope is None:
        return sine
    level = operator.envelope.curve()
    return sine * interpolate(level[None, None], len(phase), mode="linear")[0, 0]
