"""Spectral modelling: a sound as sinusoids that glide, and noise that is shaped (Serra and Smith 1990).

Analysis finds the peaks of every frame's spectrum and joins them into tracks; what is left when the sinusoids are
taken away is kept as the level of noise in bands. Resynthesis makes both anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from scipy.signal import get_window
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE, SAMPLES
from nsynthlib.synthesis.additive import additive_tone
from nsynthlib.synthesis.controls import NYQUIST, require, to_gain

HOP = 256  # samples between two frames of an analysis
BANDS = 40
SILENCE = -120.0  # dBFS
_GRAIN = 512  # samples of a frame of noise
_LOBE = 8  # bins on either side of a peak that belong to it
_REACH = 0.035  # how far a track may move from one frame to the next, as part of its frequency
_NARROW = 10.0  # ... or in hertz, where that is more
_SHORTEST = 12  # frames of a track, 0.2 s: frames overlap, so a peak of noise lasts for several


def band_edges(bands: int = BANDS) -> np.ndarray:
    """Edges of the noise's bands in hertz, ``[bands + 1]``, equally wide in ERBs (Glasberg and Moore 1990)."""
    top = 21.4 * math.log10(1 + 0.00437 * NYQUIST)
    return (10 ** (np.linspace(0, top, bands + 1) / 21.4) - 1) / 0.00437


def _band_of_bin(size: int, bands: int) -> Tensor:
    """Index of the band that each bin of a transform belongs to, ``[size / 2 + 1]``."""
    hertz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    return torch.from_numpy(np.searchsorted(band_edges(bands)[1:-1], hertz, side="right"))


