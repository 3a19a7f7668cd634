"""Notes from formulas: additive synthesis and frequency modulation.

Pitch moves the fundamental; velocity moves level and brightness together, as on a real instrument. The key is held
for three seconds and released for one, like NSynth's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nsynthlib.data import SAMPLE_RATE, SAMPLES
from nsynthlib.pitch import midi_to_hz

HELD = 3.0  # seconds the key is down


@dataclass(frozen=True)
class Timbre:
    """Parameters of one instrument."""

    attack: float  #: seconds to full level
    decay: float  #: seconds to fall by 60 dB at C4 while held; 0 for a tone that does not decay
    release: float  #: seconds to fall by 60 dB once the key is up
    slope: float  #: spectral tilt in dB per octave above the fundamental
    even: float = 0.0  #: level of even partials in dB
    damping: float = 0.0  #: how much faster upper partials decay: exponent of the partial's ratio
    inharmonicity: float = 0.0  #: B of f_k = k f0 sqrt(1 + B k²), stiff strings
    formant: float = 0.0  #: centre of a resonance in hertz; 0 for none
    noise: float = -90.0  #: RMS of the breath or bow noise in dB against the tone's peak
    vibrato: float = 0.0  #: depth in cents
    rate: float = 5.0  #: of vibrato and tremolo, in hertz
    tremolo: float = 0.0  #: depth in dB
    ratio: float = 0.0  #: modulator's frequency over the carrier's; 0 chooses additive synthesis
    index: float = 0.0  #: peak modulation index in radians at the highest velocity
    level: float = -3.0  #: peak in dBFS at the highest velocity


def envelope(timbre: Timbre, pitch: int, time: Tensor) -> Tensor:
    """Amplitude ``[samples]`` over ``time`` in seconds: attack, 60 dB decay while held, 60 dB release."""
    rise = (time / max(timbre.attack, 1e-3)).clamp(max=1).square()
    rate = 6.91 / timbre.decay * 2 ** ((pitch - 60) / 24) if timbre.decay else 0.0  # ln(1000); high notes die sooner
    fall = torch.exp(-rate * time)
    return rise * fall * torch.exp(-6.91 / timbre.release * (time - HELD).clamp(min=0))


def _cycles(timbre: Timbre, pitch: int, time: Tensor) -> Tensor:
    """Phase of the fundamental in cycles, with vibrato that sets in over half a second."""
    f0 = midi_to_hz(pitch)
    depth = f0 * (2 ** (timbre.vibrato / 1200) - 1)
    onset = (time / 0.5).clamp(max=1)
    wobble = -torch.cos(2 * math.pi * timbre.rate * time) / (2 * math.pi * timbre.rate)
    return f0 * time + depth * onset * wobble


def additive(timbre: Timbre, pitch: int, brightness: float, rng: np.random.Generator) -> Tensor:
    """Sum of decaying partials, float64 ``[samples]``, none above 0.98 of the Nyquist frequency.

    ``brightness`` in [0, 1] tilts the spectrum: at 0 it falls 9 dB an octave faster than ``slope``.
    """
    time = torch.arange(SAMPLES, dtype=torch.float64) / SAMPLE_RATE
    f0 = midi_to_hz(pitch)
    k = np.arange(1, 97)
    ratio = k * np.sqrt(1 + timbre.inharmonicity * k**2)
    ratio, k = ratio[ratio * f0 < 0.49 * SAMPLE_RATE], k[ratio * f0 < 0.49 * SAMPLE_RATE]
    db = (timbre.slope - 9 * (1 - brightness)) * np.log2(k)
    db = db + np.where(k % 2 == 0, timbre.even, 0.0)
    if timbre.formant:
        db = db + 18 / (1 + (np.log2(ratio * f0 / timbre.formant) / 0.5) ** 2)
    gains = 10 ** (db / 20)
    phases = rng.uniform(0, 1, len(k))
    cycles = _cycles(timbre, pitch, time)
    damping = 6.91 / timbre.decay * 2 ** ((pitch - 60) / 24) if timbre.decay else 0.0
    out = torch.zeros(SAMPLES, dtype=torch.float64)
    for r, gain, phase in zip(ratio, gains, phases, strict=True):
        if gain < 1e-5 * gains.max():
            continue
        turns = torch.frac(cycles * r + phase).float()
        tone = torch.sin(2 * math.pi * turns).double() * gain
        extra = damping * (r**timbre.damping - 1)
        out += tone * torch.exp(-extra * time) if extra else tone
    return out


def fm(timbre: Timbre, pitch: int, brightness: float) -> Tensor:
    """One modulator on one carrier, float64 ``[samples]`` (Chowning 1973).

    The index follows the loudness, falls with ``brightness``, and is held below the value at which Carson's
    rule, bandwidth = 2 (index + 1) f_m, would reach the Nyquist frequency.
    """
    time = torch.arange(SAMPLES, dtype=torch.float64) / SAMPLE_RATE
    f0 = midi_to_hz(pitch)
    room = (0.47 * SAMPLE_RATE / f0 - 1) / timbre.ratio - 1
    peak = min(timbre.index * (0.35 + 0.65 * brightness), max(room, 0.0))
    shape = torch.exp(-time * (3.0 / timbre.decay if timbre.decay else 0.15)) * (time / max(timbre.attack, 1e-3)).clamp(
        max=1
    )
    cycles = _cycles(timbre, pitch, time)
    modulator = torch.sin(2 * math.pi * torch.frac(cycles * timbre.ratio))
    return torch.sin(2 * math.pi * torch.frac(cycles) + peak * shape * modulator)


def synthesise(timbre: Timbre, pitch: int, velocity: int, seed: int = 0) -> Tensor:
    """One note, float32 ``[64000]`` in [-1, 1], the same for the same arguments.

    Args:
        timbre: the instrument.
        pitch: MIDI number, 0-127.
        velocity: 1-127; level follows 20 log10(velocity / 127) dB, brightness follows linearly.
        seed: of the partials' phases and of the noise.
    """
    rng = np.random.default_rng([seed, pitch, velocity])
    time = torch.arange(SAMPLES, dtype=torch.float64) / SAMPLE_RATE
    brightness = velocity / 127
    tone = fm(timbre, pitch, brightness) if timbre.ratio else additive(timbre, pitch, brightness, rng)
    tone = tone / tone.abs().max()
    hiss = torch.from_numpy(rng.standard_normal(SAMPLES))
    hiss = torch.nn.functional.avg_pool1d(hiss[None], 5, 1, 2, count_include_pad=False)[0]  # a gentle low-pass
    sound = (tone + 10 ** (timbre.noise / 20) * hiss / hiss.std()) * envelope(timbre, pitch, time)
    if timbre.tremolo:
        sound = sound * 10 ** (timbre.tremolo * (torch.sin(2 * math.pi * timbre.rate * time) - 1) / 40)
    peak = 10 ** (timbre.level / 20) * velocity / 127
    return (sound / sound.abs().max() * peak).float()
