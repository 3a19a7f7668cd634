"""Explorers of the ways of synthesis: a note, its envelope to be dragged, and its spectrogram below.

Each note is made of functions of :mod:`nsynthlib.synthesis`; in a page ``web/synthesis/notes.mjs`` makes the same ones.
What is left to chance is drawn from one generator that both languages have. A reader's own sound is what grains are cut
from and what is taken apart; beside the other ways, which start from no sound, it is something to aim at.
"""

from __future__ import annotations

import math
from typing import Any

import ipywidgets
import numpy as np
import torch
import traitlets
from torch import Tensor

from nsynthlib.data import SAMPLE_RATE, SAMPLES, pocket
from nsynthlib.pitch import midi_to_hz
from nsynthlib.spectral import STFT, stft, to_db
from nsynthlib.synthesis import (
    ADSR,
    LFO,
    Operator,
    additive,
    filter_response,
    fm,
    granular,
    partials_below_nyquist,
    plucked,
    to_gain,
    waveform,
)
from nsynthlib.synthesis.additive import CEILING
from nsynthlib.synthesis.timbre import DARKER
from nsynthlib.widgets.controls import _STYLE, _WIDE, _choice, _Explorer
from nsynthlib.widgets.encoding import to_int16
from nsynthlib.widgets.explorers import Explorer, Settings, level_cells, setting, spectrogram
from nsynthlib.widgets.harmonics import take_apart
from nsynthlib.widgets.modules import WEB, one_file
from nsynthlib.widgets.sampling import uniform

ENVELOPE = ("attack", "decay", "sustain", "release")
PICTURE = STFT(1024, 256)
WAVES = ("saw", "square", "triangle", "pulse")
PEAK = 10 ** (-3 / 20)  # of a note at velocity 127
TURN = (math.sqrt(5) - 1) / 2  # partials begin at multiples of this part of a period, so that no two begin alike
HIGH_DECAY = 0.3  # seconds in which a plucked string's highest partials fall by 60 dB
RECORDED = 100 / 127  # velocity of the analysed note


class SharedRandom(np.random.Generator):
    """Draws what ``makeRandom(0)`` in ``web/phase.mjs`` draws: the same numbers in both languages."""

    def __init__(self) -> None:
        super().__init__(np.random.PCG64(0))
        self._drawn = 0

    def _draw(self, size: int) -> np.ndarray:
        self._drawn += size
        return uniform(self._drawn)[-size:]

    def uniform(self, low: float = 0.0, high: float = 1.0, size: int = 1) -> np.ndarray:  # type: ignore[override]
        return low + (high - low) * self._draw(size)

    def integers(self, low: int, size: int) -> np.ndarray:  # type: ignore[override]
        return np.floor(low * self._draw(size)).astype(np.int64)


def _number(name: str, unit: str, value: float, low: float, high: float, step: float = 0, shown: str = ".2f") -> Any:
    """A setting in ``unit``: a slider from ``low`` to ``high``, along the logarithm where there is no ``step``."""
    slider = {"min": low, "max": high, "step": step, "readout_format": shown}
    return setting(traitlets.Float(value), label=[name, unit], slider=slider)


class NotePicture(Explorer):
    """A note of some settings. A subclass is a way of synthesis: its settings and the tone that they make."""

    _esm = one_file(WEB / "synthesis" / "note_view.mjs")
    _css: Any = "".join((WEB / name).read_text(encoding="utf-8") for name in ("explorer.css", "synthesis/envelope.css"))
    method = ""
    start = ADSR(0.01, 2.0, -6.0, 0.2)  # the envelope at first

    pitch = setting(traitlets.Int(60))
    velocity = setting(traitlets.Int(100))
    attack = setting(traitlets.Float())
    decay = setting(traitlets.Float())
    sustain = setting(traitlets.Float())
    release = setting(traitlets.Float())
    way = setting(traitlets.Unicode())
    labels = setting(traitlets.Dict())  # of the way's own settings: name and unit

    def __init__(self, **traits: Any) -> None:
        own = {name: trait for name, trait in vars(type(self)).items() if isinstance(trait, traitlets.TraitType)}
        envelope = {name: getattr(self.start, name) for name in ENVELOPE}
        labels = {name: trait.metadata["label"] for name, trait in own.items()}
        super().__init__(kind="note", labels=labels, way=self.method, **envelope, **traits)

    def __repr__(self) -> str:
        return f"NotePicture({self.way})"

    def tone(self, s: Settings, f0: float, brightness: float, source: Tensor) -> Tensor:
        """The sound before envelope and level ``[64000]``, darker the nearer ``brightness`` is to 0.

        ``source`` is a reader's own sound, or the sound that came with the explorer; empty where there is neither.
        """
        raise NotImplementedError

    def sound(self, settings: Settings, source: Tensor | None = None) -> Tensor:
        source = self._heard(()) if source is None else source
        tone = self.tone(settings, midi_to_hz(settings["pitch"]), settings["velocity"] / 127, source)
        note = tone * ADSR(**{name: settings[name] for name in ENVELOPE}).curve()
        return note * (PEAK * settings["velocity"] / 127 / note.abs().max().clamp(min=1e-9))

    def drawn(self, settings: Settings, note: Tensor) -> dict[str, Any]:
        return self.compared(self.sound(settings, note))

    def compared(self, note: Tensor) -> dict[str, Any]:
        db = to_db(stft(note.float(), PICTURE).abs(), PICTURE)
        return spectrogram(level_cells(db), PICTURE.hop_length / self.sample_rate)

    def played(self, want: str, settings: Settings, note: Tensor) -> tuple[Tensor, int]:
        return (note if want == "original" else self.sound(settings, note)), self.sample_rate


