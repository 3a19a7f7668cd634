"""A steady note as harmonics and what is left, in Python as in a page.

Plainer than :func:`nsynthlib.synthesis.analyse`, whose tracks follow any peak: here every sinusoid is a multiple of one
fundamental, which is all that a control named *stretch* can move. ``web/dsp/synthesis/harmonics.mjs`` does the same.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE, SAMPLES
from nsynthlib.constants import CONSTANTS
from nsynthlib.spectral import STFT, istft, stft
from nsynthlib.synthesis.additive import partials_below_nyquist

_SHARED = CONSTANTS["harmonics"]
FRAMES = STFT(_SHARED["n_fft"], _SHARED["hop_length"])
LOWEST, HIGHEST = float(_SHARED["lowest_hz"]), float(_SHARED["highest_hz"])  # of a fundamental
OCTAVE_COST: float = _SHARED["octave_cost"]  # how much better a peak an octave below must be
VOICED: float = _SHARED["voiced"]  # a frame less periodic than that has no harmonics
QUIET: float = _SHARED["quiet"]  # nor has one softer than that part of the loudest
REACH: int = _SHARED["reach_bins"]  # on either side of a harmonic: the main lobe, and a little
SILENT: float = _SHARED["silent_db"]


def take_apart(note: Tensor) -> tuple[Tensor, Tensor]:
    """Levels in dB of the harmonics ``[partials, frames]``, full scale is 0, and the rest ``[64000]``.

    ``note`` is ``[samples]`` at 16 kHz; four seconds of it are used, and what is shorter is followed by silence. Frames
    are spread evenly from the first sample to the last.
    """
    audio = torch.nn.functional.pad(note[:SAMPLES].double(), (0, max(0, SAMPLES - len(note))))
    spectrum = stft(audio, FRAMES)
    f0 = fundamentals(spectrum)
    if not f0.any():
        return torch.full((1, len(f0)), SILENT, dtype=torch.float64), audio
    k = torch.arange(1, partials_below_nyquist(float(f0[f0 > 0].median())) + 1)
    place = f0 * k[:, None] * (FRAMES.n_fft / SAMPLE_RATE)  # in bins, [partials, frames]
    rows = place.floor().long() + torch.arange(-REACH, REACH + 2)[:, None, None]
    inside = (place > 0) & (rows >= 0) & (rows < FRAMES.bins)
    weight = (REACH + 0.5 - (rows - place).abs()).clamp(0, 1) * inside
    cells = rows.clamp(0, FRAMES.bins - 1) * len(f0) + torch.arange(len(f0))
    power = (spectrum.abs().square().flatten()[cells] * weight).sum(0)
    # A sine of amplitude A has the power N A²/4 Σw² in the N bins of a transform whose window is w.
    unit = FRAMES.n_fft / 4 * FRAMES.taps(audio).square().sum()
    levels = 10 * torch.log10((power / unit).clamp(min=10 ** (SILENT / 10)))
    left = torch.ones(spectrum.numel(), dtype=torch.float64)
    left.scatter_reduce_(0, cells.flatten(), 1 - weight.flatten(), "prod")
    return levels, istft(spectrum * left.view(spectrum.shape), FRAMES, SAMPLES)


def fundamentals(spectrum: Tensor) -> Tensor:
    """Fundamental of every frame of ``spectrum`` in hertz ``[frames]``, 0 where there is none.

    The highest peak of the autocorrelation, divided by the window's own (Boersma 1993).
    """
    power = spectrum.abs().double().square()
    of_window = torch.fft.rfft(FRAMES.taps(power)).abs().square()
    ratio = torch.fft.irfft(power, dim=0) / torch.fft.irfft(of_window)[:, None]
    first, last = int(SAMPLE_RATE / HIGHEST), int(SAMPLE_RATE / LOWEST)
    likeness = ratio[first - 1 : last + 2] / ratio[0].clamp(min=1e-12)
    left, here, right = likeness[:-2], likeness[1:-1], likeness[2:]
    lag = torch.arange(first, last + 1, dtype=torch.float64)[:, None]
    score = torch.where((here > left) & (here >= right), here - OCTAVE_COST * torch.log2(lag), -torch.inf)
    best = score.argmax(0, keepdim=True)
    a, b, c = (side.gather(0, best)[0] for side in (left, here, right))
    offset = 0.5 * (a - c) / (a - 2 * b + c).clamp(max=-1e-12)
    loud = power.sum(0).sqrt()
    voiced = (b > VOICED) & (loud > QUIET * loud.max()) & score.isfinite().any(0)
    return torch.where(voiced, SAMPLE_RATE / (first + best[0] + offset), 0.0)
