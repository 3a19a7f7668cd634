"""The explorers of synthesis: both languages make the same notes, and a page answers to mouse, finger and keyboard."""

import json
import subprocess
from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest
import torch
from explorer_pages import served_pages
from hand import Hand, changes, violations, wav
from helpers import NODE, ROOT, harmonics, settings_of

from nsynthlib.shared_random import SharedRandom
from nsynthlib.spectral import FLOOR_DB, stft, to_db
from nsynthlib.synthesis import ADSR
from nsynthlib.synthesis.harmonics import FRAMES, fundamentals, take_apart
from nsynthlib.widgets import synthesis_explorer
from nsynthlib.widgets.synthesis_notes import ENVELOPE, TRANSFORM, WAYS

# Reads a job, writes its samples.
MAKE = """
import { makeNote } from "./nsynthlib/web/dsp/synthesis/notes.mjs";
import { makeRandom } from "./nsynthlib/web/dsp/phase.mjs";
import { readFileSync, writeSync } from "node:fs";
const { settings, note, draws } = JSON.parse(readFileSync(0, "utf8"));
const out = draws ? Float64Array.from({ length: draws }, makeRandom(0)) : makeNote(settings, Float64Array.from(note));
const bytes = new Uint8Array(out.buffer);
for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
"""

# Settings far from where the controls stand at first.
EXTREMES = {
    "additive": {"slope": -2.0, "even": -30.0, "inharmonicity": 0.002, "pitch": 41, "velocity": 40},
    "subtractive": {"wave": "pulse", "cutoff": 3000.0, "resonance": 20.0, "depth": 2.5, "rate": 7.0, "pitch": 36},
    "fm": {"ratio": 7.5, "index": 12.0, "fading": 10.0, "pitch": 84, "velocity": 127},
    "granular": {"length": 300.0, "density": 200.0, "jitter": 1.0, "pitch": 36, "attack": 1.0},
    "plucked": {"ringing": 20.0, "cutoff": 8000.0, "position": 0.04, "pitch": 84, "sustain": -40.0},
    "spectral": {"noise": 10.0, "shift": -200.0, "stretch": 1.2, "pitch": 79, "release": 1.0},
}


def voice(seconds: float) -> np.ndarray:
    """A steady tone of 20 partials at 196 Hz over faint noise, of 16 bits, as a reader might sing it, [samples]."""
    time = np.arange(round(seconds * 16_000)) / 16_000
    partials = sum(np.sin(2 * np.pi * 196 * k * time + k) / k for k in range(1, 21))
    noise = np.random.default_rng(0).standard_normal(len(time))
    return np.round(8000 * (0.5 * partials + 0.02 * noise)) / 32_768


