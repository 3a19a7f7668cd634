"""Physical modelling: a plucked string as a delay that feeds itself (Karplus and Strong 1983).

The loop, y = x + loss(allpass(y delayed)), is a linear filter. So the whole note is computed at once as a product of
spectra, and comes out as the recursion would, sample by sample.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE, SAMPLES
from nsynthlib.synthesis.controls import require

_SIZE = 65_536  # of the transform; at least a note
_WRAP = 100.0  # dB by which what lasts longer than the transform must have died where it comes round again


def thiran(delay: float, order: int) -> np.ndarray:
    """Denominator ``[order + 1]`` of the all-pass filter whose delay in samples is flattest (Thiran 1971).

    The numerator is the same, backwards. ``delay`` must exceed ``order`` - 1, or the filter is unstable.
    """
    require(delay > order - 1, "delay", delay, f"above {order - 1} samples for order {order}")
    n = np.arange(order + 1)
    return np.array(
        [(-1) ** k * math.comb(order, k) * np.prod((delay - order + n) / (delay - order + k + n)) for k in n]
    )


def loss(f0: float, decay: float, high_decay: float) -> np.ndarray:
    """The three taps, symmetrical and so of one sample's delay, by which the string loses energy every period.

    Their gain makes the lowest frequencies fall by 60 dB in ``decay`` seconds and the highest in ``high_decay``.
    """
    low, high = (10 ** (-3 / (f0 * seconds)) for seconds in (decay, high_decay))
    return np.array([(low - high) / 4, (low + high) / 2, (low - high) / 4])


def string_loop(f0: float, decay: float, high_decay: float) -> tuple[int, np.ndarray, np.ndarray]:
    """One trip around the string: a delay of whole samples, then a filter's numerator and denominator.

    A period is ``SAMPLE_RATE / f0`` samples: one for the loss, a few and the fraction for the all-pass, and the rest.
    """
    period = SAMPLE_RATE / f0 - 1
    order = min(6, round(period))
    whole = round(period) - order
    share = period - whole
    setting, angle = share, 2 * math.pi * f0 / SAMPLE_RATE
    for _ in range(8):  # flattest is not yet exact at f0, which matters where a period has few samples
        denominator = thiran(setting, order)
        delay = order + 2 * np.angle(np.exp(-1j * angle * np.arange(order + 1)) @ denominator) / angle
        setting += share - delay
    return whole, np.convolve(loss(f0, decay, high_decay), denominator[::-1]), denominator


def pluck(f0: float, position: float, rng: np.random.Generator) -> np.ndarray:
    """What sets the string in motion: one period of noise with an even spectrum, ``[samples]``.

    Plucked at ``position`` of its length, the string gets no partial with a node there (Jaffe and Smith 1983).
    """
    period = max(3, round(SAMPLE_RATE / f0))
    spectrum = np.exp(2j * np.pi * rng.uniform(size=period // 2 + 1))
    spectrum[0] = 0  # no push that does not swing back
    burst = np.fft.irfft(spectrum, period)
    burst *= np.sqrt(period) / np.linalg.norm(burst)
    reflected = np.zeros(max(1, round(position * SAMPLE_RATE / f0)) + 1)
    reflected[[0, -1]] = 1, -1
    return np.convolve(burst, reflected)


def plucked_tone(
    f0: float,
    decay: float = 4.0,
    high_decay: float = 0.3,
    position: float = 0.2,
    cutoff: float = 4000.0,
    rng: np.random.Generator | None = None,
) -> Tensor:
    """A plucked string, left to ring, float32 ``[64000]``; partials stand at multiples of ``f0``.

    Args:
        f0: hertz, up to 5000.
        decay: seconds in which the lowest partials fall by 60 dB, 0.05-60.
        high_decay: the same for the highest, at most ``decay``.
        position: where it is plucked, as part of the string's length, 0.01-0.5.
        cutoff: of the pluck in hertz; a soft finger has a low one.
        rng: of the burst of noise; a generator of seed 0 without.

    Raises:
        UsageError: for a value out of its range.

    >>> from nsynthlib.audio import estimate_pitch
    >>> round(estimate_pitch(plucked_tone(220.0)), 1)
    57.0
    """
    require(0 < f0 <= 5000, "f0", f0, "above 0 and at most 5000 Hz")
    require(0.05 <= decay <= 60, "decay", decay, "from 0.05 to 60 seconds")
    require(0 < high_decay <= decay, "high_decay", high_decay, f"above 0 and at most decay, {decay} seconds")
    require(0.01 <= position <= 0.5, "position", position, "from 0.01 to 0.5")
    require(cutoff > 0, "cutoff", cutoff, "above 0 Hz")
    rng = np.random.default_rng(0) if rng is None else rng
    whole, numerator, denominator = string_loop(f0, decay, high_decay)
    # On a circle wider than the unit circle every sample n is divided by growth**n, so that nothing rings on past the
    # transform's end and comes round again.
    natural = 60 * _SIZE / SAMPLE_RATE / decay
    growth = 10 ** (max(0.0, _WRAP - natural) / 20 / _SIZE)
    burst = pluck(f0, position, rng)
    struck = torch.fft.rfft(torch.from_numpy(burst * growth ** -np.arange(float(len(burst)))), n=_SIZE)
    keep = math.exp(-2 * math.pi * cutoff / SAMPLE_RATE)  # two one-pole low-passes, for the soft finger
    soft = ((1 - keep) / _response(np.array([1.0, -keep]), growth)).square()
    below = _response(denominator, growth)
    around = _response(numerator, growth) * _delay(whole) * growth**-whole
    spectrum = struck * soft * below / (below - around)
    sound = torch.fft.irfft(spectrum, n=_SIZE)[:SAMPLES].float()
    return sound * torch.exp(math.log(growth) * torch.arange(SAMPLES))


@cache
def _circle() -> Tensor:
    """The unit circle, clockwise from 1, complex128 ``[_SIZE]``."""
    angle = torch.arange(_SIZE, dtype=torch.float64) * (-2 * math.pi / _SIZE)
    return torch.polar(torch.ones_like(angle), angle)


def _delay(samples: int) -> Tensor:
    """Response of a delay by whole ``samples`` at every frequency of the transform, ``[_SIZE / 2 + 1]``."""
    return _circle()[torch.arange(_SIZE // 2 + 1) * samples % _SIZE]


def _response(taps: np.ndarray, growth: float) -> Tensor:
    """Response of a few taps on the circle of radius ``growth``, ``[_SIZE / 2 + 1]``, by Horner's rule."""
    delay = _circle()[: _SIZE // 2 + 1] / growth
    total = torch.full_like(delay, taps[-1])
    for tap in taps[-2::-1]:
        total.mul_(delay).add_(tap)
    return total
