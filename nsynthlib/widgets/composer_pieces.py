"""Pieces of the composers' explorers: what each method makes of its settings, and what is told of it.

Each is composed by the functions of :mod:`nsynthlib.playing.composers`; in a page ``web/engine/composers.mjs`` composes
the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nsynthlib.errors import UsageError
from nsynthlib.playing.composers import (
    compose_cage,
    compose_canon,
    compose_dice,
    compose_grammar,
    compose_isorhythm,
    compose_markov,
    compose_recombination,
    compose_rows,
    compose_xenakis,
)
from nsynthlib.playing.composers.canon import FAMILIES as CANON_FAMILIES
from nsynthlib.playing.composers.chance import CLOUD_FAMILIES
from nsynthlib.playing.composers.counterpoint import CANTUS, RULES, broken_rules, play_line, select_line
from nsynthlib.playing.composers.dice import throw_dice
from nsynthlib.playing.composers.grammar import GRAMMAR, derive
from nsynthlib.playing.composers.isorhythm import period, turns
from nsynthlib.playing.composers.markov import learn, walk
from nsynthlib.playing.composers.recombination import cut, reassemble
from nsynthlib.playing.composers.scores import LONGEST, SCORES, read_score, read_tune
from nsynthlib.playing.composers.twelve_tone import ROWS, matrix
from nsynthlib.playing.midi import PlayedNote

Settings = Mapping[str, Any]
Figure = dict[str, Any]
TALEAS: dict[str, list[float]] = {
    "vitry": SCORES["isorhythm"]["vitry"]["talea"],
    "vitry_second": SCORES["isorhythm"]["vitry"]["second_talea"],
    "drift": SCORES["isorhythm"]["drift"]["talea"],
}
COLORS: dict[str, list[int]] = {name: SCORES["isorhythm"][name]["color"] for name in ("vitry", "drift")}
_SHARED = SCORES["explorers"]
TEMPOS: dict[str, int] = _SHARED["tempos"]  # beats a minute, of dice eighths; a canon that would last long is faster
SOUNDS: int = _SHARED["markov_notes"]
BARS: int = _SHARED["recombination_bars"]
LAYERS: list[str] = _SHARED["cloud_layers"]


def figure_of(notes: Sequence[PlayedNote], voices: Mapping[str, str] | None = None, **told: Any) -> Figure:
    """A piece as a view shows it: ``notes`` are ``[start, end, pitch, velocity, voice]``, in seconds.

    Args:
        voices: names of the voices by the families that tell them apart; without it there is one.
        told: what else the view knows of the piece.

    Raises:
        UsageError: for a piece without a note.
    """
    if not notes:
        raise UsageError("this piece is silence from beginning to end; take another seed")
    names = voices or {notes[0].family: ""}
    places = {family: place for place, family in enumerate(names)}
    told["notes"] = [[*note[:4], places[note.family]] for note in notes]
    return {"seconds": max(note.end for note in notes), "voices": list(names.values()), **told}


def isorhythm_figure(settings: Settings) -> Figure:
    talea = TALEAS[settings["talea"]][: settings["talea_values"]]
    whole_color = COLORS[settings["color"]][: settings["color_pitches"]]
    phase = settings["phase"] % len(whole_color)
    color = whole_color[phase:] + whole_color[:phase]
    in_time = int(LONGEST * TEMPOS["isorhythm"] / 60 / sum(abs(beats) for beats in talea))  # taleas
    notes = min(period(talea, color), in_time * sum(beats > 0 for beats in talea))
    beat = 60 / TEMPOS["isorhythm"]
    places = [[turn.talea_place, turn.color_place, turn.start * beat] for turn in turns(talea, color, notes)]
    played = compose_isorhythm(talea, color, notes=notes, tempo=TEMPOS["isorhythm"])
    wheels = {"talea": talea, "color": color, "turns": places, "period": period(talea, color)}
    return figure_of(played, wheels=wheels)


def canon_figure(settings: Settings) -> Figure:
    voices, delay = settings["voices"], settings["delay"]
    beats = sum(chord.beats for chord in read_tune(settings["tune"])) + (voices - 1) * delay
    tempo = max(TEMPOS["canon"], 60 * beats / LONGEST)
    played = compose_canon(settings["tune"], voices=voices, delay=delay, interval=settings["interval"], tempo=tempo)
    return figure_of(played, {name: f"Voice {i}" for i, name in enumerate(CANON_FAMILIES[:voices], start=1)})


def dice_figure(settings: Settings) -> Figure:
    measure = 3 * 60 / TEMPOS["dice"]  # seconds
    throws = [[*throw, place * measure] for place, throw in enumerate(throw_dice(settings["seed"]))]
    return figure_of(compose_dice(settings["seed"], tempo=TEMPOS["dice"]), throws=throws)


def twelve_tone_figure(settings: Settings) -> Figure:
    row = ROWS[settings["row"]]
    played = compose_rows(row, [(settings["form"], settings["transposed"])], tempo=TEMPOS["twelve_tone"])
    return figure_of(played, matrix=matrix(row))


def chance_figure(settings: Settings) -> Figure:
    if settings["composer"] == "cage":
        return figure_of(compose_cage(settings["events"], settings["seed"]))
    played = compose_xenakis(settings["density"], seed=settings["seed"])
    return figure_of(played, dict(zip(CLOUD_FAMILIES, LAYERS, strict=True)))


def markov_figure(settings: Settings) -> Figure:
    tune, order = read_tune(settings["tune"]), settings["order"]
    table, walked = learn(tune, order), walk(tune, order, SOUNDS, settings["seed"])
    choices = [len(set(table[tuple(walked[i - order : i])])) for i in range(order, SOUNDS)]
    return figure_of(compose_markov(settings["tune"], order, settings["seed"], notes=SOUNDS), choices=choices)


def counterpoint_figure(settings: Settings) -> Figure:
    rules = [name for name in RULES if settings[name.replace(" ", "_")]]
    line, generated, beginnings = select_line(CANTUS, rules, settings["seed"])
    broken = broken_rules(CANTUS, line)
    played = play_line(line)
    upper = [i for i, note in enumerate(played) if note.family == "flute"]
    told = {"broken": [list(one) for one in broken], "generated": generated, "beginnings": beginnings}
    marked = sorted({upper[one.place] for one in broken})
    return figure_of(played, {"organ": "Cantus firmus", "flute": "Line"}, marked=marked, **told)


def grammar_figure(settings: Settings) -> Figure:
    """Of each rewriting its symbol, depth and words, and where these are notes the second at which they begin."""
    tree, beats = [], 0.0
    for name, depth, alternative in derive(GRAMMAR, settings["start"], settings["seed"]).rewritings:
        words = GRAMMAR[name][alternative]
        notes = [word for word in words if word not in GRAMMAR]
        tree.append([name, depth, words, beats * 60 / TEMPOS["grammar"] if notes else None])
        beats += sum(float(note.partition(":")[2]) for note in notes)
    played = compose_grammar(settings["seed"], start=settings["start"], tempo=TEMPOS["grammar"])
    return figure_of(played, tree=tree)


def recombination_figure(settings: Settings) -> Figure:
    told, beats = [], 0.0
    for one in reassemble(cut(), BARS, settings["seed"]):
        told.append([SCORES["tunes"][one.tune]["title"], one.bar + 1, beats * 60 / TEMPOS["recombination"]])
        beats += sum(chord.beats for chord in read_score(SCORES["tunes"][one.tune]["bars"][one.bar]))
    return figure_of(
        compose_recombination(bars=BARS, seed=settings["seed"], tempo=TEMPOS["recombination"]), fragments=told
    )
