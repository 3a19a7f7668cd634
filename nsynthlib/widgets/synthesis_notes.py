"""Notes of the synthesis explorers: what each way of synthesis computes of its settings.

Each note is made of functions of :mod:`nsynthlib.synthesis`; in a page ``web/dsp/synthesis/notes.mjs`` makes the same.
What is left to chance is drawn from one generator that both languages have. A reader's own sound is what grains are cut
from and what is taken apart; beside the other ways, which start from no sound, it is something to aim at.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import traitlets
from torch import Tensor

from nsynthlib.audio.encoding import to_pcm16
from nsynthlib.audio.format import SAMPLE_RATE, SAMPLES
from nsynthlib.audio.pitch import midi_to_hz
from nsynthlib.constants import CONSTANTS
from nsynthlib.data import pocket
from nsynthlib.shared_random import SharedRandom
from nsynthlib.spectral import STFT, stft, to_db
from nsynthlib.spectral.phase import OnStep
from nsynthlib.synthesis import (
    ADSR,
    LFO,
    Operator,
    additive_tone,
    filter_response,
    fm_tone,
    granular_tone,
    partials_below_nyquist,
    plucked_tone,
    to_gain,
    waveform,
)
from nsynthlib.synthesis.additive import CEILING
from nsynthlib.synthesis.harmonics import take_apart
from nsynthlib.synthesis.timbre import VELOCITY_SLOPE_DB
from nsynthlib.widgets.base import ExplorerWidget, Settings, level_cells, spectrogram
from nsynthlib.widgets.modules import WEB, one_file
from nsynthlib.widgets.settings import Choice, Real, Whole, setting

_SHARED = CONSTANTS["synthesis"]
LIMITS: dict[str, list[float]] = CONSTANTS["envelope"]  # of each part of the envelope
ENVELOPE = tuple(LIMITS)
PITCHES = (36, 84)  # lowest and highest, as MIDI numbers
VELOCITIES = (1, 127)
TRANSFORM = STFT(_SHARED["n_fft"], _SHARED["hop_length"])
WAVES = tuple(CONSTANTS["choices"]["wave"])
PEAK = 10 ** (_SHARED["peak_db"] / 20)  # of a note at velocity 127
TURN = (math.sqrt(5) - 1) / 2  # partials begin at multiples of this part of a period, so that no two begin alike
HIGH_DECAY: float = _SHARED["high_decay"]  # seconds in which a plucked string's highest partials fall by 60 dB
PULSE_WIDTH: float = _SHARED["pulse_width"]
ANALYSED = _SHARED["analysed_velocity"] / 127  # velocity of the analysed note


def number(name: str, unit: str, value: float, low: float, high: float, step: float = 0, shown: str = ".2f") -> Any:
    """A setting in ``unit``: a slider from ``low`` to ``high``, along the logarithm where there is no ``step``."""
    slider = {"min": low, "max": high, "step": step, "readout_format": shown}
    return setting(Real(low, high, value), label=[name, unit], slider=slider)


class NoteWidget(ExplorerWidget):
    """A note of some settings. A subclass is a way of synthesis: its settings and the tone that they make."""

    _esm = one_file(WEB / "views/note.mjs")
    _css: Any = "".join((WEB / f"page/{name}.css").read_text("utf-8") for name in ("explorer", "envelope", "keyboard"))
    method = ""
    start = ADSR(0.01, 2.0, -6.0, 0.2)  # the envelope at first

    pitch = setting(Whole(*PITCHES, 60))
    velocity = setting(Whole(*VELOCITIES, 100))
    attack = setting(Real(*LIMITS["attack"]))
    decay = setting(Real(*LIMITS["decay"]))
    sustain = setting(Real(*LIMITS["sustain"]))
    release = setting(Real(*LIMITS["release"]))
    way = setting(traitlets.Unicode())
    labels = setting(traitlets.Dict())  # of the way's own settings: name and unit

    def __init__(self, **traits: Any) -> None:
        own = {name: trait for name, trait in vars(type(self)).items() if isinstance(trait, traitlets.TraitType)}
        envelope = {name: getattr(self.start, name) for name in ENVELOPE}
        labels = {name: trait.metadata["label"] for name, trait in own.items()}
        super().__init__(kind="note", labels=labels, way=self.method, **envelope, **traits)

    def __repr__(self) -> str:
        return f"NoteWidget({self.way})"

    def tone(self, s: Settings, f0: float, brightness: float, source: Tensor) -> Tensor:
        """The sound before envelope and level ``[64000]``, darker the nearer ``brightness`` is to 0.

        ``source`` is a reader's own sound, or the sound that came with the explorer; empty where there is neither.
        """
        raise NotImplementedError

    def sound(self, settings: Settings, source: Tensor | None = None) -> Tensor:
        source = self.source_of((), settings) if source is None else source
        tone = self.tone(settings, midi_to_hz(settings["pitch"]), settings["velocity"] / 127, source)
        note = tone * ADSR(**{name: settings[name] for name in ENVELOPE}).curve()
        return note * (PEAK * settings["velocity"] / 127 / note.abs().max().clamp(min=1e-9))

    def figure(self, settings: Settings, note: Tensor) -> dict[str, Any]:
        return self.comparison(self.sound(settings, note))

    def comparison(self, note: Tensor) -> dict[str, Any]:
        db = to_db(stft(note.float(), TRANSFORM).abs(), TRANSFORM)
        return spectrogram(level_cells(db), TRANSFORM.hop_length / self.sample_rate)

    def audio(self, want: str, settings: Settings, note: Tensor, on_step: OnStep | None = None) -> tuple[Tensor, int]:
        return (note if want == "original" else self.sound(settings, note)), self.sample_rate


def _slope(slope: float, brightness: float) -> float:
    """Decibels an octave at a velocity."""
    return slope - VELOCITY_SLOPE_DB * (1 - brightness)


def _sum(frequencies: Tensor, db: Tensor, samples: int = SAMPLES) -> Tensor:
    """Partials of levels ``[partials]`` or ``[partials, breakpoints]``, each begun at a moment of its own."""
    turns = torch.arange(1, len(db) + 1, dtype=torch.float64) * TURN
    return additive_tone(frequencies[:, None], to_gain(db.reshape(len(db), -1)), turns, samples)


class AdditiveWidget(NoteWidget):
    method = "additive"
    slope = number("Slope", "dB/oct", -6, -24, 0, 1, ".0f")
    even = number("Even level", "dB", 0, -40, 12, 1, ".0f")
    inharmonicity = number("Inharmonicity", "", 0, 0, 0.005, 1e-4, ".4f")

    def tone(self, s: Settings, f0: float, brightness: float, source: Tensor) -> Tensor:
        k = torch.arange(1, partials_below_nyquist(f0) + 1, dtype=torch.float64)
        b = s["inharmonicity"]
        db = _slope(s["slope"], brightness) * torch.log2(k) + s["even"] * (k % 2 == 0)
        return _sum(f0 * k * torch.sqrt((1 + b * k.square()) / (1 + b)), db)


class SubtractiveWidget(NoteWidget):
    method = "subtractive"
    wave = setting(Choice(WAVES), label=["Wave", ""])
    cutoff = number("Cutoff", "Hz", 1000, 100, 8000, shown=".0f")
    resonance = number("Resonance", "dB", 12, 0, 24, 1, ".0f")
    rate = number("LFO rate", "Hz", 1.5, 0.25, 8, 0.25)
    depth = number("LFO depth", "oct", 1, 0, 3, 0.1, ".1f")

    def tone(self, s: Settings, f0: float, brightness: float, source: Tensor) -> Tensor:
        """Partials of the wave, each times the filter's response there; real ones are sines, imaginary ones cosines."""
        octaves = LFO(s["rate"], s["depth"]).curve(501, 125) - 2 * (1 - brightness)
        k = torch.arange(1, partials_below_nyquist(f0) + 1)
        response = filter_response(f0 * k[:, None], s["cutoff"] * torch.exp2(octaves), s["resonance"])
        partials = waveform(s["wave"], len(k), PULSE_WIDTH)[:, None] * response
        hertz = (f0 * k.double())[:, None]
        return additive_tone(hertz, partials.real) + additive_tone(hertz, partials.imag, torch.full((len(k),), 0.25))