def shaped_noise(levels: Tensor, rng: np.random.Generator | None = None, samples: int = SAMPLES) -> Tensor:
    """Gaussian noise whose bands have given levels, float32 ``[samples]``.

    Args:
        levels: RMS of each band in dBFS, ``[bands]`` or ``[bands, breakpoints]`` spread evenly over the sound; the
            bands are those of :func:`band_edges`. A band too narrow to hold a bin of 31 Hz is silent.
        rng: of the noise; a generator of seed 0 without.
        samples: at 16 kHz.

    >>> import torch
    >>> noise = shaped_noise(torch.full((24,), -40.0))  # dBFS a band
    >>> round(20 * float(noise.square().mean().log10()) / 2)  # dBFS of all bands together
    -26
    """
    rng = np.random.default_rng(0) if rng is None else rng
    columns = levels[:, None] if levels.dim() == 1 else levels
    frames = -(-samples // (_GRAIN // 2)) + 1
    if columns.shape[1] > 1:
        columns = torch.nn.functional.interpolate(columns[None], frames, mode="linear", align_corners=True)[0]
    band = _band_of_bin(_GRAIN, columns.shape[0])
    bins = torch.bincount(band, minlength=columns.shape[0])
    # Power p in m bins on either side of zero: p = 2 m |X|² / n², and the two parts of X share |X|².
    scale = (to_gain(columns.float()) * (_GRAIN / (2 * bins.clamp(min=1).sqrt()))[:, None]).T[:, band]
    chance = torch.Generator().manual_seed(int(rng.integers(2**62)))
    spectrum = torch.randn(frames, _GRAIN // 2 + 1, 2, generator=chance) * scale[..., None]
    grains = torch.fft.irfft(torch.view_as_complex(spectrum), n=_GRAIN) * torch.hann_window(_GRAIN).sqrt()
    first, second = grains.split(_GRAIN // 2, 1)  # overlapped by half, where the window's square adds up to 1
    return (second[:-1] + first[1:]).flatten()[:samples]


@dataclass(frozen=True)
class SpectralModel:
    """A sound taken apart. Breakpoints are spread evenly from its first sample to its last.

    >>> model = analyse(synthesise(Additive(), 60, 100))
    >>> model.frequencies.shape == model.amplitudes.shape
    True
    >>> model.sinusoids().shape, model.resynthesise(samples=32_000).shape  # twice as fast
    (torch.Size([64000]), torch.Size([32000]))
    """

    frequencies: Tensor  #: of the sinusoids in hertz, ``[tracks, breakpoints]``
    amplitudes: Tensor  #: of the sinusoids, full scale is 1, ``[tracks, breakpoints]``; 0 where a track is not
    noise: Tensor  #: RMS of the noise in each band, in dBFS, ``[bands, breakpoints]``

    def sinusoids(self, samples: int = SAMPLES, rng: np.random.Generator | None = None) -> Tensor:
        """The part with pitch, float32 ``[samples]``; the phases at the start are ``rng``'s, or 0 without."""
        phases = None if rng is None else torch.from_numpy(rng.uniform(size=len(self.frequencies)))
        return additive_tone(self.frequencies, self.amplitudes, phases, samples)

    def resynthesise(self, samples: int = SAMPLES, seed: int = 0) -> Tensor:
        """Sinusoids and noise together, float32 ``[samples]``; another length plays the sound faster or slower."""
        rng = np.random.default_rng(seed)
        return self.sinusoids(samples, rng) + shaped_noise(self.noise, rng, samples)


def analyse(audio: Tensor, tracks: int = 60, floor: float = -80.0, window: int = 2048) -> SpectralModel:
    """Take ``audio`` ``[samples]`` apart into at most ``tracks`` sinusoids at a time, and noise.

    Args:
        audio: at 16 kHz, at least ``window`` samples.
        tracks: peaks kept in a frame, the strongest.
        floor: level in dB against the strongest peak of the whole sound below which a peak is noise.
        window: samples of a frame, Blackman-Harris; two partials must lie 8 bins of 16000 / window Hz apart.

    Raises:
        UsageError: if the audio is shorter than a window.

    >>> import torch
    >>> tone = additive_tone(torch.tensor([440.0, 1000.0]), torch.tensor([0.5, 0.1]))
    >>> model = analyse(tone, tracks=2)
    >>> middle = model.frequencies.shape[-1] // 2
    >>> sorted(round(float(hertz)) for hertz in model.frequencies[:, middle])
    [440, 1000]
    """
    require(
        audio.dim() == 1 and len(audio) >= window, "audio's shape", list(audio.shape), f"[{window} or more samples]"
    )
    spectrum, taps = _frames(audio, window)
    hertz, level = _peaks(spectrum, taps, tracks, floor)
    frequencies, amplitudes = _join(hertz, level)
    return SpectralModel(frequencies, amplitudes, _noise_levels(spectrum, taps, frequencies, amplitudes))


def _frames(audio: Tensor, window: int) -> tuple[Tensor, Tensor]:
    """Spectra ``[bins, frames]`` of windowed frames around every HOP samples, zero-padded twice, and the window."""
    taps = torch.from_numpy(get_window("blackmanharris", window)).float()
    return torch.stft(audio.float(), 2 * window, HOP, window, taps, pad_mode="constant", return_complex=True), taps


def _peaks(spectrum: Tensor, taps: Tensor, tracks: int, floor: float) -> tuple[Tensor, Tensor]:
    """Frequencies in hertz and amplitudes ``[tracks, frames]`` of the strongest peaks; amplitude 0 is no peak.

    A parabola through the three highest points in dB finds the top between bins (Smith and Serra 1987).
    """
    db = 20 * torch.log10(spectrum.abs() * (2 / taps.sum()) + 1e-9)
    left, here, right = db[:-2], db[1:-1], db[2:]
    is_peak = (here > left) & (here >= right) & (here > db.max() + floor)
    score, row = torch.where(is_peak, here, torch.full_like(here, -torch.inf)).topk(min(tracks, len(here)), dim=0)
    a, b, c = (side.gather(0, row) for side in (left, here, right))
    offset = 0.5 * (a - c) / (a - 2 * b + c).clamp(max=-1e-6)
    hertz = (row + 1 + offset) * (NYQUIST / (len(db) - 1))
    top = to_gain(b - 0.25 * (a - c) * offset)
    return hertz, torch.where(score.isfinite(), top, torch.zeros_like(top))


def _join(hertz: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
    """Frequencies and amplitudes ``[tracks, frames]``: every peak goes on the nearest track, or begins one.

    The pairing of one frame's peaks with the last's is the one of least total distance. A short track is a peak of
    noise, and dropped.
    """
    f, a = hertz.double().numpy(), level.double().numpy()
    owner = np.full(f.shape, -1)  # track of each peak
    begun = 0
    previous = np.array([], dtype=int)
    for frame in range(f.shape[1]):
        found = np.flatnonzero(a[:, frame])
        if len(previous):
            before, now = f[previous, frame - 1][:, None], f[found, frame][None]
            distance = np.abs(now - before) / np.maximum(_REACH * before, _NARROW)
            rows, columns = linear_sum_assignment(np.minimum(distance, 2))
            near = distance[rows, columns] < 1
            owner[found[columns[near]], frame] = owner[previous[rows[near]], frame - 1]
        new = found[owner[found, frame] < 0]
        owner[new, frame] = begun + np.arange(len(new))
        begun += len(new)
        previous = found
    lengths = np.bincount(owner[owner >= 0], minlength=1)
    kept = np.flatnonzero(lengths >= _SHORTEST)
    frequencies, amplitudes = np.zeros((2, len(kept), f.shape[1]))
    for row, track in enumerate(kept):
        when, peak = np.nonzero((owner == track).T)
        amplitudes[row, when] = a[peak, when]
        frequencies[row] = np.interp(np.arange(f.shape[1]), when, f[peak, when])  # stands still while silent
    return torch.from_numpy(frequencies).float(), torch.from_numpy(amplitudes).float()


def _noise_levels(spectrum: Tensor, taps: Tensor, frequencies: Tensor, amplitudes: Tensor) -> Tensor:
    """RMS in dBFS ``[BANDS, frames]`` of what is left when the tracks' main lobes are taken from the spectra."""
    bins, frames = spectrum.shape
    place = frequencies * ((bins - 1) / NYQUIST)
    row = place.round()
    reach = torch.arange(-_LOBE, _LOBE + 1)[:, None, None]
    distance = row + reach - place  # of every bin of a lobe from its middle, [lobe, tracks, frames]
    column = torch.arange(frames).expand_as(row)
    inside = (row + reach >= 0) & (row + reach < bins) & (amplitudes > 0)
    middle = spectrum[row.long().clamp(0, bins - 1), column]
    # The window sits in the middle of the frame: its transform turns by half a turn from one bin to the next.
    lobe = _lobe(distance) / _lobe(row - place) * (1 - 2 * (reach % 2)) * middle * inside
    target = ((row + reach).long().clamp(0, bins - 1) * frames + column).flatten()
    sinusoids = torch.zeros(bins * frames, dtype=spectrum.dtype).index_add_(0, target, lobe.flatten())
    left = torch.minimum((spectrum - sinusoids.view(bins, frames)).abs(), spectrum.abs()).square()
    band = _band_of_bin(2 * (bins - 1), BANDS)
    power = torch.zeros(BANDS, frames).index_add_(0, band, left) / (bins - 1) / taps.square().sum()
    return (10 * torch.log10(power + 1e-30)).clamp(min=SILENCE)


def _lobe(distance: Tensor) -> Tensor:
    """Transform of the Blackman-Harris window, 1 in the middle, ``distance`` bins away (two bins to 1 / window)."""
    weights = (0.35875, 0.48829 / 2, 0.14128 / 2, 0.01168 / 2)  # Harris 1978
    x = distance / 2
    total = weights[0] * torch.sinc(x)
    for m, weight in enumerate(weights[1:], 1):
        total = total + weight * (torch.sinc(x - m) + torch.sinc(x + m))
    return total / weights[0]
