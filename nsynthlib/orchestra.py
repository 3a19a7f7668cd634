"""An orchestra of synthetic instruments: NSynth's 11 families, each by its own ranges of parameters.

An *instrument* is one draw from its family's ranges; its notes share it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import numpy as np

from nsynthlib.data import FAMILIES, VELOCITIES, Rendered
from nsynthlib.synthesis import Timbre, synthesise

PITCHES = range(21, 109)  # the piano's
NOTES_PER_INSTRUMENT = 20

Range = tuple[float, float]

# Ranges: attack, decay, release, slope, then by name. A pair is drawn from uniformly, in the logarithm for times.
ORCHESTRA: dict[str, tuple[dict[str, Range], ...]] = {
    "bass": (
        dict(attack=(0.003, 0.01), decay=(2, 8), release=(0.1, 0.3), slope=(-9, -5), damping=(0.3, 0.8)),
        dict(attack=(0.003, 0.01), decay=(2, 6), release=(0.1, 0.3), slope=(0, 0), ratio=(1, 1), index=(1.5, 5)),
    ),
    "brass": (
        dict(
            attack=(0.03, 0.12),
            decay=(0, 0),
            release=(0.1, 0.25),
            slope=(-7, -3),
            formant=(900, 1800),
            vibrato=(0, 12),
            noise=(-60, -45),
        ),
        dict(attack=(0.05, 0.15), decay=(0, 0), release=(0.1, 0.25), slope=(0, 0), ratio=(1, 1), index=(3, 6)),
    ),
    "flute": (
        dict(
            attack=(0.05, 0.15),
            decay=(0, 0),
            release=(0.1, 0.3),
            slope=(-16, -11),
            vibrato=(5, 25),
            noise=(-42, -28),
            tremolo=(0, 3),
        ),
    ),
    "guitar": (
        dict(
            attack=(0.001, 0.004),
            decay=(3, 9),
            release=(0.15, 0.4),
            slope=(-8, -4),
            damping=(0.5, 1.1),
            inharmonicity=(2e-5, 1e-4),
            even=(-6, 0),
        ),
    ),
    "keyboard": (
        dict(
            attack=(0.001, 0.005),
            decay=(5, 14),
            release=(0.15, 0.4),
            slope=(-10, -6),
            damping=(0.3, 0.7),
            inharmonicity=(1e-4, 5e-4),
        ),
        dict(
            attack=(0.001, 0.005),
            decay=(4, 10),
            release=(0.2, 0.5),
            slope=(0, 0),
            ratio=(1, 1),
            index=(0.8, 2.5),
            tremolo=(0, 2),
        ),
    ),
    "mallet": (
        dict(
            attack=(0.001, 0.003),
            decay=(0.8, 4),
            release=(0.2, 1),
            slope=(-18, -10),
            damping=(0.8, 1.6),
            inharmonicity=(0.02, 0.2),
        ),
        dict(attack=(0.001, 0.003), decay=(1, 5), release=(0.3, 1), slope=(0, 0), ratio=(3.5, 3.53), index=(0.6, 2)),
    ),
    "organ": (
        dict(
            attack=(0.005, 0.03),
            decay=(0, 0),
            release=(0.05, 0.15),
            slope=(-8, -3),
            even=(-14, 4),
            tremolo=(0, 4),
            rate=(5.5, 7),
        ),
    ),
    "reed": (
        dict(
            attack=(0.02, 0.07),
            decay=(0, 0),
            release=(0.08, 0.2),
            slope=(-8, -4),
            even=(-30, -10),
            noise=(-58, -42),
            vibrato=(0, 10),
        ),
        dict(attack=(0.02, 0.07), decay=(0, 0), release=(0.08, 0.2), slope=(0, 0), ratio=(2, 2), index=(1, 3)),
    ),
    "string": (
        dict(
            attack=(0.08, 0.3),
            decay=(0, 0),
            release=(0.2, 0.6),
            slope=(-7, -4),
            vibrato=(8, 30),
            rate=(4.5, 6.5),
            noise=(-52, -40),
            formant=(400, 700),
        ),
    ),
    "synth_lead": (
        dict(attack=(0.002, 0.02), decay=(0, 0), release=(0.05, 0.3), slope=(-6, -3), even=(-24, 0), vibrato=(0, 15)),
        dict(attack=(0.002, 0.02), decay=(0, 0), release=(0.05, 0.3), slope=(0, 0), ratio=(1, 1), index=(4, 8)),
    ),
    "vocal": (
        dict(
            attack=(0.06, 0.2),
            decay=(0, 0),
            release=(0.15, 0.4),
            slope=(-13, -9),
            formant=(500, 1100),
            vibrato=(15, 40),
            rate=(4.8, 6.2),
            noise=(-48, -36),
        ),
    ),
}
_LOGARITHMIC = {"attack", "decay", "release", "inharmonicity", "formant"}
_DEFAULTS: dict[str, Range] = {"rate": (4.5, 6.5), "level": (-8, -2)}


def draw(family: str, rng: np.random.Generator) -> Timbre:
    """A new instrument of ``family``: a kind of synthesis by chance, then every parameter from its range."""
    kinds = ORCHESTRA[family]
    ranges = _DEFAULTS | kinds[rng.integers(len(kinds))]
    values = {}
    for field in fields(Timbre):
        if field.name in ranges:
            low, high = ranges[field.name]
            log = field.name in _LOGARITHMIC and low > 0
            values[field.name] = float(
                np.exp(rng.uniform(np.log(low), np.log(high))) if log else rng.uniform(low, high)
            )
    return Timbre(**values)


def orchestra(notes: int, seed: int = 0) -> Iterator[Rendered]:
    """``notes`` notes: families in turn, two instruments of each in turn, up to 20 pitches and velocities of each.

    The first n notes are the same for any larger number. Whatever was made before, the same seed gives the same note.
    """
    for made in range(notes):
        turn, index = divmod(made, len(FAMILIES))
        block, place = divmod(turn, 2 * NOTES_PER_INSTRUMENT)
        number = 2 * block + place % 2
        rng = np.random.default_rng([seed, index, number])
        timbre = draw(FAMILIES[index], rng)
        cell = int(rng.permutation(len(PITCHES) * len(VELOCITIES))[place // 2])
        pitch, velocity = PITCHES[cell // len(VELOCITIES)], VELOCITIES[cell % len(VELOCITIES)]
        yield Rendered(
            instrument=f"{FAMILIES[index]}_synthetic_{number:03d}",
            instrument_id=number * len(FAMILIES) + index,
            pitch=pitch,
            velocity=velocity,
            audio=synthesise(timbre, pitch, velocity, seed),
        )
