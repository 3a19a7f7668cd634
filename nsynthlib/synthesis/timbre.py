"""Instruments: the parameters of one, by the kind of synthesis, and the notes they play.

Pitch moves the fundamental; velocity moves level and brightness together, as on a real instrument. The key is held
for three seconds and released for one, like NSynth's.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE, SAMPLES
from nsynthlib.audio.pitch import midi_to_hz
from nsynthlib.constants import CONSTANTS
from nsynthlib.synthesis.additive import CEILING, additive_tone, partials_below_nyquist, wavetable
from nsynthlib.synthesis.controls import ADSR, LFO, at_peak, cycles, one_thread, require, to_gain
from nsynthlib.synthesis.fm import Operator, fm_tone
from nsynthlib.synthesis.granular import granular_tone
from nsynthlib.synthesis.plucked import plucked_tone
from nsynthlib.synthesis.spectral_model import SpectralModel, band_edges, shaped_noise
from nsynthlib.synthesis.subtractive import Shape, subtractive_tone

MIDDLE_C = midi_to_hz(60)
VELOCITY_SLOPE_DB: float = CONSTANTS["synthesis"][
    "velocity_slope_db"
]  # dB an octave that the softest note falls more steeply than the loudest
WAVES: tuple[Shape, ...] = ("saw", "square", "pulse")
FADE = 0.01  # seconds over which the last of a release goes to silence
_STEPS = 126  # breakpoints of what moves over a note: one every 32 ms


@dataclass(frozen=True, kw_only=True)
class Timbre(ABC):
    """Parameters that every instrument has. Its kind, a subclass, says how the tone itself is made.

    >>> from numpy.random import default_rng
    >>> timbre = Subtractive(attack=0.2, decay=4.0, vibrato=15.0)
    >>> sounds = timbre.tone(60, 0.8, default_rng(0)), timbre.envelope(60), timbre.cents()
    >>> [len(sound) for sound in sounds], timbre.seconds(60) / timbre.seconds(84)
    ([64000, 64000, 64000], 2.0)
    """

    attack: float = 0.01  #: seconds to full level
    decay: float = 0.0  #: seconds to fall by 60 dB while held, at middle C; 0 for a tone that does not die away
    release: float = 0.1  #: seconds to fall by 60 dB once the key is up
    vibrato: float = 0.0  #: depth in cents
    tremolo: float = 0.0  #: depth in dB
    rate: float = 5.0  #: of vibrato and tremolo, in hertz
    noise: float = -90.0  #: RMS of the breath or bow noise in dB against the tone's peak; none below -80
    level: float = -3.0  #: peak in dBFS at velocity 127

    @abstractmethod
    def tone(self, pitch: int, brightness: float, rng: np.random.Generator) -> Tensor:
        """The sound before envelope and level, float32 ``[64000]``, darker the nearer ``brightness`` is to 0."""

    def cents(self) -> Tensor | None:
        """Vibrato, which sets in over half a second: deviation of the pitch ``[64000]``, or none."""
        return LFO(self.rate, self.vibrato, delay=0.5).curve() if self.vibrato else None

    def seconds(self, pitch: int) -> float:
        """``decay`` at ``pitch``: half as long two octaves up."""
        return self.decay * 2 ** ((60 - pitch) / 24)

    def envelope(self, pitch: int) -> Tensor:
        """Amplitude ``[64000]``, with tremolo."""
        dying = self.decay > 0
        adsr = ADSR(max(self.attack, 1e-3), self.seconds(pitch), -math.inf if dying else 0.0, self.release)
        shape = adsr.curve()
        return shape * to_gain(LFO(self.rate, self.tremolo / 2).curve() - self.tremolo / 2) if self.tremolo else shape


@dataclass(frozen=True, kw_only=True)
class Additive(Timbre):
    """Harmonic partials along a slope and under formants.

    >>> [round(float(Additive(slope=slope).levels(60, brightness=1.0)[1]), 1) for slope in (-3.0, -12.0)]
    [-3.0, -12.0]
    """

    slope: float = -6.0  #: of the spectrum, dB per octave above the fundamental
    even: float = 0.0  #: level of even partials in dB
    formant: float = 0.0  #: centre of a resonance in hertz; 0 for none
    second_formant: float = 0.0  #: centre of another, 6 dB weaker
    opening: float = 0.0  #: how much darker it begins than it goes on, in dB per octave

    def levels(self, pitch: int, brightness: float, cents: float = 0.0) -> Tensor:
        """Of the partials, in dB, ``[partials]``."""
        f0 = midi_to_hz(pitch)
        k = torch.arange(1, partials_below_nyquist(f0, cents) + 1)
        octaves = torch.log2(k)
        db = (self.slope - VELOCITY_SLOPE_DB * (1 - brightness)) * octaves + self.even * (k % 2 == 0)
        for centre, gain in ((self.formant, 18.0), (self.second_formant, 12.0)):
            if centre:
                db = db + gain / (1 + (torch.log2(k * f0 / centre) / 0.4).square())
        return db

    def tone(self, pitch: int, brightness: float, rng: np.random.Generator) -> Tensor:
        db = self.levels(pitch, brightness, self.vibrato)
        if self.opening:
            closed = (1 - torch.linspace(0, 4, _STEPS) / (2 * self.attack)).clamp(min=0)
            db = db[:, None] - self.opening * torch.log2(torch.arange(1, len(db) + 1))[:, None] * closed
        turns = torch.from_numpy(rng.uniform(size=len(db))).float().reshape(-1, *[1] * (db.dim() - 1))
        partials = torch.polar(to_gain(db), (2 * math.pi * turns).expand_as(db))
        return wavetable(cycles(midi_to_hz(pitch), self.cents()), partials)


@dataclass(frozen=True, kw_only=True)
class Modal(Timbre):
    """Something struck: modes that ring at frequencies of their own and die away, the upper ones sooner.

    >>> [round(float(ratio), 2) for ratio in Modal(inharmonicity=1.0).ratios()[:3]]
    [1.0, 3.16, 6.71]
    """

    decay: float = 6.0  #: seconds in which the lowest mode falls by 60 dB, at middle C
    slope: float = -8.0  #: of the spectrum, dB per octave above the lowest mode
    damping: float = 0.5  #: mode at ratio r dies r**damping times as fast as the lowest
    inharmonicity: float = 0.0  #: B of a stiff string's f_k = k f0 sqrt((1 + B k²) / (1 + B))
    overtone: float = 0.0  #: of a bar: its second mode over its first, 2.76 if even, 4 as a marimba's; 0 is a string

    def ratios(self) -> Tensor:
        """Frequencies of the modes over the lowest, float64 ``[96]`` (Fletcher and Rossing 1998, chapters 2 and 12)."""
        k = torch.arange(1, 97, dtype=torch.float64)
        if self.overtone:
            return ((2 * k + 1) / 3) ** (math.log(self.overtone) / math.log(5 / 3))  # square for an even bar
        b = self.inharmonicity
        return k * torch.sqrt((1 + b * k.square()) / (1 + b))

    def tone(self, pitch: int, brightness: float, rng: np.random.Generator) -> Tensor:
        require(self.decay > 0, "decay", self.decay, "longer than 0 seconds, since what is struck dies away")
        ratios = self.ratios()
        ratios = ratios[ratios * midi_to_hz(pitch) < CEILING]
        db = (self.slope - VELOCITY_SLOPE_DB * (1 - brightness)) * torch.log2(ratios)
        sooner = (ratios**self.damping - 1) * (-60 / self.seconds(pitch))  # dB per second
        fall = sooner[:, None] * torch.linspace(0, 4, 8 * _STEPS)
        phases = torch.from_numpy(rng.uniform(size=len(ratios)))
        return additive_tone(ratios * midi_to_hz(pitch), to_gain((db[:, None] + fall).float()), phases)


@dataclass(frozen=True, kw_only=True)
class Subtractive(Timbre):
    """An oscillator, or two out of tune, through a resonant low-pass filter with a contour.

    >>> synthesise(Subtractive(wave=1.0, cutoff=800.0, resonance=12.0), 48, 100).shape
    torch.Size([64000])
    """

    wave: float = 0.0  #: 0-1 saw, 1-2 square, 2-3 pulse
    width: float = 0.3  #: of a pulse
    cutoff: float = 2000.0  #: in hertz at middle C and velocity 127; follows half the pitch
    resonance: float = 0.0  #: gain at the cutoff in dB
    contour: float = 0.0  #: octaves by which the cutoff begins higher
    settle: float = 0.5  #: time constant in seconds with which it comes down
    detune: float = 0.0  #: cents between two oscillators

    def tone(self, pitch: int, brightness: float, rng: np.random.Generator) -> Tensor:
        f0 = midi_to_hz(pitch)
        shape = WAVES[min(int(self.wave), 2)]
        octaves = self.contour * torch.exp(torch.linspace(0, -4, _STEPS) / self.settle)
        settled = self.cutoff * math.sqrt(f0 / MIDDLE_C) * 2 ** (-2 * (1 - brightness))
        cutoff = (settled * torch.exp2(octaves)).clamp(min=f0)
        track = cutoff if self.contour else cutoff[:1]
        return subtractive_tone(f0, shape, track, self.resonance, "lowpass", self.width, self.detune, self.cents())


@dataclass(frozen=True, kw_only=True)
class FM(Timbre):
    """A carrier and two modulators side by side.

    >>> synthesise(FM(ratio=1.0, index=3.0), 60, 100).shape
    torch.Size([64000])
    """

    ratio: float = 1.0  #: first modulator's frequency over the carrier's
    index: float = 2.0  #: its index in radians at velocity 127
    upper_ratio: float = 1.0  #: the second modulator's
    upper_index: float = 0.0
    fading: float = 0.0  #: seconds in which both indices would fall by 60 dB; 0 keeps them

    def tone(self, pitch: int, brightness: float, rng: np.random.Generator) -> Tensor:
        falling = ADSR(self.attack, self.fading, -math.inf if self.fading else 0.0, release=2.0)
        strength = 0.05 + 0.95 * brightness
        pairs = [(self.ratio, self.index), (self.upper_ratio, self.upper_index)]
        modulators = tuple(Operator(ratio, index * strength, falling) for ratio, index in pairs if index)
        return fm_tone(midi_to_hz(pitch), [Operator(modulators=modulators)], self.cents())


@dataclass(frozen=True, kw_only=True)
class Granular(Additive):
    """Grains of an additive tone: many of one kind, never together.

    >>> synthesise(Granular(density=40.0, length=0.2), 60, 100).shape
    torch.Size([64000])
    """

    density: float = 80.0  #: grains a second
    length: float = 0.1  #: of a grain in seconds, at middle C and above; longer below
    spread: float = 8.0  #: standard deviation of the grains' pitch in cents

    def tone(self, pitch: int, brightness: float, rng: np.random.Generator) -> Tensor:
        db = self.levels(pitch, brightness, 3 * self.spread)
        steady = cycles(midi_to_hz(pitch), samples=SAMPLE_RATE)
        phases = torch.from_numpy(rng.uniform(0, 2 * np.pi, len(db))).float()
        source = wavetable(steady, torch.polar(to_gain(db), phases))
        length = self.length * max(1.0, math.sqrt(MIDDLE_C / midi_to_hz(pitch)))
        return granular_tone(source, self.density, length, 1.0, self.spread, rng)


@dataclass(frozen=True, kw_only=True)
class Plucked(Timbre):
    """A string that is plucked.

    >>> synthesise(Plucked(decay=3.0), 57, 100).shape
    torch.Size([64000])
    """

    decay: float = 6.0  #: seconds in which the string's lowest partials fall by 60 dB, at middle C
    high_decay: float = 0.3  #: seconds in which the highest partials fall by 60 dB
    position: float = 0.2  #: where it is plucked, as part of its length
    cutoff: float = 5000.0  #: of the pluck at velocity 127, in hertz

    def envelope(self, pitch: int) -> Tensor:
        return ADSR(max(self.attack, 1e-3), release=self.release).curve()

    def tone(self, pitch: int, brightness: float, rng: np.random.Generator) -> Tensor:
        require(self.decay > 0, "decay", self.decay, "longer than 0 seconds, since what is plucked dies away")
        seconds = self.seconds(pitch)
        cutoff = self.cutoff * 2 ** (-4 * (1 - brightness))
        return plucked_tone(midi_to_hz(pitch), seconds, min(self.high_decay, seconds), self.position, cutoff, rng)


@dataclass(frozen=True, kw_only=True)
class Spectral(Additive):
    """A spectral model drawn by hand: partials that waver a little each by itself, and breath in bands.

    >>> synthesise(Spectral(breath=-25.0), 72, 100).shape
    torch.Size([64000])
    """

    waver: float = 1.0  #: standard deviation of each partial's level in dB
    breath: float = -40.0  #: RMS of the breath in dB against the fundamental
    breath_slope: float = -4.0  #: dB per octave away from the second partial
    partials: float = 12.0  #: how many at most

    def tone(self, pitch: int, brightness: float, rng: np.random.Generator) -> Tensor:
        f0 = midi_to_hz(pitch)
        db = self.levels(pitch, brightness, self.vibrato)[: int(self.partials)]
        slow = torch.from_numpy(rng.standard_normal((len(db), 24))).float()
        wavering = torch.nn.functional.interpolate(slow[None], _STEPS, mode="linear", align_corners=True)[0]
        cents = self.cents()
        drift = torch.zeros(_STEPS) if cents is None else cents[:: SAMPLES // 1000]
        frequencies = f0 * torch.arange(1, len(db) + 1)[:, None] * torch.exp2(drift / 1200)
        level = self.breath + 6 * (brightness - 1)
        bands = breath_bands(pitch, self.breath_slope)[:, None] + level
        return SpectralModel(frequencies, to_gain(db[:, None] + self.waver * wavering), bands).resynthesise(
            seed=int(rng.integers(2**31))
        )


def breath_bands(pitch: int, slope: float) -> Tensor:
    """Levels in dB ``[BANDS]`` of noise around an octave above the note, ``slope`` dB an octave around it, RMS 0 dB."""
    edges = band_edges()
    middle = torch.from_numpy((edges[:-1] + edges[1:]) / 2).float()
    db = slope * torch.log2(middle / (2 * midi_to_hz(pitch))).abs()
    return db - 10 * torch.log10(to_gain(2 * db).sum())


def synthesise(timbre: Timbre, pitch: int, velocity: int, seed: int = 0) -> Tensor:
    """One note, float32 ``[64000]`` in [-1, 1], the same for the same arguments.

    Args:
        timbre: the instrument.
        pitch: MIDI number, 0-110.
        velocity: 1-127; level follows 20 log10(velocity / 127) dB, brightness follows linearly.
        seed: of phases, grains, plucks and noise.

    Raises:
        UsageError: for a pitch or velocity out of range.

    >>> loud, soft = (synthesise(Additive(), 60, velocity) for velocity in (127, 25))
    >>> bool(loud.abs().max() > soft.abs().max())
    True
    """
    require(0 <= pitch <= 110, "pitch", pitch, "a MIDI number from 0 to 110")
    require(1 <= velocity <= 127, "velocity", velocity, "from 1 to 127")
    with one_thread():
        rng = np.random.default_rng([seed, pitch])
        tone = timbre.tone(pitch, velocity / 127, rng)
        if timbre.noise >= -80:
            tone = tone + 10 ** (timbre.noise / 20) * tone.abs().max() * shaped_noise(breath_bands(pitch, -6.0), rng)
        sound = tone * timbre.envelope(pitch)
        fade = round(FADE * SAMPLE_RATE)
        sound[-fade:] *= torch.cos(torch.linspace(0, math.pi / 2, fade)).square()
        sound[-1] = 0
        return at_peak(sound, timbre.level) * (velocity / 127)
