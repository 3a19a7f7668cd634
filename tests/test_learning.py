"""The explorer of learning: its descent is the one that a formula gives, and both languages and a page agree."""

import json
import subprocess
from collections.abc import Iterator

import numpy as np
import pytest
from explorer_pages import served_pages
from hand import Hand, changes, hand_on_telephone, violations
from helpers import NODE, RATE, ROOT, level_db, rms, settings_of, strongest
from numpy.polynomial import Legendre
from traitlets import TraitError

from nsynthlib.widgets import learning_explorer

DEFAULT = {"learning_rate": 0.3, "weights": 12, "steps": 1000, "points": 10}
CHOICES = [
    {},
    {"weights": 1, "steps": 3},
    {"weights": 24, "steps": 10_000, "points": 6},
    {"learning_rate": 0.001, "steps": 300, "points": 40},
    {"learning_rate": 1.1, "steps": 10_000},
    {"learning_rate": 3.0, "weights": 2, "steps": 1},
]
FIT, STOPPED, NOTE = "A tone with the fit's level", "Stopped early", "The note itself"

# Reads settings; writes the figure, arrays as lists, and three sounds.
LEARNING = """
import { answers } from "./nsynthlib/web/engine/answers.mjs";
import { playFit } from "./nsynthlib/web/dsp/learning.mjs";
import { readFileSync, writeFileSync } from "node:fs";
const settings = JSON.parse(readFileSync(0, "utf8"));
const plain = (value) => (ArrayBuffer.isView(value) ? [...value] : value);
const entries = Object.entries(answers.learning.figure({ settings }));
const sounds = ["sound", "stopped", "original"].map((want) => [want, [...playFit(want, settings, 16000)]]);
const { wav, ...levels } = answers.learning.sound({ settings, sampleRate: 16000 });
const figure = Object.fromEntries(entries.map(([name, value]) => [name, plain(value)]));
writeFileSync(1, JSON.stringify({ figure, levels, sounds: Object.fromEntries(sounds) }));
"""


def figure_of(**chosen) -> dict:
    widget = learning_explorer(**(DEFAULT | chosen)).widget
    return widget.answer("figure", settings_of(widget))


def exact_errors(figure: dict, weights: int, learning_rate: float) -> np.ndarray:
    """RMS on the training points at the steps of the figure: each eigenvector of the Hessian shrinks its own part."""
    u = 2 * figure["train_x"].astype(float) / 3 - 1
    x = np.stack([Legendre.basis(k)(u) for k in range(weights)], 1)
    y = figure["train_y"].astype(float) + 30
    left, sizes, _ = np.linalg.svd(x, full_matrices=False)
    shrinking = (1 - 2 * learning_rate * sizes**2 / len(y)) ** figure["steps"].astype(float)[:, None]
    found = left.T @ y
    never = np.sum(y**2) - np.sum(found**2)
    return np.sqrt(np.maximum(never + np.sum((shrinking * found) ** 2, axis=1), 0) / len(y))


@pytest.mark.parametrize("chosen", CHOICES)
def test_the_descent_is_the_formulas(chosen):
    """Within a ten-thousandth, and a thousandth of a decibel: the curves travel as float32."""
    told = DEFAULT | chosen
    figure = figure_of(**chosen)
    expected = exact_errors(figure, told["weights"], told["learning_rate"])
    assert figure["train_db"] == pytest.approx(expected, rel=1e-4, abs=1e-3)


@pytest.mark.parametrize("weights", [1, 4, 12, 24])
def test_beyond_the_highest_rate_and_only_there_the_loss_grows(weights):
    highest = figure_of(weights=weights)["highest_rate"]
    widget = learning_explorer().widget
    settings = settings_of(widget) | {"weights": weights, "steps": 10_000}
    below, above = (widget.answer("figure", settings | {"learning_rate": part * highest}) for part in (0.98, 1.02))
    assert below["diverged"] == 0
    assert np.all(np.diff(below["train_db"]) <= 1e-6)
    assert above["diverged"] > 0
    assert above["train_db"][-1] > 1e4 * above["train_db"][0]


def test_the_stop_is_where_the_held_out_error_is_lowest():
    figure = figure_of()
    at = int(np.argmin(figure["valid_db"]))
    assert figure["best"] == figure["steps"][at]
    place = np.linspace(0, 3, 301)
    for name, worst in (("stopped", figure["valid_db"][at]), ("fit", figure["valid_db"][-1])):
        left = np.interp(figure["valid_x"], place, figure[name]) - figure["valid_y"]
        assert rms(left) == pytest.approx(worst, rel=0.02)


def test_learning_by_heart_and_its_two_cures():
    """Many steps of many weights fit ten points and miss the note; an early stop and more points come near it."""
    heart, more = figure_of(steps=10_000), figure_of(steps=10_000, points=40)
    assert heart["train_db"][-1] < 0.01
    missed = {"heart": heart["fit"], "stopped": heart["stopped"], "more": more["fit"]}
    missed = {name: rms(curve - heart["truth"]) for name, curve in missed.items()}
    assert missed["stopped"] < 0.5 * missed["heart"]
    assert missed["more"] < 0.5 * missed["heart"]