def _slope(slope: float, brightness: float) -> float:
    """Decibels an octave at a velocity."""
    return slope - DARKER * (1 - brightness)


def _sum(frequencies: Tensor, db: Tensor, samples: int = SAMPLES) -> Tensor:
    """Partials of levels ``[partials]`` or ``[partials, breakpoints]``, each begun at a moment of its own."""
    turns = torch.arange(1, len(db) + 1, dtype=torch.float64) * TURN
    return additive(frequencies[:, None], to_gain(db.reshape(len(db), -1)), turns, samples)


class AdditivePicture(NotePicture):
    method = "additive"
    slope = _number("Slope", "dB/oct", -6, -24, 0, 1, ".0f")
    even = _number("Even level", "dB", 0, -40, 12, 1, ".0f")
    inharmonicity = _number("Inharmonicity", "", 0, 0, 0.005, 1e-4, ".4f")

    def tone(self, s: Settings, f0: float, brightness: float, source: Tensor) -> Tensor:
        k = torch.arange(1, partials_below_nyquist(f0) + 1, dtype=torch.float64)
        b = s["inharmonicity"]
        db = _slope(s["slope"], brightness) * torch.log2(k) + s["even"] * (k % 2 == 0)
        return _sum(f0 * k * torch.sqrt((1 + b * k.square()) / (1 + b)), db)


class SubtractivePicture(NotePicture):
    method = "subtractive"
    wave = setting(traitlets.Int(0), values=list(WAVES), label=["Wave", ""])
    cutoff = _number("Cutoff", "Hz", 1000, 100, 8000, shown=".0f")
    resonance = _number("Resonance", "dB", 12, 0, 24, 1, ".0f")
    rate = _number("LFO rate", "Hz", 1.5, 0.25, 8, 0.25)
    depth = _number("LFO depth", "oct", 1, 0, 3, 0.1, ".1f")

    def tone(self, s: Settings, f0: float, brightness: float, source: Tensor) -> Tensor:
        """Partials of the wave, each times the filter's response there; real ones are sines, imaginary ones cosines."""
        octaves = LFO(s["rate"], s["depth"]).curve(501, 125) - 2 * (1 - brightness)
        k = torch.arange(1, partials_below_nyquist(f0) + 1)
        response = filter_response(f0 * k[:, None], s["cutoff"] * torch.exp2(octaves), s["resonance"])
        partials = waveform(s["wave"], len(k), 0.25)[:, None] * response
        hertz = (f0 * k.double())[:, None]
        return additive(hertz, partials.real) + additive(hertz, partials.imag, torch.full((len(k),), 0.25))


class FMPicture(NotePicture):
    method = "fm"
    ratio = _number("Ratio", "", 2, 0.5, 8, 0.25)
    index = _number("Index", "rad", 3, 0, 12, 0.1, ".1f")
    fading = _number("Index decay", "s", 3, 0.1, 10)

    def tone(self, s: Settings, f0: float, brightness: float, source: Tensor) -> Tensor:
        falling = ADSR(0.001, s["fading"], -math.inf, release=10.0)
        modulator = Operator(s["ratio"], s["index"] * (0.05 + 0.95 * brightness), falling)
        return fm(f0, [Operator(modulators=(modulator,))])


class GranularPicture(NotePicture):
    method = "granular"
    of_example = ("pitch",)  # a reader's own sound keeps its own
    start = ADSR(0.2, 2.0, 0.0, 0.5)
    length = _number("Length", "ms", 80, 10, 300, shown=".0f")
    density = _number("Density", "/s", 30, 5, 200, shown=".0f")
    jitter = _number("Jitter", "", 0.5, 0, 1, 0.05)

    def tone(self, s: Settings, f0: float, brightness: float, source: Tensor) -> Tensor:
        cloud = s["density"], s["length"] / 1000, s["jitter"]
        return granular(_longer(source) if len(source) else self._rising(f0, brightness), *cloud, rng=SharedRandom())

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