class FMWidget(NoteWidget):
    method = "fm"
    ratio = number("Ratio", "", 2, 0.5, 8, 0.25)
    index = number("Index", "rad", 3, 0, 12, 0.1, ".1f")
    fading = number("Index decay", "s", 3, 0.1, 10)

    def tone(self, s: Settings, f0: float, brightness: float, source: Tensor) -> Tensor:
        falling = ADSR(0.001, s["fading"], -math.inf, release=10.0)
        modulator = Operator(s["ratio"], s["index"] * (0.05 + 0.95 * brightness), falling)
        return fm_tone(f0, [Operator(modulators=(modulator,))])


class GranularWidget(NoteWidget):
    method = "granular"
    of_example = ("pitch",)  # a reader's own sound keeps its own
    start = ADSR(0.2, 2.0, 0.0, 0.5)
    length = number("Length", "ms", 80, 10, 300, shown=".0f")
    density = number("Density", "/s", 30, 5, 200, shown=".0f")
    jitter = number("Jitter", "", 0.5, 0, 1, 0.05)

    def tone(self, s: Settings, f0: float, brightness: float, source: Tensor) -> Tensor:
        cloud = s["density"], s["length"] / 1000, s["jitter"]
        return granular_tone(
            _longer(source) if len(source) else self._rising(f0, brightness), *cloud, rng=SharedRandom()
        )

    def _rising(self, f0: float, brightness: float) -> Tensor:
        """One second of a tone whose formant rises from 300 Hz to 4.8 kHz."""
        k = torch.arange(1, partials_below_nyquist(f0) + 1, dtype=torch.float64)
        centre = 300 * torch.exp2(torch.linspace(0, 4, 51, dtype=torch.float64))
        formant = 24 / (1 + (torch.log2(f0 * k[:, None] / centre) / 0.3).square())
        db = _slope(-6, brightness) * torch.log2(k)[:, None] + formant
        return _sum(f0 * k, db, SAMPLE_RATE)


