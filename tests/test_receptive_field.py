"""The explorer of the receptive field: what it says is what convolutions do, in both languages and on a page."""

import json
import subprocess
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from explorer_pages import served_pages
from hand import Hand, changes, hand_on_telephone, violations
from helpers import NODE, RATE, ROOT, settings_of
from torch import nn
from traitlets import TraitError

from nsynthlib.data import pocket
from nsynthlib.widgets import receptive_field_explorer
from nsynthlib.widgets.receptive_field import NOTE, dilations_of, tree_of

DEFAULT = {"kernel_size": 2, "layers": 5, "stacks": 1, "growth": "doubled"}
CHOICES = [
    {},
    {"layers": 1},
    {"kernel_size": 3, "layers": 4, "stacks": 2},
    {"kernel_size": 4, "layers": 3, "growth": "constant"},
    {"kernel_size": 4, "layers": 10, "stacks": 4},
    {"layers": 10, "stacks": 3},
]
SOUND = "As much of a note as one output sees"

# Reads settings and a note; writes the figure, arrays as lists with null for NaN, and the sound.
REACH = """
import { answers } from "./nsynthlib/web/engine/answers.mjs";
import { playReach } from "./nsynthlib/web/dsp/receptive_field.mjs";
import { readFileSync, writeFileSync } from "node:fs";
const { settings, note } = JSON.parse(readFileSync(0, "utf8"));
const figure = Object.entries(answers.receptiveField.figure({ settings })).map(([name, values]) => [name, [...values]]);
const sound = [...playReach(settings, Float32Array.from(note), 16000)];
writeFileSync(1, JSON.stringify({ figure: Object.fromEntries(figure), sound }));
"""


def told(**chosen) -> dict:
    return DEFAULT | chosen


def figure_of(**chosen) -> dict:
    widget = receptive_field_explorer(**told(**chosen)).widget
    return widget.answer("figure", settings_of(widget))


def stack_of_ones(kernel_size: int, dilations: list[int]) -> nn.Sequential:
    """Convolutions whose weights are 1, so that every input that can change the output does."""
    convs = [nn.Conv1d(1, 1, kernel_size, dilation=d, bias=False, dtype=torch.float64) for d in dilations]
    for conv in convs:
        nn.init.ones_(conv.weight)
    return nn.Sequential(*convs)


@pytest.mark.parametrize("chosen", CHOICES[:4], ids=str)
def test_the_field_is_where_torch_finds_a_gradient(chosen):
    """The inputs that the last output of PyTorch's convolutions depends on are the tree's lowest row."""
    settings = told(**chosen)
    size = settings.pop("kernel_size")
    dilations = dilations_of(**settings)
    tree = tree_of(size, dilations)
    x = torch.zeros(1, 1, tree.reach[-1] + 20, dtype=torch.float64, requires_grad=True)
    stack_of_ones(size, dilations)(x)[..., -1].backward()
    ago = x.shape[-1] - 1 - x.grad[0, 0].nonzero()[:, 0]
    assert sorted(ago.tolist()) == tree.places[0].tolist()
    assert max(ago) + 1 == tree.reach[-1]


@pytest.mark.parametrize("layers", range(1, 11))
def test_a_doubled_stack_reaches_two_to_the_layers(layers):
    """And its tree has 2^L - 1 numbers above the samples, of two products each (Paine et al. 2016)."""
    tree = tree_of(2, dilations_of(layers=layers, stacks=1, growth="doubled"))
    assert tree.reach[-1] == 2**layers
    assert tree.products[-1] == 2 * (2**layers - 1)


def test_a_constant_stack_grows_slowly():
    tree = tree_of(3, [1] * 7)
    assert tree.reach == [3, 5, 7, 9, 11, 13, 15]
    assert [len(row) for row in tree.places] == [15, 13, 11, 9, 7, 5, 3, 1]
    assert tree.products[-1] == 3 * (13 + 11 + 9 + 7 + 5 + 3 + 1)


@pytest.mark.parametrize("chosen", CHOICES, ids=str)
def test_a_branch_leads_from_every_dot_to_those_it_is_made_of(chosen):
    figure, settings = figure_of(**chosen), told(**chosen)
    ends = np.stack([figure["branches_x"], figure["branches_y"]], 1).reshape(-1, 3, 2)
    assert np.isnan(ends[:, 2, 1]).all()
    size = settings.pop("kernel_size")
    dilations = np.array(dilations_of(**settings))
    assert (ends[:, 0, 1] - ends[:, 1, 1] == 1).all()
    steps = (ends[:, 0, 0] - ends[:, 1, 0]) / dilations[ends[:, 1, 1].astype(int)]
    assert set(steps.tolist()) == set(range(size))
    dots = set(zip(figure["dots_x"], figure["dots_y"], strict=True))
    assert {tuple(end) for end in ends[:, 0].tolist()} == {dot for dot in dots if dot[1] > 0}
    assert figure["queued"].tolist() == [size * n for n in range(1, len(dilations) + 1)]