class PluckedPicture(NotePicture):
    method = "plucked"
    start = ADSR(0.001, 8.0, -6.0, 0.15)
    ringing = _number("String decay", "s", 4, 0.1, 20)
    cutoff = _number("Brightness", "Hz", 4000, 250, 8000, shown=".0f")
    position = _number("Pluck position", "", 0.2, 0.04, 0.5, 0.02)

    def tone(self, s: Settings, f0: float, brightness: float, source: Tensor) -> Tensor:
        cutoff = s["cutoff"] * 2 ** (-4 * (1 - brightness))
        high = min(HIGH_DECAY, s["ringing"])
        return plucked(f0, s["ringing"], high, s["position"], cutoff, SharedRandom())


class SpectralPicture(NotePicture):
    """A flute note, or a reader's own, taken apart into harmonics and what is left."""

    method = "spectral"
    start = ADSR(0.001, 2.0, 0.0, 0.2)
    noise = _number("Noise", "dB", -20, -60, 30, 1, ".0f")
    shift = _number("Shift", "Hz", 0, -200, 400, 5, ".0f")
    stretch = _number("Stretch", "", 1, 0.8, 1.2, 0.01)

    def __init__(self) -> None:
        [flute] = pocket().filter(instrument="flute_acoustic_073", pitch=64, velocity=100)
        super().__init__(note=to_int16(flute.audio.numpy()).tobytes())

    def tone(self, s: Settings, f0: float, brightness: float, source: Tensor) -> Tensor:
        db, breath = take_apart(source)
        k = torch.arange(1, len(db) + 1, dtype=torch.float64)
        db = db + DARKER * (brightness - RECORDED) * torch.log2(k)[:, None]
        hertz = f0 * k ** s["stretch"] + s["shift"]
        heard = (hertz > 0) & (hertz < CEILING)
        sines = _sum(hertz.clamp(min=0), torch.where(heard[:, None], db, -300.0))
        return _unit(sines) + to_gain(torch.tensor(s["noise"])) * _unit(breath)


def _unit(sound: Tensor) -> Tensor:
    """``sound`` at an RMS of 1."""
    return sound / sound.square().mean().sqrt().clamp(min=1e-9)


class SynthesisExplorer(_Explorer):
    """Made by :func:`synthesis_explorer`."""

    def __init__(self, explorer: NotePicture) -> None:
        look: dict[str, Any] = {"style": _STYLE, "layout": _WIDE}
        controls = {name: _control(explorer, name) for name in explorer.labels}
        controls["pitch"] = ipywidgets.IntSlider(explorer.pitch, 36, 84, description="Pitch (MIDI)", **look)
        controls["velocity"] = ipywidgets.IntSlider(explorer.velocity, 1, 127, description="Velocity", **look)
        super().__init__(controls, explorer)

    def __repr__(self) -> str:
        return f"SynthesisExplorer({self.explorer.way}: {', '.join(self.explorer.labels)})"


def _control(explorer: NotePicture, name: str) -> ipywidgets.Widget:
    """The slider or the list of one of a way's own settings."""
    words, unit = explorer.labels[name]
    value = getattr(explorer, name)
    if name in explorer.choices:
        return _choice(words, explorer.choices[name], value, slider=False)
    slider = explorer.traits()[name].metadata["slider"]
    look = {"description": f"{words} ({unit})" if unit else words, "style": _STYLE, "layout": _WIDE}
    if slider["step"]:
        return ipywidgets.FloatSlider(value, **slider, **look)
    ends = {end: math.log10(slider[end]) for end in ("min", "max")}
    return ipywidgets.FloatLogSlider(value, **(slider | ends | {"step": 0.02}), **look)


def synthesis_explorer(method: str) -> SynthesisExplorer:
    """A note of one way of synthesis, its settings and its envelope moved by hand; it is seen and heard.

    Args:
        method: additive, subtractive, fm, granular, plucked or spectral.

    Raises:
        ValueError: for another.
    """
    if method not in WAYS:
        raise ValueError(f"method {method!r} is unknown; choose one of {', '.join(WAYS)}")
    return SynthesisExplorer(WAYS[method]())


WAYS: dict[str, type[NotePicture]] = {
    way.method: way
    for way in (AdditivePicture, SubtractivePicture, FMPicture, GranularPicture, PluckedPicture, SpectralPicture)
}
