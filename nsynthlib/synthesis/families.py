"""NSynth's 11 families as synthetic instruments: each one's ways of synthesis, and the ranges of their parameters.

An *instrument* is one sample of its family's ranges; its notes share it.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from nsynthlib.synthesis.timbre import FM, Additive, Granular, Modal, Plucked, Spectral, Subtractive, Timbre

Range = tuple[float, float]
Kind = tuple[type[Timbre], dict[str, Range]]


def _kind(way: type[Timbre], **ranges: Range) -> Kind:
    return way, ranges


# Every parameter is drawn uniformly from its range, times and frequencies along the logarithm. The units stand in
# nsynthlib.synthesis.timbre.
FAMILY_TIMBRES: dict[str, tuple[Kind, ...]] = {
    "bass": (
        _kind(
            Plucked, release=(0.1, 0.3), decay=(3, 9), high_decay=(0.05, 0.2), position=(0.1, 0.35), cutoff=(2500, 7000)
        ),
        _kind(
            Subtractive,
            attack=(0.003, 0.01),
            decay=(3, 8),
            release=(0.08, 0.25),
            wave=(0, 3),
            cutoff=(500, 1800),
            resonance=(0, 12),
            contour=(0.5, 2.5),
            settle=(0.1, 0.5),
        ),
        _kind(FM, attack=(0.003, 0.01), decay=(3, 8), release=(0.1, 0.3), index=(1.5, 3), fading=(4, 12)),
    ),
    "brass": (
        _kind(
            Additive,
            attack=(0.03, 0.12),
            release=(0.1, 0.25),
            slope=(-7, -3),
            formant=(900, 1800),
            opening=(6, 14),
            vibrato=(0, 12),
            noise=(-60, -45),
        ),
        _kind(
            FM,
            attack=(0.05, 0.15),
            release=(0.1, 0.25),
            index=(1.2, 2),
            upper_ratio=(3, 3),
            upper_index=(0.5, 1.5),
            vibrato=(0, 10),
        ),
    ),
    "flute": (
        _kind(
            Spectral,
            attack=(0.05, 0.15),
            release=(0.1, 0.3),
            slope=(-16, -10),
            vibrato=(5, 20),
            tremolo=(0, 3),
            waver=(0.3, 1.2),
            breath=(-44, -26),
            breath_slope=(-6, -2),
        ),
    ),
    "guitar": (
        _kind(
            Plucked,
            release=(0.15, 0.4),
            decay=(4, 12),
            high_decay=(0.15, 0.6),
            position=(0.08, 0.4),
            cutoff=(3000, 9000),
        ),
    ),
    "keyboard": (
        _kind(
            Modal,
            attack=(0.001, 0.004),
            decay=(6, 14),
            release=(0.15, 0.4),
            slope=(-10, -6),
            damping=(0.3, 0.7),
            inharmonicity=(1e-4, 5e-4),
        ),
        _kind(
            FM,
            attack=(0.001, 0.004),
            decay=(4, 10),
            release=(0.2, 0.5),
            index=(0.8, 2),
            upper_ratio=(7, 7),
            upper_index=(0.2, 0.7),
            fading=(3, 9),
            tremolo=(0, 3),
        ),
        _kind(
            Plucked, release=(0.1, 0.25), decay=(5, 10), high_decay=(0.3, 1), position=(0.05, 0.15), cutoff=(5e3, 1e4)
        ),
    ),
    "mallet": (
        _kind(
            Modal,
            attack=(0.001, 0.003),
            decay=(1, 4),
            release=(0.2, 1),
            slope=(-6, 0),
            damping=(0.2, 0.8),
            overtone=(2.76, 4.1),
        ),
        _kind(FM, attack=(0.001, 0.003), decay=(1, 5), release=(0.3, 1), ratio=(4, 4), index=(0.8, 2.2), fading=(2, 6)),
    ),
    "organ": (
        _kind(
            Additive,
            attack=(0.005, 0.03),
            release=(0.05, 0.15),
            slope=(-8, -3),
            even=(-14, 4),
            tremolo=(0, 4),
            rate=(5.5, 7),
        ),
    ),
    "reed": (
        _kind(
            Additive,
            attack=(0.02, 0.07),
            release=(0.08, 0.2),
            slope=(-8, -4),
            even=(-30, -10),
            opening=(0, 6),
            noise=(-58, -42),
            vibrato=(0, 10),
        ),
        _kind(FM, attack=(0.02, 0.07), release=(0.08, 0.2), ratio=(2, 2), index=(1, 3), noise=(-60, -45)),
    ),
    "string": (
        _kind(
            Subtractive,
            attack=(0.08, 0.3),
            release=(0.2, 0.6),
            wave=(0, 1),
            cutoff=(1200, 3500),
            detune=(3, 9),
            vibrato=(6, 22),
            noise=(-55, -42),
        ),
        _kind(
            Granular,
            attack=(0.1, 0.35),
            release=(0.3, 0.7),
            slope=(-7, -4),
            formant=(400, 700),
            density=(30, 50),
            length=(0.08, 0.14),
            spread=(2, 5),
        ),
    ),
    "synth_lead": (
        _kind(
            Subtractive,
            attack=(0.002, 0.02),
            release=(0.05, 0.3),
            wave=(0, 3),
            width=(0.1, 0.45),
            cutoff=(1000, 4000),
            resonance=(0, 15),
            contour=(0, 2),
            settle=(0.1, 0.8),
            detune=(0, 8),
        ),
        _kind(
            FM,
            attack=(0.002, 0.02),
            release=(0.05, 0.3),
            index=(1, 2),
            upper_ratio=(3, 3),
            upper_index=(1, 2.5),
            vibrato=(0, 15),
        ),
    ),
    "vocal": (
        _kind(
            Additive,
            attack=(0.06, 0.2),
            release=(0.15, 0.4),
            slope=(-12, -8),
            formant=(450, 800),
            second_formant=(1000, 2300),
            vibrato=(15, 40),
            rate=(4.8, 6.2),
            noise=(-50, -38),
        ),
        _kind(
            Granular,
            attack=(0.1, 0.3),
            release=(0.2, 0.5),
            slope=(-12, -8),
            formant=(450, 800),
            second_formant=(1000, 2300),
            density=(30, 50),
            length=(0.06, 0.12),
            spread=(2, 5),
        ),
    ),
}
_LOGARITHMIC = {
    *("attack", "decay", "high_decay", "release", "fading", "settle", "length", "density"),
    *("cutoff", "formant", "second_formant", "inharmonicity"),
}
_COMMON: dict[str, Range] = {"rate": (4.5, 6.5), "level": (-8, -2)}


def sample_timbre(family: str, rng: np.random.Generator) -> Timbre:
    """A new instrument of ``family``: a kind of synthesis by chance, then every parameter from its range.

    >>> import numpy as np
    >>> type(sample_timbre("guitar", np.random.default_rng(0))).__name__
    'Plucked'
    """
    kinds = FAMILY_TIMBRES[family]
    way, own = kinds[rng.integers(len(kinds))]
    ranges = _COMMON | own
    values: dict[str, Any] = {}
    for field in fields(way):
        if field.name in ranges:
            low, high = ranges[field.name]
            if field.name in _LOGARITHMIC:
                values[field.name] = float(np.exp(rng.uniform(np.log(low), np.log(high))))
            else:
                values[field.name] = float(rng.uniform(low, high))
    return way(**values)