@pytest.mark.parametrize("chosen", CHOICES, ids=str)
def test_as_much_of_the_note_is_heard_as_the_stack_reaches(chosen):
    widget = receptive_field_explorer(**told(**chosen)).widget
    sound, rate = widget.audio("sound", settings_of(widget), widget.source_of((), {}))
    reach = int(widget.answer("figure", settings_of(widget))["reach"][-1])
    [note] = [note for note in pocket() if note.name == NOTE]
    assert rate == RATE == len(sound)
    assert (sound[1600:][:reach] - note.audio[1600:][:reach]).abs().max() < 1e-4
    assert not sound[:1600].any()
    assert not sound[1600 + reach :].any()


@pytest.mark.parametrize("chosen", CHOICES, ids=str)
def test_both_languages_give_the_same(chosen):
    widget = receptive_field_explorer(**told(**chosen)).widget
    settings = settings_of(widget)
    note = widget.source_of((), {})
    command = [NODE, "--input-type=module", "--eval", REACH]
    given = json.dumps({"settings": settings, "note": note.tolist()}).encode()
    done = subprocess.run(command, input=given, capture_output=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr.decode()
    theirs = json.loads(done.stdout)
    ours = widget.answer("figure", settings)
    assert theirs["figure"].keys() == ours.keys()
    for name, values in ours.items():
        np.testing.assert_array_equal(np.array(theirs["figure"][name], dtype=float), values, name)
    assert np.abs(np.array(theirs["sound"]) - widget.audio("sound", settings, note)[0].numpy()).max() < 1e-7


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kernel_size": 5}, "kernel_size 5 is not offered; choose one from 2 to 4 numbers"),
        ({"layers": 0}, "layers 0 is not offered; choose one from 1 to 10 layers"),
        ({"stacks": 5}, "stacks 5 is not offered; choose one from 1 to 4 stacks"),
        ({"growth": "tripled"}, "growth 'tripled' is not offered; choose one of doubled, constant"),
    ],
)
def test_what_the_controls_do_not_have_is_refused_in_one_line(given, words):
    with pytest.raises(ValueError, match=f"^{words}$"):
        receptive_field_explorer(**given)


def test_the_widget_refuses_too():
    with pytest.raises(TraitError, match="layers 11 is not offered"):
        receptive_field_explorer().widget.layers = 11


def test_its_module_is_small_and_one_file():
    source = receptive_field_explorer().widget._esm
    assert "\nimport " not in source
    assert len(source) < 40_000


# --- on a page ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    with served_pages(tmp_path_factory.mktemp("pages"), {"field": receptive_field_explorer}) as address:
        yield address


@pytest.fixture(scope="module")
def hand(address, visit) -> Hand:
    return Hand(visit(), f"{address}/field.html")


MOVES = [("Kernel size", "ArrowRight", 0.9), ("Layers a stack", "ArrowRight", 0.3), ("Stacks", "ArrowRight", 0.9)]


@pytest.mark.parametrize(("name", "key", "place"), MOVES, ids=[name for name, *_ in MOVES])
def test_every_slider_moves_pictures_and_sound(hand, name, key, place):
    for move in (lambda: hand.by_keyboard(name, key), lambda: hand.by_mouse(name, place)):
        move()
        before, after = hand.settled()
        assert changes(before, after) == ({0, 1}, {SOUND})
        assert after["says"] != before["says"]


def test_the_dilation_is_chosen_from_a_list(hand):
    hand.by_mouse("Dilation", 1)
    before, after = hand.settled()
    assert changes(before, after) == ({0, 1}, {SOUND})
    assert before["says"] != after["says"]


def test_nothing_is_amiss(hand, record_property):
    hand.report(record_property, "receptive field")
    assert violations(hand.page) == []
    assert hand.window.complaints == []


def test_it_says_what_the_formula_says(address, visit):
    """32 samples; 62 products from the samples on, 10 with queues, which store 31 numbers."""
    hand = Hand(visit(), f"{address}/field.html")
    says = "5 layers of kernel size 2 reach 32 samples: 4.00 ms at 8 kHz, 2.00 ms at 16 kHz. One more sample takes "
    says += "62 multiplications a channel from the samples on, and 10 with queues, which store 31 numbers."
    assert hand.now["says"].startswith(says)
    assert all(says in label for label in hand.now["labels"])
    hand.by_keyboard("Layers a stack", "End")
    _, after = hand.settled()
    assert "reach 1,024 samples: 128 ms at 8 kHz, 64 ms at 16 kHz" in after["says"]
    assert "The picture ends 512 samples ago" in after["labels"][0]
    assert hand.window.complaints == []


def test_a_finger_moves_it_on_a_telephone(address, chromium):
    with hand_on_telephone(chromium, f"{address}/field.html") as hand:
        hand.by_finger("Layers a stack", 0.8)
        before, after = hand.settled()
        assert changes(before, after)[0] == {0, 1}
