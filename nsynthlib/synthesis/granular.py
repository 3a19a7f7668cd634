"""Granular synthesis: a cloud of short grains cut from one sound (Roads 2001, Microsound)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE, SAMPLES
from nsynthlib.synthesis.controls import require

VOICES = 8  # different pitches among the grains
FINE = 4  # points kept for every sample of the source, to read between them


def granular_tone(
    source: Tensor,
    density: float = 60.0,
    length: float = 0.08,
    jitter: float = 0.5,
    spread: float = 0.0,
    rng: np.random.Generator | None = None,
    samples: int = SAMPLES,
) -> Tensor:
    """Grains of ``source`` at random places, overlapped and added, float32 ``[samples]``.

    Args:
        source: sound to cut from, ``[n]`` at 16 kHz; longer than a grain.
        density: grains a second, 1-1000.
        length: of a grain in seconds, 0.005-1; each fades in and out by a Hann window.
        jitter: how far a grain may start from its regular moment, as part of the time between two, 0-1.
        spread: standard deviation of the grains' pitch in cents, 0-1200; they share eight pitches, none further from
            the source's than three of these.
        rng: chooses times, places and pitches; a generator of seed 0 without.
        samples: at 16 kHz.

    Whatever a raised grain would lift above the Nyquist frequency is taken out of the source first.

    Raises:
        UsageError: for a value out of its range, or a source shorter than a grain.

    >>> cloud = granular_tone(plucked_tone(220.0), density=40.0, length=0.1)
    >>> cloud.shape
    torch.Size([64000])
    """
    require(1 <= density <= 1000, "density", density, "from 1 to 1000 grains a second")
    require(0.005 <= length <= 1, "length", length, "from 0.005 to 1 second")
    require(0 <= jitter <= 1, "jitter", jitter, "from 0 to 1")
    require(0 <= spread <= 1200, "spread", spread, "from 0 to 1200 cents")
    rng = np.random.default_rng(0) if rng is None else rng
    size = round(length * SAMPLE_RATE)
    ratios = torch.from_numpy(2 ** (spread * rng.standard_normal(VOICES if spread else 1).clip(-3, 3) / 1200))
    voices = _at_speeds(source.float(), ratios)
    room = voices.shape[1] - size
    require(room > 0, "the source's length", f"{len(source)} samples", "longer than its longest grain")
    count = int((samples + size) / SAMPLE_RATE * density) + 1
    voice, begin = (torch.from_numpy(rng.integers(n, size=count)) for n in (len(voices), room))
    grains = voices.unfold(1, size, 1)[voice, begin] * torch.hann_window(size)
    moment = (np.arange(count) + jitter * rng.uniform(-0.5, 0.5, count)) / density
    place = torch.from_numpy((moment * SAMPLE_RATE).round().clip(0)).long()
    cloud = torch.zeros(int(place.max()) + 2 * size + samples)
    cloud.index_add_(0, (place[:, None] + torch.arange(size)).flatten(), grains.flatten())
    return cloud[size : size + samples]  # from where as many grains end as begin


def _at_speeds(source: Tensor, ratios: Tensor) -> Tensor:
    """The source played at each of ``ratios``, float32 ``[ratios, n]``, n as long as the fastest lasts."""
    if len(ratios) == 1:
        return source[None]
    spectrum = torch.fft.rfft(source)[: int(len(source) / 2 / max(1.0, ratios.max().item()))]
    fine = torch.fft.irfft(spectrum, n=FINE * len(source)) * FINE
    length = int((len(source) - 2) / ratios.max().item()) - 1
    place = FINE * (1 + ratios[:, None] * torch.arange(length))
    index = place.long()
    t = (place - index).float()
    before, here, after, beyond = (fine[index + i] for i in (-1, 0, 1, 2))  # the cubic of Catmull and Rom (1974)
    bend = 3 * (here - after) + beyond - before
    return here + 0.5 * t * (after - before + t * (2 * before - 5 * here + 4 * after - beyond + t * bend))
