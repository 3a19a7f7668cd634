"""Morphing: its ends are the notes, what lies between is what a formula says, and both languages and a page agree."""

import json
import subprocess
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from explorer_pages import served_pages
from hand import Hand, changes, hand_on_telephone, violations
from helpers import NODE, RATE, ROOT, harmonics, rms, settings_of, strongest

from nsynthlib.errors import UsageError
from nsynthlib.synthesis import Morph, morph
from nsynthlib.synthesis.morphing import follow_partials, pitch_weight
from nsynthlib.widgets import morph_explorer

PAIRS = [  # lower and higher, plucked and blown, whispered by a loud one
    ("brass_acoustic_057-046-075", "vocal_acoustic_053-052-100"),
    ("keyboard_acoustic_000-060-100", "flute_acoustic_073-091-025"),
    ("reed_acoustic_071-070-100", "guitar_acoustic_024-045-100"),
]

# Reads the bytes of two notes and a position; writes the answers' cells and the sound.
MORPH = """
import { answers } from "./nsynthlib/web/engine/answers.mjs";
import { makeMorph } from "./nsynthlib/web/dsp/synthesis/morphing.mjs";
import { readFileSync, writeSync } from "node:fs";
const { position, note } = JSON.parse(readFileSync(0, "utf8"));
const both = Float64Array.from(note);
const { cells, faded } = answers.morph.figure({ settings: { position }, note: both, sampleRate: 16000 });
const sound = makeMorph(both.slice(0, both.length / 2), both.slice(both.length / 2)).at(position);
const bytes = Buffer.concat([cells, faded, new Uint8Array(sound.buffer)]);
for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
"""


@pytest.fixture(scope="module")
def note_of(pocket_notes):
    by_name = {note.name: note for note in pocket_notes}
    return lambda name: by_name[name].audio


def tone(hertz: float, levels: list[float]) -> torch.Tensor:
    """Two seconds of partials of these levels in dB."""
    time = np.arange(2 * RATE) / RATE
    partials = [10 ** (db / 20) * np.sin(2 * np.pi * hertz * k * time + k * k) for k, db in enumerate(levels, start=1)]
    return torch.from_numpy(np.sum(partials, axis=0)).float()


