"""Explorers of the ways of synthesis: a note, its envelope to be dragged, and its spectrogram below.

Each note is made of functions of :mod:`nsynthlib.synthesis`; in a page ``web/synthesis/notes.mjs`` makes the same ones.
What is left to chance is drawn from one generator that both languages have.
"""

from __future__ import annotations

import math
from functools import cache
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
    analyse,
    filter_response,
    fm,
    granular,
    partials_below_nyquist,
    plucked,
    shaped_noise,
    to_gain,
    waveform,
)
from nsynthlib.synthesis.additive import CEILING
from nsynthlib.synthesis.timbre import DARKER
from nsynthlib.widgets.controls import _STYLE, _WIDE, _choice, _Explorer
from nsynthlib.widgets.encoding import to_int16
from nsynthlib.widgets.explorers import Explorer, Settings
from nsynthlib.widgets.modules import WEB, one_file
from nsynthlib.widgets.sampling import uniform

ENVELOPE = ("attack", "decay", "sustain", "release")
PICTURE = STFT(1024, 256)
WAVES = ("saw", "square", "triangle", "pulse")
PEAK = 10 ** (-3 / 20)  # of a note at velocity 127
TURN = (math.sqrt(5) - 1) / 2  # partials begin at multiples of this part of a period, so that no two begin alike
HIGH_DECAY = 0.3  # seconds in which a plucked string's highest partials fall by 60 dB
RECORDED = 100 / 127  # velocity of the analysed note
BREAKPOINTS = 26  # of an analysed partial, 160 ms apart


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
    return traitlets.Float(value).tag(sync=True, label=[name, unit], slider=slider)


class NotePicture(Explorer):
    """A note of some settings. A subclass is a way of synthesis: its settings and the tone that they make."""

    _esm = one_file(WEB / "synthesis" / "note_view.mjs")
    _css: Any = "".join((WEB / name).read_text(encoding="utf-8") for name in ("explorer.css", "synthesis/envelope.css"))
    method = ""
    start = ADSR(0.01, 2.0, -6.0, 0.2)  # the envelope at first

    pitch = traitlets.Int(60).tag(sync=True)
    velocity = traitlets.Int(100).tag(sync=True)
    attack = traitlets.Float().tag(sync=True)
    decay = traitlets.Float().tag(sync=True)
    sustain = traitlets.Float().tag(sync=True)
    release = traitlets.Float().tag(sync=True)
    way = traitlets.Unicode().tag(sync=True)
    labels = traitlets.Dict().tag(sync=True)  # of the way's own settings: name and unit
    tracks: Any = traitlets.List().tag(sync=True)  # dB of every partial of an analysed note at its breakpoints

    def __init__(self, **traits: Any) -> None:
        own = [name for name, trait in vars(type(self)).items() if isinstance(trait, traitlets.TraitType)]
        envelope = {name: getattr(self.start, name) for name in ENVELOPE}
        labels = {name: self.traits()[name].metadata["label"] for name in own}
        settings = [*own, "pitch", "velocity", *ENVELOPE, "way", "labels", "tracks"]
        super().__init__(kind="note", settings=settings, labels=labels, way=self.method, **envelope, **traits)

    def __repr__(self) -> str:
        return f"NotePicture({self.way})"

    def tone(self, s: Settings, f0: float, brightness: float) -> Tensor:
        """The sound before envelope and level ``[64000]``, darker the nearer ``brightness`` is to 0."""
        raise NotImplementedError

    def sound(self, settings: Settings) -> Tensor:
        tone = self.tone(settings, midi_to_hz(settings["pitch"]), settings["velocity"] / 127)
        note = tone * ADSR(**{name: settings[name] for name in ENVELOPE}).curve()
        return note * (PEAK * settings["velocity"] / 127 / note.abs().max().clamp(min=1e-9))

    def picture(self, settings: Settings) -> tuple[Tensor, int]:
        return to_db(stft(self.sound(settings), PICTURE).abs(), PICTURE), PICTURE.hop_length


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

    def tone(self, s: Settings, f0: float, brightness: float) -> Tensor:
        k = torch.arange(1, partials_below_nyquist(f0) + 1, dtype=torch.float64)
        b = s["inharmonicity"]
        db = _slope(s["slope"], brightness) * torch.log2(k) + s["even"] * (k % 2 == 0)
        return _sum(f0 * k * torch.sqrt((1 + b * k.square()) / (1 + b)), db)


