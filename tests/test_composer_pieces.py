"""The composers in both languages: the same notes of the same settings, and what the explorers tell of them."""

import json
import random
import subprocess

import pytest
from helpers import ROOT, settings_of
from instrument_pages import NODE

from nsynthlib.playing import read_midi
from nsynthlib.playing.composers.counterpoint import RULES
from nsynthlib.widgets import composer_explorer
from nsynthlib.widgets.composer_methods import METHODS
from nsynthlib.widgets.settings import Choice, Whole

DRAWN = 60  # settings of each method

# Reads methods with settings; writes each one's figure, or the words with which it is refused.
FIGURES = """
import { composers } from "./nsynthlib/web/engine/composers.mjs";
import { readFileSync, writeFileSync } from "node:fs";
const figureOf = ([method, settings]) => {
  try {
    return composers[method].figure({ settings });
  } catch (error) {
    return { refused: error.message };
  }
};
writeFileSync(1, JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(figureOf)));
"""


def drawn_settings(method: str) -> list[dict]:
    """The settings at first, and others at random."""
    widget, chance = composer_explorer(method).widget, random.Random(method)
    traits = widget.traits(setting=True)

    def draw(trait):
        if isinstance(trait, Choice):
            return chance.choice(trait.values)
        return chance.randint(trait.low, trait.high) if isinstance(trait, Whole) else chance.random() < 0.9

    return [settings_of(widget), *({name: draw(trait) for name, trait in traits.items()} for _ in range(DRAWN))]


@pytest.fixture(scope="module")
def figures() -> dict[str, list[tuple[dict, dict, dict]]]:
    """By method: settings, and the figures of Python and JavaScript."""
    jobs = [[method, settings] for method in METHODS for settings in drawn_settings(method)]
    command = [NODE, "--input-type=module", "-e", FIGURES]
    done = subprocess.run(command, input=json.dumps(jobs), capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, list] = {method: [] for method in METHODS}
    for (method, settings), theirs in zip(jobs, json.loads(done.stdout), strict=True):
        found[method].append((settings, python_figure(method, settings), theirs))
    return found


def python_figure(method: str, settings: dict) -> dict:
    try:
        return json.loads(json.dumps(METHODS[method].compose(settings)))
    except ValueError as error:
        return {"refused": str(error)}


@pytest.mark.parametrize("method", METHODS)
def test_both_languages_compose_the_same(figures, method):
    """Pitches, velocities and voices to the last one, times within a nanosecond, and the same words of refusal."""
    different = {json.dumps(ours["notes"]) for _, ours, _ in figures[method] if "notes" in ours}
    assert len(different) > (10 if method in ("grammar", "canon") else 20)
    for settings, ours, theirs in figures[method]:
        assert ours.keys() == theirs.keys(), settings
        if "refused" in ours:
            assert theirs == ours
            continue
        assert [note[2:] for note in theirs["notes"]] == [note[2:] for note in ours["notes"]], settings
        times = [value for note in ours["notes"] for value in note[:2]]
        assert [value for note in theirs["notes"] for value in note[:2]] == pytest.approx(times, abs=1e-9)
        assert theirs["seconds"] == pytest.approx(ours["seconds"], abs=1e-9)
        others = ours.keys() - {"notes", "seconds", "wheels"}
        assert {name: theirs[name] for name in others} == {name: ours[name] for name in others}


@pytest.mark.parametrize("method", METHODS)
def test_every_offered_piece_can_be_played(figures, method):
    """At most 30 s, within the model's pitches; refused is only silence and what no line keeps all rules of."""
    for settings, figure, _ in figures[method]:
        if "refused" in figure:
            assert method in ("chance", "counterpoint"), settings
            continue
        assert 0 < figure["seconds"] <= 30
        assert all(24 <= pitch <= 96 and 1 <= velocity <= 127 for _, _, pitch, velocity, _ in figure["notes"])
        assert all(0 <= start < end <= figure["seconds"] for start, end, *_ in figure["notes"])
        assert {voice for *_, voice in figure["notes"]} <= set(range(len(figure["voices"])))


def test_wheels_tell_the_notes_of_the_tenor(figures):
    for _, figure, theirs in figures["isorhythm"]:
        wheels = figure["wheels"]
        sung = [[start, wheels["color"][place]] for _, place, start in wheels["turns"] if place is not None]
        assert [pitch for _, pitch in sung] == [note[2] for note in figure["notes"]]
        assert [start for start, _ in sung] == pytest.approx([note[0] for note in figure["notes"]])
        assert [turn[:2] for turn in theirs["wheels"]["turns"]] == [turn[:2] for turn in wheels["turns"]]
        times = [start for *_, start in wheels["turns"]]
        assert [start for *_, start in theirs["wheels"]["turns"]] == pytest.approx(times, abs=1e-9)
        for place, (value, *_) in enumerate(wheels["turns"]):
            assert value == place % len(wheels["talea"])


def test_rules_that_are_switched_on_are_kept(figures):
    """Marked are notes of the line that break rules, and only those that are switched off."""
    kept = broken = 0
    for settings, figure, _ in figures["counterpoint"]:
        if "refused" in figure:
            continue
        asked = {name for name in RULES if settings[name.replace(" ", "_")]}
        names = {name for name, _ in figure["broken"]}
        assert not names & asked
        upper = [i for i, note in enumerate(figure["notes"]) if note[4] == 1]
        assert figure["marked"] == sorted({upper[place] for _, place in figure["broken"]})
        kept += not names
        broken += bool(names)
    assert kept > 3
    assert broken > 3


def test_the_grammars_notes_begin_where_its_rewritings_say(figures):
    for _, figure, _ in figures["grammar"]:
        starts = [note[0] for note in figure["notes"]]
        told = [start for *_, start in figure["tree"] if start is not None]
        assert told
        assert all(min(abs(start - one) for one in starts) < 1e-9 for start in told)
        assert sum(word.count(":") for _, _, words, _ in figure["tree"] for word in words) == len(starts)


@pytest.mark.parametrize("method", METHODS)
def test_where_a_kernel_runs_python_writes_the_midi_file(method, tmp_path):
    """The chosen family plays it, to the millisecond."""
    widget = composer_explorer(method).widget
    settings = settings_of(widget) | {"family": "brass"}
    (tmp_path / "piece.mid").write_bytes(widget.answer("midi", settings)["midi"].tobytes())
    read = sorted((note.pitch, note.start, note.velocity, note.family) for note in read_midi(tmp_path / "piece.mid"))
    notes = widget.answer("figure", settings)["notes"]
    composed = sorted((pitch, start, velocity, "brass") for start, _, pitch, velocity, _ in notes)
    assert [one[::2] for one in read] == [one[::2] for one in composed]
    assert [one[1] for one in read] == pytest.approx([one[1] for one in composed], abs=0.0011)


def test_unknown_methods_are_refused():
    with pytest.raises(ValueError, match="method 'waltz' is unknown; choose one of isorhythm, canon"):
        composer_explorer("waltz")


@pytest.mark.parametrize("method", METHODS)
def test_a_module_stays_small(method):
    assert len(composer_explorer(method).widget._esm) < 40_000