def level(sound: torch.Tensor, hertz: float) -> float:
    """Level in dB of the sine at ``hertz`` in the middle second, under a Blackman-Harris window."""
    from scipy.signal import get_window

    middle = sound[RATE // 2 : RATE // 2 + RATE].double().numpy() * get_window("blackmanharris", RATE)
    turns = np.exp(-2j * np.pi * hertz * np.arange(RATE) / RATE)
    return 20 * np.log10(abs(middle @ turns) * 2 / get_window("blackmanharris", RATE).sum())


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_the_ends_are_the_notes(note_of, first, second):
    a, b = note_of(first), note_of(second)
    pair = Morph(a, b)
    assert (pair.at(0) - a).abs().max() < 1e-7
    assert (pair.at(1) - b).abs().max() < 1e-7
    assert rms(pair.at(0.5) - a) > 0.3 * rms(a)


def test_partials_hold_nearly_all_of_a_harmonic_sound():
    """Steady sines are followed to -50 dB and better away from the ends; amplitudes within 0.05 dB."""
    levels = [-12.0, -20.0, -15.0, -30.0]
    sound = tone(261.63, levels)
    partials = follow_partials(sound)
    left = sound.double() - partials.sound(len(sound))
    assert 20 * np.log10(rms(left[4096:-4096]) / rms(sound)) < -50
    assert (partials.hertz[0, 5:-5] / 261.63 - 1).abs().max() < 1e-4
    measured = partials.levels[:4, 20].numpy()
    assert np.abs(measured - levels).max() < 0.05


def test_halfway_levels_are_the_mean_in_decibels_and_the_pitch_is_the_middle_of_the_interval():
    """Differences between partials, since all are raised together to keep the power."""
    first, second = [-12.0, -30.0, -18.0, -40.0], [-14.0, -16.0, -36.0, -20.0]
    a, b = tone(200, first), tone(300, second)
    middle = morph(a, b, 0.5)
    base = np.sqrt(200 * 300)
    assert 1200 * np.log2(strongest(middle[8000:24_000].numpy()) / base) == pytest.approx(0, abs=8)
    measured = np.array([level(middle, k * base) for k in range(1, 5)])
    paper = (np.array(first) + second) / 2
    assert measured - measured[0] == pytest.approx(paper - paper[0], abs=0.5)
    power = [10 * np.log10((10 ** (np.array(x) / 10)).sum()) for x in (first, second, measured)]
    assert power[2] == pytest.approx((power[0] + power[1]) / 2, abs=0.5)


def test_a_cross_fade_would_fail_those_tests():
    """It holds both pitches, and neither is the middle."""
    a, b = tone(200, [-12.0]), tone(300, [-14.0])
    faded = (a + b) / 2
    assert level(faded, 200) == pytest.approx(-18, abs=0.1)
    assert level(faded, np.sqrt(200 * 300)) < -80
    assert level(morph(a, b, 0.5), 200) < -50


@pytest.mark.parametrize(("interval", "position", "weight"), [(2, 0.5, np.sqrt(2) - 1), (1, 0.3, 0.3), (0.5, 1, 1)])
def test_pitch_goes_through_equal_intervals(interval, position, weight):
    assert pitch_weight(interval, position) == pytest.approx(weight, abs=1e-9)


def test_a_sound_without_pitch_is_cross_faded():
    noise = torch.from_numpy(0.1 * np.random.default_rng(0).standard_normal(32_000)).float()
    sound = torch.from_numpy(harmonics(220, 4, 2)).float() / 4
    assert follow_partials(noise) is None
    assert morph(noise, sound, 0.25) == pytest.approx(0.75 * noise + 0.25 * sound, abs=1e-6)


def test_the_shorter_note_is_followed_by_silence():
    a, b = tone(220, [-6.0]), tone(220, [-6.0])[:9001]
    end = morph(a, b, 1)
    assert len(end) == len(a)
    assert (end[:9001] - b).abs().max() < 1e-6
    assert end[9001:].abs().max() < 1e-6


@pytest.mark.parametrize(
    ("a", "position", "says"),
    [
        (torch.zeros(2000), 0.5, r"the shape of note a is \[2000\]; it must be \[2048 or more samples\]"),
        (torch.zeros(1, 4000), 0.5, r"the shape of note a is \[1, 4000\]; it must be"),
        (torch.ones(4000), 1.5, "position is 1.5; it must be from 0, the first note, to 1, the second"),
    ],
)
def test_what_cannot_be_morphed_is_refused_in_one_line(a, position, says):
    with pytest.raises(UsageError, match=f"^{says}[^\n]*$"):
        morph(a, torch.ones(4000), position)


# --- the explorer ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("position", [0.0, 0.35, 1.0])
@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_both_languages_give_the_same(note_of, first, second, position):
    """Samples within 1e-4, -80 dB of full scale; cells of the pictures within one of 256 levels."""
    widget = morph_explorer(note_of(first), note_of(second), position=position).widget
    note = widget.source_of((), {})
    job = json.dumps({"position": position, "note": note.double().tolist()})
    command = [NODE, "--input-type=module", "--eval", MORPH]
    done = subprocess.run(command, input=job.encode(), capture_output=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr.decode()
    figure = widget.answer("figure", settings_of(widget))
    size = figure["cells"].size
    for at, name in enumerate(("cells", "faded")):
        theirs = np.frombuffer(done.stdout[at * size : (at + 1) * size], "u1").astype(int)
        assert np.abs(theirs - figure[name].ravel()).max() <= 1
    sound, rate = widget.audio("sound", settings_of(widget), note)
    assert rate == RATE
    assert np.abs(np.frombuffer(done.stdout[2 * size :]) - sound.numpy()).max() < 1e-4


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"position": 1.5}, "position 1.5 is not offered; choose one from 0 to 1"),
        ({"a": np.zeros(100)}, "the length of note a, 100 is not offered; choose one from 2048 to 64000 samples"),
        ({"b": np.zeros(70_000)}, "the length of note b, 70000 is not offered"),
    ],
)
def test_explorer_refuses_in_one_line(arguments, says):
    with pytest.raises(ValueError, match=says):
        morph_explorer(**arguments)


def test_explorer_says_what_it_is():
    assert repr(morph_explorer()) == "MorphExplorer(2 notes of 64000 samples)"


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    with served_pages(tmp_path_factory.mktemp("pages"), {"morph": morph_explorer}) as address:
        yield address


@pytest.fixture(scope="module")
def hand(address, visit) -> Hand:
    return Hand(visit(), f"{address}/morph.html")


def test_the_slider_moves_pictures_and_sounds(hand):
    for move in (lambda: hand.by_keyboard("Position", "ArrowLeft"), lambda: hand.by_mouse("Position", 0.8)):
        move()
        before, after = hand.settled()
        assert changes(before, after) == ({0, 1}, {"Morph of partials", "Cross-fade"})
        assert after["says"] != before["says"]


@pytest.mark.parametrize(("key", "example"), [("Home", 0), ("End", 1)])
def test_the_slider_s_ends_are_the_notes(hand, note_of, key, example):
    hand.by_keyboard("Position", key)
    _, after = hand.settled()
    for sound, rate in after["sounds"].values():
        assert rate == RATE
        assert np.abs(sound - note_of(PAIRS[0][example]).numpy()).max() < 2 / 32_768
    assert "note itself" in after["says"]


def test_nothing_is_amiss(hand, record_property):
    hand.report(record_property, "morph")
    assert violations(hand.page) == []
    assert hand.window.complaints == []


def test_a_finger_moves_it_on_a_telephone(address, chromium):
    with hand_on_telephone(chromium, f"{address}/morph.html") as hand:
        hand.by_finger("Position", 0.2)
        before, after = hand.settled()
        assert changes(before, after) == ({0, 1}, {"Morph of partials", "Cross-fade"})