class SubtractivePicture(NotePicture):
    method = "subtractive"
    wave = traitlets.Int(0).tag(sync=True, label=["Wave", ""])
    cutoff = _number("Cutoff", "Hz", 1000, 100, 8000, shown=".0f")
    resonance = _number("Resonance", "dB", 12, 0, 24, 1, ".0f")
    rate = _number("LFO rate", "Hz", 1.5, 0.25, 8, 0.25)
    depth = _number("LFO depth", "oct", 1, 0, 3, 0.1, ".1f")

    def __init__(self) -> None:
        super().__init__(choices={"wave": list(WAVES)})

    def tone(self, s: Settings, f0: float, brightness: float) -> Tensor:
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

    def tone(self, s: Settings, f0: float, brightness: float) -> Tensor:
        falling = ADSR(0.001, s["fading"], -math.inf, release=10.0)
        modulator = Operator(s["ratio"], s["index"] * (0.05 + 0.95 * brightness), falling)
        return fm(f0, [Operator(modulators=(modulator,))])


class GranularPicture(NotePicture):
    method = "granular"
    start = ADSR(0.2, 2.0, 0.0, 0.5)
    length = _number("Length", "ms", 80, 10, 300, shown=".0f")
    density = _number("Density", "/s", 30, 5, 200, shown=".0f")
    jitter = _number("Jitter", "", 0.5, 0, 1, 0.05)

    def tone(self, s: Settings, f0: float, brightness: float) -> Tensor:
        """Grains of one second of a tone whose formant rises from 300 Hz to 4.8 kHz."""
        k = torch.arange(1, partials_below_nyquist(f0) + 1, dtype=torch.float64)
        centre = 300 * torch.exp2(torch.linspace(0, 4, 51, dtype=torch.float64))
        formant = 24 / (1 + (torch.log2(f0 * k[:, None] / centre) / 0.3).square())
        db = _slope(-6, brightness) * torch.log2(k)[:, None] + formant
        source = _sum(f0 * k, db, SAMPLE_RATE)
        return granular(source, s["density"], s["length"] / 1000, s["jitter"], rng=SharedRandom())


class PluckedPicture(NotePicture):
    method = "plucked"
    start = ADSR(0.001, 8.0, -6.0, 0.15)
    ringing = _number("String decay", "s", 4, 0.1, 20)
    cutoff = _number("Brightness", "Hz", 4000, 250, 8000, shown=".0f")
    position = _number("Pluck position", "", 0.2, 0.04, 0.5, 0.02)

    def tone(self, s: Settings, f0: float, brightness: float) -> Tensor:
        cutoff = s["cutoff"] * 2 ** (-4 * (1 - brightness))
        high = min(HIGH_DECAY, s["ringing"])
        return plucked(f0, s["ringing"], high, s["position"], cutoff, SharedRandom())


class SpectralPicture(NotePicture):
    """A flute note taken apart; ``note`` is what its sinusoids leave, ``tracks`` are the sinusoids."""

    method = "spectral"
    start = ADSR(0.001, 2.0, 0.0, 0.2)
    noise = _number("Noise", "dB", -20, -60, 30, 1, ".0f")
    shift = _number("Shift", "Hz", 0, -200, 400, 5, ".0f")
    stretch = _number("Stretch", "", 1, 0.8, 1.2, 0.01)

    def __init__(self) -> None:
        levels, breath = _flute()
        super().__init__(tracks=levels.tolist(), note=to_int16(breath.numpy()).tobytes())

    def tone(self, s: Settings, f0: float, brightness: float) -> Tensor:
        db = torch.tensor(s["tracks"], dtype=torch.float64)
        k = torch.arange(1, len(db) + 1, dtype=torch.float64)
        db = db + DARKER * (brightness - RECORDED) * torch.log2(k)[:, None]
        hertz = f0 * k ** s["stretch"] + s["shift"]
        heard = (hertz > 0) & (hertz < CEILING)
        sines = _sum(hertz.clamp(min=0), torch.where(heard[:, None], db, -300.0))
        breath = torch.from_numpy(np.frombuffer(self.note, "<i2").astype(np.float32))
        return _unit(sines) + 10 ** (s["noise"] / 20) * _unit(breath)


def _unit(sound: Tensor) -> Tensor:
    """``sound`` at an RMS of 1."""
    return sound / sound.square().mean().sqrt().clamp(min=1e-9)


@cache
def _flute() -> tuple[Tensor, Tensor]:
    """Levels in dB of a flute's partials ``[partials, BREAKPOINTS]``, and its noise ``[64000]``, peak 0.9."""
    [note] = pocket().filter(instrument="flute_acoustic_073", pitch=64, velocity=100)
    model = analyse(note.audio)
    f0 = midi_to_hz(note.pitch)
    nearest = (model.frequencies / f0).round()
    close = (model.frequencies / f0 - nearest).abs() < 0.2
    places = torch.linspace(0, model.amplitudes.shape[1] - 1, BREAKPOINTS).round().long()
    count = partials_below_nyquist(f0)
    power = [(model.amplitudes.square() * (close & (nearest == k))).sum(0)[places] for k in range(1, count + 1)]
    levels = 10 * torch.log10(torch.stack(power) + 1e-9)
    breath = shaped_noise(model.noise)
    return (10 * levels).round().double() / 10, 0.9 * breath / breath.abs().max()


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