def _longer(source: Tensor) -> Tensor:
    """``source``, over and over if it is shorter than a second: longer than any grain."""
    return source.repeat(-(-SAMPLE_RATE // len(source))) if len(source) < SAMPLE_RATE else source


class PluckedWidget(NoteWidget):
    method = "plucked"
    start = ADSR(0.001, 8.0, -6.0, 0.15)
    ringing = number("String decay", "s", 4, 0.1, 20)
    cutoff = number("Brightness", "Hz", 4000, 250, 8000, shown=".0f")
    position = number("Pluck position", "", 0.2, 0.04, 0.5, 0.02)

    def tone(self, s: Settings, f0: float, brightness: float, source: Tensor) -> Tensor:
        cutoff = s["cutoff"] * 2 ** (-4 * (1 - brightness))
        high = min(HIGH_DECAY, s["ringing"])
        return plucked_tone(f0, s["ringing"], high, s["position"], cutoff, SharedRandom())


class SpectralWidget(NoteWidget):
    """A flute note, or a reader's own, taken apart into harmonics and what is left."""

    method = "spectral"
    start = ADSR(0.001, 2.0, 0.0, 0.2)
    noise = number("Noise", "dB", -20, -60, 30, 1, ".0f")
    shift = number("Shift", "Hz", 0, -200, 400, 5, ".0f")
    stretch = number("Stretch", "", 1, 0.8, 1.2, 0.01)

    def __init__(self) -> None:
        [flute] = pocket().filter(instrument="flute_acoustic_073", pitch=64, velocity=100)
        super().__init__(note=to_pcm16(flute.audio.numpy()).tobytes())

    def tone(self, s: Settings, f0: float, brightness: float, source: Tensor) -> Tensor:
        db, breath = take_apart(source)
        k = torch.arange(1, len(db) + 1, dtype=torch.float64)
        db = db + VELOCITY_SLOPE_DB * (brightness - ANALYSED) * torch.log2(k)[:, None]
        hertz = f0 * k ** s["stretch"] + s["shift"]
        heard = (hertz > 0) & (hertz < CEILING)
        sines = _sum(hertz.clamp(min=0), torch.where(heard[:, None], db, -300.0))
        return _unit(sines) + to_gain(torch.tensor(s["noise"])) * _unit(breath)


def _unit(sound: Tensor) -> Tensor:
    """``sound`` at an RMS of 1."""
    return sound / sound.square().mean().sqrt().clamp(min=1e-9)


WAYS: dict[str, type[NoteWidget]] = {
    way.method: way
    for way in (AdditiveWidget, SubtractiveWidget, FMWidget, GranularWidget, PluckedWidget, SpectralWidget)
}