def test_the_note_is_what_it_is_said_to_be():
    """A 220 Hz tone that dies away fast and then slowly; measured with an error of 3 dB, of mean 0."""
    widget = learning_explorer().widget
    sound, rate = widget.audio("original", settings_of(widget), widget.source_of((), {}))
    assert rate == RATE
    assert strongest(sound.numpy()) == pytest.approx(220, abs=1)
    heard = [level_db(sound[round(t * RATE) - 400 :][:800].numpy()) for t in (0.1, 0.3, 1.0, 2.8)]
    shares = [0.9 * 10 ** (-45 * t / 20) + 0.1 * 10 ** (-6 * t / 20) for t in (0.1, 0.3, 1.0, 2.8)]
    assert np.diff(heard) == pytest.approx(20 * np.diff(np.log10(shares)), abs=0.2)
    figure = figure_of(points=40)
    noise = figure["train_y"] - np.interp(figure["train_x"], np.linspace(0, 3, 301), figure["truth"])
    assert noise.mean() == pytest.approx(0, abs=3 * 3 / 40**0.5)
    assert noise.std() == pytest.approx(3, abs=1)


@pytest.mark.parametrize("chosen", CHOICES)
def test_both_languages_give_the_same(chosen):
    """Curves within 1e-5 of their size, or 1e-3 dB; the highest rate within 1e-4; samples within 1e-4 (-80 dBFS)."""
    widget = learning_explorer(**(DEFAULT | chosen)).widget
    settings = settings_of(widget)
    command = [NODE, "--input-type=module", "--eval", LEARNING]
    done = subprocess.run(command, input=json.dumps(settings).encode(), capture_output=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr.decode()
    theirs = json.loads(done.stdout)
    ours = widget.answer("figure", settings)
    assert theirs["figure"].keys() == ours.keys()
    for name, value in ours.items():
        exact = name in ("best", "diverged")
        assert theirs["figure"][name] == pytest.approx(value, rel=0 if exact else 1e-4, abs=0 if exact else 1e-3), name
    for want, samples in theirs["sounds"].items():
        sound, _ = widget.audio(want, settings, widget.source_of((), {}))
        assert np.abs(np.array(samples) - sound.numpy()).max() < 1e-4
    for name in ("peak", "rms"):
        assert theirs["levels"][name] == pytest.approx(widget.answer("sound", settings)[name], rel=1e-3)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"learning_rate": 4}, r"learning_rate 4 is not offered; choose one of 0\.001, 0\.003"),
        ({"weights": 25}, "weights 25 is not offered; choose one from 1 to 24 weights"),
        ({"points": 5}, "points 5 is not offered; choose one from 6 to 40 points"),
        ({"steps": 7}, "steps 7 is not offered; choose one of 1, 3, 10"),
    ],
)
def test_what_the_controls_do_not_have_is_refused_in_one_line(given, words):
    with pytest.raises(ValueError, match=f"^{words}[^\n]*$"):
        learning_explorer(**given)


def test_the_widget_refuses_too():
    with pytest.raises(TraitError, match="weights 0 is not offered"):
        learning_explorer().widget.weights = 0


# --- on a page ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    with served_pages(tmp_path_factory.mktemp("pages"), {"learning": learning_explorer}) as address:
        yield address


@pytest.fixture(scope="module")
def hand(address, visit) -> Hand:
    return Hand(visit(), f"{address}/learning.html")


MOVES = [  # control, key, place for the mouse
    ("Learning rate", "ArrowLeft", 0.5),
    ("Weights", "ArrowRight", 0.3),
    ("Steps", "ArrowLeft", 0.3),
    ("Training points", "ArrowRight", 0.5),
]


@pytest.mark.parametrize(("name", "key", "place"), MOVES, ids=[name for name, *_ in MOVES])
def test_every_control_moves_pictures_and_sound(hand, name, key, place):
    for move in (lambda: hand.by_keyboard(name, key), lambda: hand.by_mouse(name, place)):
        move()
        before, after = hand.settled()
        pictures, sounds = changes(before, after)
        assert pictures == {0, 1}
        assert FIT in sounds
        assert NOTE not in sounds
        assert after["says"] != before["says"]
        assert all(label in after["says"] for label in (FIT, STOPPED, NOTE))


def test_nothing_is_amiss(hand, record_property):
    assert hand.page.locator(".nn-controls [role=slider]").count() == len(MOVES)
    hand.report(record_property, "learning")
    assert violations(hand.page) == []
    assert hand.window.complaints == []


def test_it_says_in_words_what_happens(address, visit):
    """Overfitting at first; a rate that is too high; one that is too low for so few steps."""
    hand = Hand(visit(), f"{address}/learning.html")
    assert "It is overfitting: the held-out error was lowest, 3.3 dB, after 16 steps" in hand.now["says"]
    hand.by_keyboard("Learning rate", "End")
    _, after = hand.settled()
    assert "It diverges: beyond a learning rate of 0.98" in after["says"]
    assert all("It diverges" in label for label in after["labels"])
    for sound, _ in after["sounds"].values():
        assert np.abs(sound).max() <= 1
    hand.by_keyboard("Learning rate", "Home")
    hand.settled()
    hand.by_mouse("Steps", 0.5)
    _, after = hand.settled()
    assert "The held-out error was still falling" in after["says"]
    assert hand.window.complaints == []


def test_a_finger_moves_it_on_a_telephone(address, chromium):
    with hand_on_telephone(chromium, f"{address}/learning.html") as hand:
        hand.by_finger("Weights", 0.2)
        before, after = hand.settled()
        assert changes(before, after)[0] == {0, 1}