def in_javascript(**job) -> np.ndarray:
    command = [NODE, "--input-type=module", "--eval", MAKE]
    done = subprocess.run(command, input=json.dumps(job).encode(), capture_output=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return np.frombuffer(done.stdout)


def spectrogram(sound: torch.Tensor) -> torch.Tensor:
    return to_db(stft(sound.float(), TRANSFORM).abs(), TRANSFORM)


OWN = [("granular", 0.4), ("granular", 3.0), ("spectral", 2.0)]  # ways that start from a sound; seconds of it


@pytest.mark.parametrize(
    ("method", "moved", "own"),
    [(method, moved, 0.0) for method in WAYS for moved in (False, True)]
    + [(method, moved, own) for method, own in OWN for moved in (False, True)],
)
def test_both_languages_make_the_same_note(method, moved, own):
    """Within 0.1 dB wherever either lies above the floor, of the example as of a reader's own sound."""
    explorer = WAYS[method]()
    settings = settings_of(explorer) | (EXTREMES[method] if moved else {})
    note = voice(own) if own else np.frombuffer(explorer.note, "<i2") / 32768
    ours = explorer.sound(settings, torch.from_numpy(note).float())
    theirs = torch.from_numpy(in_javascript(settings=settings, note=note.tolist()).copy())
    assert ours.shape == theirs.shape
    a, b = spectrogram(ours), spectrogram(theirs)
    if method == "fm":  # a side band at the very edge of the decimating filter leaks by the length of its transform
        a, b = a[:480], b[:480]
    above = torch.maximum(a, b) > FLOOR_DB
    assert above.float().mean() > 0.02
    assert (a - b)[above].abs().max() < 0.1


def test_a_sound_is_taken_apart_into_what_it_was_made_of():
    """Levels of partials that stand out within 0.1 dB of 20 log10(a / k); what is left is the noise between them."""
    levels, rest = take_apart(torch.from_numpy(voice(2.0)).float())
    paper = 20 * np.log10(0.5 * 8000 / 32_768 / np.arange(1, 7))
    assert np.abs(levels[:6, 30].numpy() - paper).max() < 0.1
    noise = rest[16_000:24_000].std().item()
    assert 0.7 < noise / (0.02 * 8000 / 32_768) < 1
    assert levels[0, 100] < -150  # after the end of two seconds
    assert rest[40_000:].abs().max() < 1e-6


@pytest.mark.parametrize("hertz", [62, 196.5, 1003])
def test_a_fundamental_is_found(hertz):
    sound = torch.from_numpy(harmonics(hertz, 5))
    found = fundamentals(stft(sound, FRAMES))[10:-10]
    assert (1200 * torch.log2(found / hertz)).abs().max() < 5  # cents


def test_noise_and_silence_have_no_fundamental():
    noise = torch.from_numpy(np.random.default_rng(0).standard_normal(64_000)).float()
    for sound in (noise, torch.zeros(64_000)):
        assert not fundamentals(stft(sound, FRAMES)).any()
        assert take_apart(sound)[1] == pytest.approx(sound)


def test_chance_is_the_same_in_both_languages():
    rng = SharedRandom()
    drawn = np.concatenate([rng.uniform(size=3), rng.uniform(-0.5, 0.5, 2) + 0.5])
    assert np.abs(drawn - in_javascript(draws=5)).max() < 1e-12
    assert SharedRandom().integers(7, size=100).max() == 6


@pytest.mark.parametrize("method", WAYS)
def test_level_follows_velocity_and_nothing_else(method):
    """The peak is -3 dBFS at velocity 127 and 20 log10(v / 127) below for others."""
    explorer = WAYS[method]()
    for velocity in (127, 25):
        peak = explorer.sound(settings_of(explorer) | {"velocity": velocity}).abs().max().item()
        assert 20 * np.log10(peak) == pytest.approx(-3 + 20 * np.log10(velocity / 127), abs=0.01)


def test_envelope_is_the_librarys():
    """A steady sine under two envelopes: their ratio is that of the curves."""
    explorer = WAYS["additive"]()
    settings = settings_of(explorer) | {"slope": -24.0}
    other = {"attack": 0.2, "decay": 5.0, "sustain": -20.0, "release": 0.4}
    a, b = (explorer.sound(settings | change) for change in ({}, other))
    curves = [ADSR(**({name: settings[name] for name in ENVELOPE} | change)).curve() for change in ({}, other)]
    heard = (a.abs() > 1e-3) & (b.abs() > 1e-3)
    ratio = (a / b * curves[1] / curves[0])[heard]
    assert ratio.std() / ratio.mean() < 1e-3


def test_unknown_method_is_refused_in_one_line():
    with pytest.raises(ValueError, match="'drawbar' is unknown; choose one of additive, subtractive, fm, granular"):
        synthesis_explorer("drawbar")


@pytest.mark.parametrize("method", WAYS)
def test_explorer_says_what_it_is(method):
    widget = synthesis_explorer(method)
    assert repr(widget).startswith(f"SynthesisExplorer({method}: ")
    assert "0x" not in repr(widget) + repr(widget.widget)


# --- in a page -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """A server of one page for each method."""
    makers = {method: partial(synthesis_explorer, method) for method in WAYS}
    with served_pages(tmp_path_factory.mktemp("pages"), makers) as address:
        yield address


@pytest.fixture(scope="module", params=WAYS)
def hand(request, address, visit) -> Hand:
    hand = Hand(visit(), f"{address}/{request.param}.html")
    hand.method = request.param
    return hand


def changed(before: dict, after: dict) -> tuple[bool, bool]:
    """Whether the picture and whether the sound is another one, which is not silent."""
    assert after["says"] != before["says"]
    assert all(np.abs(sound).max() > 0.01 for sound, _ in after["sounds"].values())
    pictures, sounds = changes(before, after)
    return bool(pictures), bool(sounds)


def names(hand: Hand) -> list[str]:
    return hand.page.locator(".nn-controls .widget-label").all_inner_texts()


def test_every_control_changes_picture_and_sound(hand):
    assert len(names(hand)) == len(WAYS[hand.method]().labels) + 2
    for name in names(hand):
        control = hand.control(name)
        is_list = control.get_attribute("role") != "slider"
        hand.by_keyboard(name, "ArrowDown" if is_list else "ArrowRight")
        assert changed(*hand.settled()) == (True, True), f"{name} by keyboard"
        hand.by_mouse(name, 3 if is_list else 0.95)  # where no handle stands at first
        assert changed(*hand.settled()) == (True, True), f"{name} by mouse"


def test_own_sound_is_used_or_stands_beside(hand):
    """As loud as it is, seen and heard beside the note; grains and harmonics are the reader's own."""
    example = hand.now
    hand.page.set_input_files(".nn-file", wav(np.stack([2 * voice(1.5), np.zeros(24_000)], 1), 16_000))
    _, after = hand.settled()
    assert len(after["pictures"]) == len(example["pictures"]) + 1
    assert "over 4.0 s" in after["labels"][0]
    assert "over 1.5 s" in after["labels"][1]
    own, rate = after["sounds"]["Your own sound"]
    assert rate == 16_000
    assert np.abs(own - voice(1.5)).max() < 1e-4
    uses_it = not np.array_equal(after["sounds"]["Sound"][0], example["sounds"]["Sound"][0])
    assert uses_it == (hand.method in ("granular", "spectral"))
    assert ("Pitch (MIDI)" in inert(hand)) == (hand.method == "granular")
    name = next(iter(WAYS[hand.method]().labels.values()))[0]
    [name] = [full for full in names(hand) if full.startswith(name)]
    is_list = hand.control(name).get_attribute("role") != "slider"
    hand.by_keyboard(name, "ArrowUp" if is_list else "ArrowLeft")
    pictures, sounds = changes(*hand.settled())
    assert (pictures, sounds) == ({0}, {"Sound"})
    assert violations(hand.page) == []
    hand.view.get_by_role("button", name="Back to the example").click()
    _, again = hand.settled()
    assert set(again["sounds"]) == {"Sound"}
    assert len(again["pictures"]) == len(example["pictures"])
    assert inert(hand) == []


def inert(hand: Hand) -> list[str]:
    """Controls out of reach."""
    return hand.page.locator(".nn-controls [inert] .widget-label").all_inner_texts()


def test_corners_of_the_envelope_move_by_keyboard_and_by_mouse(hand):
    for name, key, (dx, dy) in [  # the end first, while the note still lasts until then
        ("Release", "PageUp", (20, 0)),
        ("Sustain", "PageDown", (0, 20)),
        ("Attack", "PageUp", (25, 0)),
        ("Decay", "PageUp", (-12, 0)),
    ]:
        handle = hand.view.get_by_role("slider", name=name, exact=True)
        before = handle.get_attribute("aria-valuetext")
        handle.focus()
        hand.page.keyboard.press(key)
        assert changed(*hand.settled()) == (True, True), f"{name} by keyboard"
        assert handle.get_attribute("aria-valuetext") != before
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        hand.page.mouse.move(x, y)
        hand.page.mouse.down()
        hand.page.mouse.move(x + dx, y + dy)
        hand.page.mouse.up()
        assert changed(*hand.settled()) == (True, True), f"{name} by mouse"


def test_home_and_end_are_the_limits(hand):
    handle = hand.view.get_by_role("slider", name="Release", exact=True)
    handle.focus()
    for key, end in (("Home", "aria-valuemin"), ("End", "aria-valuemax")):
        hand.page.keyboard.press(key)
        assert handle.get_attribute("aria-valuenow") == handle.get_attribute(end)
    hand.settled()
    assert handle.get_attribute("aria-valuetext") == "1.0 seconds"


def test_everything_has_a_name_and_a_unit(hand):
    assert any(label.startswith("Spectrogram: frequency") for label in hand.now["labels"])
    assert "Envelope: attack" in hand.now["says"]
    assert "peak" in hand.now["says"]
    unnamed = hand.page.locator(".nn-explorer").evaluate(
        """(all) => [...all.querySelectorAll("[role=slider], [contenteditable=true], audio, canvas, progress")]
        .filter((part) => !part.getAttribute("aria-label")).map((part) => part.outerHTML)"""
    )
    assert unnamed == []
    said = hand.view.get_by_role("slider").evaluate_all("(all) => all.map((h) => h.getAttribute('aria-valuetext'))")
    assert len(said) == 4
    assert all(text.endswith(("seconds", "decibels")) for text in said)


def test_nothing_is_amiss(hand, record_property):
    hand.report(record_property, hand.method)
    assert hand.window.complaints == []


@pytest.mark.parametrize("method", WAYS)
def test_everything_fits_a_telephone(address, visit, method):
    """With a reader's own sound beside the note, too."""
    hand = Hand(visit(390), f"{address}/{method}.html")
    hand.page.set_input_files(".nn-file", wav(voice(1), 16_000))
    hand.settled()
    assert hand.window.overflow() <= 0
    parts = (".nn-controls .widget-inline-hbox", ".nn-canvas", ".nn-handle", ".nn-audio", ".nn-button")
    boxes = [box.bounding_box() for box in hand.page.locator(", ".join(parts)).all()]
    assert len(boxes) >= 16
    for place in boxes:
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= 390
    handle = hand.view.get_by_role("slider", name="Sustain", exact=True)
    handle.focus()
    hand.page.keyboard.press("ArrowDown")
    assert changed(*hand.settled()) == (True, True)
    hand.window.context.close()
