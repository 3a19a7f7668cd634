"""The methods of the composers' explorers: what is set of each, and who plays at first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import traitlets

from nsynthlib.playing.composers.canon import FAMILIES as CANON_FAMILIES
from nsynthlib.playing.composers.counterpoint import RULES
from nsynthlib.playing.composers.grammar import GRAMMAR
from nsynthlib.playing.composers.scores import SCORES
from nsynthlib.playing.composers.twelve_tone import FORMS, ROWS
from nsynthlib.widgets import composer_pieces as pieces
from nsynthlib.widgets.composer_pieces import COLORS, TALEAS, Figure, Settings
from nsynthlib.widgets.settings import Choice, Whole, setting

SEEDS = 999_999  # the highest
TUNES = tuple(SCORES["tunes"])
DENSITIES = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0)


def choice(label: str, values: Sequence[Any], default: Any) -> Any:
    """A setting that is one of ``values``."""
    return setting(Choice(values, tuple(values).index(default)), label=label)


def whole(label: str, low: int, high: int, default: int = 0) -> Any:
    """A setting that is a whole number."""
    return setting(Whole(low, high, default), label=label)


def seed() -> Any:
    return whole("Seed", 0, SEEDS)


#: Options that say more than their names, in the words of a list.
OPTIONS: dict[Any, str] = {
    "vitry": "Philippe de Vitry",
    "vitry_second": "Philippe de Vitry, second part",
    "drift": "A short one",
    "thesis": "Figure 2.4 of the thesis",
    "schoenberg_op25": "Schoenberg, opus 25",
    "P": "P, prime",
    "I": "I, inversion",
    "R": "R, retrograde",
    "RI": "RI, retrograde inversion",
    "cage": "Cage: coins",
    "xenakis": "Xenakis: density",
    **{name: tune["title"].split(",")[0] for name, tune in SCORES["tunes"].items()},
}


class Method(NamedTuple):
    """An explorer of :data:`METHODS`: its view's file, what composes, the family that plays at first, its settings."""

    view: str
    compose: Callable[[Settings], Figure]
    family: str
    settings: dict[str, Any]


_LONGEST_TALEA, _LONGEST_COLOR = (max(map(len, parts.values())) for parts in (TALEAS, COLORS))
METHODS: dict[str, Method] = {
    "isorhythm": Method(
        "composer_wheels",
        pieces.isorhythm_figure,
        "vocal",
        {
            "talea": choice("Talea", tuple(TALEAS), "vitry"),
            "talea_values": whole("Talea values", 1, _LONGEST_TALEA, _LONGEST_TALEA),
            "color": choice("Color", tuple(COLORS), "vitry"),
            "color_pitches": whole("Color pitches", 1, _LONGEST_COLOR, _LONGEST_COLOR),
            "phase": whole("Phase (pitches)", 0, _LONGEST_COLOR - 1),
        },
    ),
    "canon": Method(
        "composer",
        pieces.canon_figure,
        "organ",
        {
            "tune": choice("Tune", TUNES, "frere_jacques"),
            "voices": whole("Voices", 1, len(CANON_FAMILIES), 3),
            "delay": whole("Delay (beats)", 0, 16, 8),
            "interval": whole("Interval", -7, 7),
        },
    ),
    "dice": Method("composer_dice", pieces.dice_figure, "keyboard", {"seed": seed()}),
    "twelve_tone": Method(
        "composer_row",
        pieces.twelve_tone_figure,
        "keyboard",
        {
            "row": choice("Row", tuple(ROWS), "thesis"),
            "form": choice("Form", FORMS, "P"),
            "transposed": whole("Transposed", 0, 11),
        },
    ),
    "chance": Method(
        "composer_chance",
        pieces.chance_figure,
        "mallet",
        {
            "composer": choice("Composer", ("cage", "xenakis"), "xenakis"),
            "events": whole("Events", 4, 28, 24),
            "density": choice("Density (1/s)", DENSITIES, 2.0),
            "seed": seed(),
        },
    ),
    "markov": Method(
        "composer_chain",
        pieces.markov_figure,
        "flute",
        {"tune": choice("Tune", TUNES, "ode_to_joy"), "order": whole("Order", 1, 4, 1), "seed": seed()},
    ),
    "counterpoint": Method(
        "composer_rules",
        pieces.counterpoint_figure,
        "organ",
        {
            **{name.replace(" ", "_"): setting(traitlets.Bool(True), label=name.capitalize()) for name in RULES},
            "seed": seed(),
        },
    ),
    "grammar": Method(
        "composer_tree",
        pieces.grammar_figure,
        "guitar",
        {"start": choice("Start", tuple(GRAMMAR), "melody"), "seed": seed()},
    ),
    "recombination": Method("composer_bars", pieces.recombination_figure, "reed", {"seed": seed()}),
}
