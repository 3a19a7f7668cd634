"""One note turned into another, partial by partial, in Python as in a page.

Both notes are followed as sinusoids at the multiples of their fundamentals, with amplitude and phase (McAulay and
Quatieri 1986). Between the notes stand sinusoids of a frequency and a level in between; what the sinusoids leave of a
note is cross-faded. So the ends of the way are the notes themselves. ``web/dsp/synthesis/morphing.mjs`` does the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.constants import CONSTANTS
from nsynthlib.spectral import stft
from nsynthlib.synthesis.additive import CEILING, partials_below_nyquist
from nsynthlib.synthesis.controls import require, to_gain
from nsynthlib.synthesis.harmonics import FRAMES, fundamentals

_SHARED = CONSTANTS["morphing"]
FLOOR: float = _SHARED["floor_db"]  # level of a partial that is not there
OCTAVES: float = _SHARED["octaves"]  # by which a frame's fundamental may lie off the note's; beyond, it is an error
_HOP = FRAMES.hop_length


@dataclass(frozen=True)
class Partials:
    """Sinusoids of one note, at breakpoints 512 samples apart."""

    hertz: Tensor  #: frequencies, ``[partials, frames]``
    turns: Tensor  #: phases of their cosines in cycles, which go on counting, ``[partials, frames]``
    levels: Tensor  #: in dB, full scale is 0, ``[partials, frames]``

    @property
    def amplitudes(self) -> Tensor:
        """Full scale is 1, ``[partials, frames]``; 0 at breakpoints where a partial is at or above 7840 Hz."""
        return to_gain(self.levels) * (self.hertz < CEILING)

    @property
    def power_db(self) -> float:
        """Of all of them over the whole sound, in dB against one that is at full scale at one breakpoint."""
        return 10 * math.log10(self.amplitudes.square().sum().item() + 1e-30)

    def sound(self, samples: int) -> Tensor:
        """Their sum, float64 ``[samples]``: phases along cubic curves of the right slopes, amplitudes along lines."""
        x = torch.arange(_HOP, dtype=torch.float64) / _HOP
        cubic = torch.stack(
            [2 * x**3 - 3 * x**2 + 1, x**3 - 2 * x**2 + x, 3 * x**2 - 2 * x**3, x**3 - x**2]
        )  # Hermite's: of the value and the slope at the left, and at the right
        slope = self.hertz * (_HOP / SAMPLE_RATE)  # cycles from one breakpoint to the next
        ends = torch.stack([self.turns[:, :-1], slope[:, :-1], self.turns[:, 1:], slope[:, 1:]], -1)
        amplitude = torch.stack([self.amplitudes[:, :-1], self.amplitudes[:, 1:]], -1) @ torch.stack([1 - x, x])
        return (amplitude * torch.cos((ends @ cubic) * (2 * math.pi))).sum(0).flatten()[:samples]

    def filled_up(self, count: int) -> Partials:
        """As many as ``count``: those that it lacks lie above 7840 Hz, at the floor."""
        k = torch.arange(len(self.hertz) + 1, count + 1, dtype=torch.float64)[:, None]
        above = (k * self.hertz[:1]).clamp(min=CEILING)
        silent = torch.full_like(above, FLOOR)
        pairs = [(self.hertz, above), (self.turns, k * self.turns[:1]), (self.levels, silent)]
        return Partials(*(torch.cat(pair) for pair in pairs))


def follow_partials(note: Tensor) -> Partials | None:
    """The harmonics of ``note`` ``[samples]`` at 16 kHz; none of a sound that has no fundamental.

    A sinusoid's amplitude and phase are those of the spectrum's nearest bin, freed of the Hann window's own shape.
    """
    audio = torch.nn.functional.pad(note.double(), (0, -len(note) % _HOP))
    spectrum = stft(audio, FRAMES)
    f0 = _without_gaps(fundamentals(spectrum))
    if f0 is None:
        return None
    k = torch.arange(1, partials_below_nyquist(_middle(f0)) + 1, dtype=torch.float64)[:, None]
    hertz = k * f0
    place = (hertz * (FRAMES.n_fft / SAMPLE_RATE)).clamp(max=FRAMES.bins - 1)
    row = place.round().long()
    off = place - row
    shape = torch.sinc(off) / (1 - off.square())  # of a Hann window's transform, 1 in the middle
    middle = 1 - 2 * (row % 2)  # phases are told at the middle of a frame: half its length on
    value = spectrum.gather(0, row) * middle / (shape * FRAMES.reference)
    levels = (20 * torch.log10(value.abs().clamp(min=1e-12))).clamp(min=FLOOR)
    return Partials(hertz, _count_on(hertz, value.angle() / (2 * math.pi), levels > FLOOR), levels)


def _middle(values: Tensor) -> float:
    return float(values.median())


def _without_gaps(f0: Tensor) -> Tensor | None:
    """Fundamentals ``[frames]`` with straight lines across frames that have none or another; ``None`` without any."""
    if not f0.any():
        return None
    off = torch.log2(f0.clamp(min=1e-9) / _middle(f0[f0 > 0])).abs()
    known = torch.nonzero(off < OCTAVES).flatten()
    frames = torch.arange(len(f0))
    after = torch.searchsorted(known, frames).clamp(max=len(known) - 1)
    before = (torch.searchsorted(known, frames, right=True) - 1).clamp(min=0)
    left, right = known[before], known[after]
    part = ((frames - left) / (right - left).clamp(min=1)).clamp(0, 1)
    return f0[left] + part * (f0[right] - f0[left])


def _count_on(hertz: Tensor, phase: Tensor, heard: Tensor) -> Tensor:
    """Phases in cycles that go on from frame to frame as nearly as can be as the frequencies say.

    All are ``[partials, frames]``; where a partial is not ``heard`` its phase follows the frequency alone.
    """
    turns = torch.where(heard, phase, 0.0)
    for m in range(1, turns.shape[1]):
        expected = turns[:, m - 1] + (hertz[:, m - 1] + hertz[:, m]) * (_HOP / SAMPLE_RATE / 2)
        off = phase[:, m] - expected
        turns[:, m] = expected + torch.where(heard[:, m], off - off.round(), 0.0)
    return turns


class Morph:
    """The way from note ``a`` to note ``b``, both ``[samples]`` at 16 kHz; the shorter is followed by silence.

    It serves notes with a steady pitch, whose partials lie at multiples of it. Of others, a bell's say, most is left
    over and cross-faded; where a sound has no pitch at all, everything is.

    Raises:
        UsageError: for a sound of another shape, or shorter than 2048 samples.

    >>> a, b = (synthesise(Additive(), pitch, 100) for pitch in (60, 72))
    >>> way = Morph(a, b)
    >>> way.partials is None, len(way.rests)  # both notes have a pitch, and each leaves something over
    (False, 2)
    >>> from nsynthlib.audio import estimate_pitch
    >>> [round(estimate_pitch(way.at(position))) for position in (0, 0.5, 1)]
    [60, 66, 72]
    """

    def __init__(self, a: Tensor, b: Tensor) -> None:
        for name, note in (("a", a), ("b", b)):
            fits = note.dim() == 1 and len(note) >= FRAMES.n_fft
            require(fits, f"the shape of note {name}", list(note.shape), f"[{FRAMES.n_fft} or more samples]")
        samples = max(len(a), len(b))
        self.notes = [torch.nn.functional.pad(note.double(), (0, samples - len(note))) for note in (a, b)]

    @cached_property
    def partials(self) -> tuple[Partials, Partials] | None:
        """Of both notes, equally many; ``None`` where one of them has no pitch."""
        first, second = (follow_partials(note) for note in self.notes)
        if first is None or second is None:
            return None
        count = max(len(first.hertz), len(second.hertz))
        return first.filled_up(count), second.filled_up(count)

    @cached_property
    def rests(self) -> list[Tensor]:
        """What the partials leave of each note, float64 ``[samples]``."""
        if self.partials is None:
            return self.notes
        pairs = zip(self.notes, self.partials, strict=True)
        return [note - partials.sound(len(note)) for note, partials in pairs]

    def at(self, position: float) -> Tensor:
        """The sound at ``position``, from 0, which is ``a``, to 1, which is ``b``; float32 ``[samples]``.

        Levels go along straight lines in dB, and all of them are raised by what the sum would lose by that: between two
        spectra with different peaks it is weaker than either. Frequencies go along straight lines in hertz, as fast as
        takes the fundamental through equal musical intervals: the mean of C4 and C5 is F sharp 4.

        Raises:
            UsageError: for a position outside 0 to 1.
        """
        require(0 <= position <= 1, "position", position, "from 0, the first note, to 1, the second")
        rest = torch.lerp(self.rests[0], self.rests[1], position)
        if self.partials is None:
            return rest.float()
        a, b = self.partials
        along = pitch_weight(_middle(b.hertz[0]) / _middle(a.hertz[0]), position)
        between = Partials(
            torch.lerp(a.hertz, b.hertz, along),
            torch.lerp(a.turns, b.turns, along),
            torch.lerp(a.levels, b.levels, position),
        )
        lost = a.power_db + position * (b.power_db - a.power_db) - between.power_db
        return (10 ** (lost / 20) * between.sound(len(rest)) + rest).float()


def pitch_weight(interval: float, position: float) -> float:
    """How far along a straight line in hertz lies what is ``position`` of the way along ``interval``, a ratio."""
    return position if abs(interval - 1) < 1e-6 else (interval**position - 1) / (interval - 1)


def morph(a: Tensor, b: Tensor, position: float) -> Tensor:
    """The sound at ``position`` on the way from note ``a`` (0) to note ``b`` (1), partial by partial, ``[samples]``.

    For several positions of one pair make a :class:`Morph`, which analyses the notes once.

    Args:
        a, b: ``[samples]`` at 16 kHz, at least 2048; the shorter is followed by silence.
        position: from 0 to 1. At the ends the notes come back, to the rounding of float64.

    Raises:
        UsageError: for a sound of another shape, or a position outside 0 to 1.

    >>> from nsynthlib.synthesis import Additive, morph, synthesise
    >>> a, b = (synthesise(Additive(), pitch, 100) for pitch in (60, 72))
    >>> bool((morph(a, b, 0.0) - a).abs().max() < 1e-6)
    True
    """
    return Morph(a, b).at(position)
