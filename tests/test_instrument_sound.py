"""The sounding half of the instrument: in tune, without clicks, as Python has it, and at once."""

from collections.abc import Iterator
from functools import cache
from statistics import median

import numpy as np
import pytest
import torch
from helpers import RATE
from instrument_pages import Bench, instrument_site, packed, unpacked
from scipy import signal

from nsynthlib.audio import estimate_pitch, limit_peak
from nsynthlib.constants import CONSTANTS
from nsynthlib.data import FAMILIES
from nsynthlib.generation import GRIFFIN_LIM_STEPS, decode
from nsynthlib.generation import pad as pads
from nsynthlib.generation.notes import condition_of_sound
from nsynthlib.generation.points import points_of
from nsynthlib.playing.sustain import hold, layer_and_gain, play

GAIN = 0.25  # of a voice
pad_of = cache(pads.pad_of)  # each takes a second
TIME = np.arange(64_000) / RATE


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[str]:
    with instrument_site(tmp_path_factory.mktemp("instrument")) as address:
        yield address


@pytest.fixture(scope="module")
def bench(site, visit) -> Iterator[Bench]:
    bench = Bench(visit(), site)
    bench.start()
    yield bench
    assert bench.run("return window.errors;") == []
    assert bench.window.complaints == []


# --- a held note, beside Python's -----------------------------------------------------------------------------------


def tone(decay_db: float, hertz: float = 220.0, level: float = 0.5) -> np.ndarray:
    """Three partials that decay by so many dB a second and fade from 3 s on, float64 [64000]."""
    sound = sum(np.sin(2 * np.pi * k * hertz * TIME + k) / k for k in (1, 2, 3))
    return level * sound * 10 ** ((decay_db * TIME - 50 * np.maximum(TIME - 3, 0)) / 20)


HELD = {
    "decaying": tone(-9.0),
    "rising": tone(3.0, 311.1, 0.1),
    "dying away": tone(-40.0),
    "noise": np.random.default_rng(0).normal(0, 0.1, 64_000),
    "no more than a knock": np.where(TIME < 0.1, tone(0.0), 0.0),
    "silence": np.zeros(64_000),
}


@pytest.mark.parametrize("kind", HELD)
def test_a_held_note_is_pythons(bench, kind):
    answer = bench.run(
        """const { samples, release, ...rest } = core.hold(take(given.note, Float64Array));
        return { ...rest, samples: give(samples), release: give(release) };""",
        note=packed(HELD[kind]),
    )
    held = hold(HELD[kind])
    assert (answer["loopStart"], answer["loopEnd"]) == (held.loop_start, held.loop_end)
    assert answer["decayDb"] == pytest.approx(held.decay_db, abs=1e-6)
    np.testing.assert_allclose(unpacked(answer["samples"], "<f8"), held.samples, rtol=0, atol=1e-6)
    np.testing.assert_allclose(unpacked(answer["release"], "<f8"), held.release, rtol=0, atol=1e-6)


def test_velocities_are_pythons(bench):
    found = bench.run("return Array.from({ length: 127 }, (_, i) => Object.values(core.layerAndGain(i + 1)));")
    assert found == [pytest.approx(layer_and_gain(velocity)) for velocity in range(1, 128)]


def test_three_times_the_rate_is_the_same_sound(bench):
    """Sines up to 7 kHz are, within -80 dB, what they are when they are sampled at 48 kHz; each sample stays."""
    hertz = np.array([55.0, 440.0, 3000.0, 7000.0])
    fine, coarse = (
        sum(np.sin(2 * np.pi * hertz[:, None] * np.arange(n) / rate)) for n, rate in ((9600, 48e3), (3200, 16e3))
    )
    found = unpacked(bench.run("return give(core.upsample(take(given.x, Float64Array)));", x=packed(coarse)))
    np.testing.assert_array_equal(found[::3], coarse.astype("<f4"))
    assert np.abs(found - fine)[300:-300].max() < 4e-4


def test_nothing_lies_above_the_old_limit(bench):
    """White noise: from 9 kHz on its images lie 70 dB below it."""
    noise = np.random.default_rng(1).normal(0, 0.1, 16_000)
    found = unpacked(bench.run("return give(core.upsample(take(given.x, Float64Array)));", x=packed(noise)))
    hertz, power = signal.welch(found, 48_000, nperseg=4096, window="blackmanharris")
    assert 10 * np.log10(power[hertz > 9000].max() / power[hertz < 7000].mean()) < -70


# --- what the model is told ------------------------------------------------------------------------------------------


def test_places_are_pythons(bench, model):
    pad = pad_of(model, "reed")
    oboe = points_of(model, "reed")[1]
    found = bench.run(
        """const manifest = await (await fetch("/_static/nsynthlib/manifest.json")).json();
        const place = { ...core.defaults(), family: "reed", x: 0.5, y: -1.25, u: 2, v: -0.75 };
        const at = (settings) => [...core.toldOf(manifest, settings).z];
        return [at(place), at({ ...place, point: given.point }), at({ ...place, point: "own", own: given.own })];""",
        point=oboe.name,
        own="ABAA8A" + "AAAA" * 31,  # 1, -1 and 46 noughts, in steps of 1/4096
    )
    moved = pad.at(0.5, -1.25, 2, -0.75) - pad.middle
    own = torch.zeros(48)
    own[:2] = torch.tensor([1.0, -1.0])
    for z, base in zip(found, (pad.middle, oboe.z, own), strict=True):
        torch.testing.assert_close(torch.tensor(z), base + moved, rtol=0, atol=1e-4)


def test_a_morph_turns_evenly(bench):
    """Halfway between vectors of lengths 1 and 3 at a right angle, and where there is no one way to turn."""
    found = bench.run(
        """const ways = [[[1, 0], [0, 3], 0.5], [[1, 0], [-1, 0], 0.25], [[0, 0], [2, 0], 0.5], [[1, 2], [3, 1], 1]];
        return ways.map(([a, b, part]) => [...core.slerp(Float64Array.from(a), Float64Array.from(b), part)]);"""
    )
    assert found == [pytest.approx(z) for z in ([2**0.5, 2**0.5], [0.5, 0], [1, 0], [3, 1])]


def test_a_link_holds_every_setting(bench):
    settings = {"family": "synth_lead", "point": "Saw Wave", "x": 0.5, "y": -2, "u": 1.25, "v": 0.1, "morph": 0.3}
    settings |= {"second": "family=vocal&x=1.5", "texture": 0.4, "velocity": 64, "curve": -0.5, "octave": -1}
    settings |= {"phrase": "a b;c&d=e", "own": "ABAA8A"}
    link, back, nothing = bench.run(
        """const link = core.toLink({ ...core.defaults(), ...given });
        return [link, core.fromLink(`#${link}`), core.toLink(core.defaults())];""",
        **settings,
    )
    assert back == {"settings": settings, "refused": []}
    assert link.startswith("family=synth_lead&point=Saw+Wave&x=0.5")
    assert nothing == ""


WRONG = {
    "x=3": "x: ",
    "x=": "x: ",
    "morph=NaN": "morph: ",
    "family=gong": "family: ",
    "velocity=64.5": "velocity: ",
    "octave=9": "octave: ",
    "second=family%3Dgong": "second: ",
    "own=%3Cb%3E": "own: ",
    "z=1": "z: there is no such setting",
    "__proto__=1": "__proto__: there is no such setting",
}


@pytest.mark.parametrize(("link", "word"), WRONG.items())
def test_a_wrong_value_in_a_link_is_refused_with_one_line(bench, link, word):
    found = bench.run("return core.fromLink(given.link);", link=f"#y=1&{link}")
    assert found["settings"] == {"y": 1}
    (line,) = found["refused"]
    assert line.startswith(word)
    assert "\n" not in line


def test_a_wrong_setting_throws_and_changes_nothing(bench):
    said = bench.run(
        """try { instrument.settings.x = 5; } catch ({ message }) { return [message, instrument.settings.x]; }"""
    )
    assert said == ["x: 5 is not a number from -2 to 2", 0]


def test_a_point_that_there_is_not_is_refused_and_one_of_another_family_is_left(bench, site, visit):
    other = Bench(visit(), site)
    other.start(family="reed", point="Violin")
    said = other.run("return [window.errors, instrument.settings.point];")
    assert said == [['point: "Violin" is no point of the family reed; its middle is played'], ""]
    left = other.run(
        """Object.assign(instrument.settings, { point: "Oboe" });
        const before = instrument.settings.point;
        instrument.settings.family = "flute";
        return [before, instrument.settings.point];"""
    )
    assert left == ["Oboe", ""]
    other.window.context.close()


# --- the model's notes -----------------------------------------------------------------------------------------------

NOTES = [
    (60, 100, {"family": "reed"}),
    (50, 25, {"family": "vocal", "x": 1.0, "v": -1.5, "texture": 0.0}),
    (72, 75, {"family": "reed", "point": "Clarinet", "second": "family=vocal&x=1", "morph": 0.4}),
]


def expected_picture(model, midi: int, velocity: int, settings: dict) -> torch.Tensor:
    """What Python decodes for settings of the page."""
    told = {"x": 0.0, "v": 0.0, "texture": 1.0} | settings
    family, pad = told["family"], pad_of(model, told["family"])
    base = {point.name: point.z for point in points_of(model, family)}.get(told.get("point", ""), pad.middle)
    z = base + pad.at(told["x"], 0, 0, told["v"]) - pad.middle
    if "second" not in told:
        return decode(model, z, midi, family, velocity, told["texture"])
    other, part = pad_of(model, "vocal").at(1, 0), told["morph"]
    angle = torch.arccos(z @ other / z.norm() / other.norm())
    way = torch.sin((1 - part) * angle) * z / z.norm() + torch.sin(part * angle) * other / other.norm()
    z = torch.lerp(z.norm(), other.norm(), part) * way / torch.sin(angle)
    both = [decode(model, z, midi, name, velocity, told["texture"]) for name in (family, "vocal")]
    return torch.lerp(*both, part)


@pytest.mark.parametrize(("midi", "velocity", "settings"), NOTES)
def test_a_note_is_pythons(bench, model, midi, velocity, settings):
    """By the same few iterations. Phases may differ where two bins are nearly as loud, so pictures are compared."""
    bench.set(**{"point": "", "second": "", "morph": 0, "x": 0, "v": 0, "texture": 1} | settings)
    found = torch.from_numpy(bench.note(midi, velocity).copy())
    db = expected_picture(model, midi, velocity, settings)
    expected = limit_peak(model.log_mel.inverse(db, CONSTANTS["instrument"]["n_iter"]))[0]
    one, other = (model.log_mel(sound).clamp_min(-80) for sound in (found, expected))
    assert expected.std() > 1e-3
    assert (one - other).square().mean().sqrt() < 0.5
    assert float(found @ expected / found.norm() / expected.norm()) > 0.99


@pytest.mark.parametrize(("texture", "loss_db"), [(0.0, 0.25), (1.0, 0.05)])
def test_few_iterations_are_enough(model, texture, loss_db):
    """The sound's log-spectral distance from the picture wanted is hardly more than after the explorers' sixteen."""
    errors = {n: [] for n in (CONSTANTS["instrument"]["n_iter"], GRIFFIN_LIM_STEPS)}
    for family in ("reed", "vocal"):
        db = decode(model, pad_of(model, family).middle, 60, family, 100, texture)
        for n, found in errors.items():
            again = model.log_mel(model.log_mel.inverse(db, n)).clamp_min(-80)
            found.append(float((again - db.clamp_min(-80)).square().mean(0).sqrt().mean()))
    few, many = (np.mean(found) for found in errors.values())
    assert 0.3 < many < few < many + loss_db


KEYS = (48, 57, 66, 72)


def test_keys_are_in_tune(bench, record_property):
    """Within 20 cents of the key for 95 % of keys and families, of what is rendered."""
    off = {}
    bench.set(point="", second="", x=0, v=0, texture=1)
    for family in FAMILIES:
        bench.set(family=family)
        sound = bench.render([(midi, 100, 2.5 * i, 2.5 * i + 1.5) for i, midi in enumerate(KEYS)], RATE)
        for i, midi in enumerate(KEYS):
            piece = torch.from_numpy(sound[round(2.5 * i * RATE) :][: round(1.5 * RATE)].copy())
            off[family, midi] = 100 * (estimate_pitch(piece) - midi)
    wrong = {key: round(cents) for key, cents in off.items() if abs(cents) > 20}
    record_property("keys out of tune, in cents", wrong)
    assert len(wrong) <= 0.05 * len(off), wrong


# --- voices ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [{"family": "organ", "texture": 0.5}, {"family": "guitar", "texture": 1}])
def test_a_key_sounds_as_python_plays_its_note(bench, settings):
    """Eight seconds, through the loop's seams, and the release: sample for sample at 16 kHz."""
    bench.set(x=0, y=0, **settings)
    found = bench.render([(60, 100, 0.0, 8.0)])
    expected = GAIN * play(hold(bench.note(60).astype(np.float64)), 8.0)
    assert len(found) == 9 * 48_000
    assert np.abs(expected).max() > 0.01
    assert np.abs(found[::3][: len(expected)] - expected).max() < 1e-4 * np.abs(expected).max()


def test_a_held_note_keeps_its_level_and_does_not_click(bench):
    """Of an organ without breath, from 1.5 to 8 s: what is left above its partials is nowhere more than elsewhere."""
    bench.set(family="organ", texture=0)
    sound = bench.render([(60, 100, 0.0, 8.0)])[: 8 * 48_000].astype(float)
    held = sound[72_000:]
    levels = 10 * np.log10(np.square(held.reshape(-1, 4800)).mean(1))
    slope, start = np.polyfit(np.arange(len(levels)), levels, 1)
    assert np.abs(levels - start - slope * np.arange(len(levels))).max() < 1.5
    jumps = np.abs(np.diff(held, 3))[:-2397].reshape(-1, 2400).max(1)
    assert jumps.max() < 2.5 * np.median(jumps)


def test_velocity_is_a_layer_and_a_gain(bench):
    """90 is the layer 100 turned down by 40 log10(90/100) dB; 70 is the layer 75; a curve moves what is played."""
    bench.set(family="reed", curve=0)
    loud, softer, layer, other = (bench.render([(60, velocity, 0.0, 1.0)], RATE) for velocity in (100, 90, 75, 70))
    np.testing.assert_allclose(softer, loud * 0.9**2, atol=1e-6)
    np.testing.assert_allclose(other, layer * (70 / 75) ** 2, atol=1e-6)
    assert np.abs(layer / np.abs(layer).max() - loud / np.abs(loud).max()).max() > 0.01
    bench.set(curve=1)
    np.testing.assert_array_equal(bench.render([(60, 79, 0.0, 1.0)], RATE), loud)  # 127 sqrt(79 / 127) is 100
    bench.set(curve=0)


CHORD = (48, 52, 55, 59, 60, 64, 67, 71)


def test_eight_voices_neither_clip_nor_gap(bench):
    """As loud as they get, their sum is the sum of each by itself: nothing is cut off and nothing turned down."""
    bench.set(family="keyboard")
    events = [(midi, 127, 0.1 * i, 4.0) for i, midi in enumerate(CHORD)]
    together = bench.render(events, RATE)
    alone = sum(bench.render([event], RATE) for event in events)
    assert np.abs(together).max() < 0.8
    assert np.abs(together).max() > 0.05
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_what_would_clip_is_bent(bench):
    """Forty copies of one loud note reach far beyond full scale; the output comes near it and never there."""
    sound = bench.render([(60, 127, 0.0, 1.0)] * 40, RATE)
    assert 0.8 < np.abs(sound).max() < 1


def test_a_link_restores_the_sound_sample_for_sample(bench, site, visit):
    bench.set(family="vocal", x=0.4, u=-1, texture=0.7, second="family=brass", morph=0.2)
    events = [(60, 100, 0.0, 3.5), (67, 60, 0.5, 1.0)]
    link = bench.run("return instrument.link();")
    here = bench.render(events)
    other = Bench(visit(), site)
    other.start(**other.run("return core.fromLink(given.link).settings;", link=link))
    assert here.std() > 1e-3
    np.testing.assert_array_equal(other.render(events), here)


# --- playing ---------------------------------------------------------------------------------------------------------


def test_keys_sound_at_once(bench, record_property):
    """All keys get ready; eight are pressed together; how long they wait is recorded, and is not the machine's affair
    where their notes are ready."""
    bench.set(family="organ", second="", morph=0, x=0, u=0, texture=1, velocity=100)
    took = bench.run(
        """const begun = performance.now();
        await until(() => instrument.prepared().length === 25);
        return performance.now() - begun;"""
    )
    record_property("ms until all keys are prepared", round(took))
    heard, waited = bench.run(
        """const heard = [];
        const ends = ["noteon", "noteoff"].map((kind) => instrument.on(kind, ({ midi }) => heard.push([kind, midi])));
        for (const midi of given.chord) instrument.noteOn(midi, 100);
        for (const midi of given.chord) instrument.noteOff(midi);
        ends.forEach((end) => end());
        return [heard, instrument.latencies().slice(-8)];""",
        chord=CHORD,
    )
    assert heard == [["noteon", midi] for midi in CHORD] + [["noteoff", midi] for midi in CHORD]
    assert [one["midi"] for one in waited] == list(CHORD)
    assert all(one["prepared"] for one in waited)
    record_property("ms from key to start(), prepared", median(one["ms"] for one in waited))
    assert median(one["ms"] for one in waited) < 20


def test_a_key_whose_note_is_not_ready_comes_first(bench, record_property):
    """A key far from the one played last, pressed right after a change, sounds before the others are ready."""
    ready, waited = bench.run(
        """instrument.settings.y = 0.7;
        const heard = new Promise((resolve) => instrument.on("noteon", resolve));
        instrument.noteOn(72, 100);
        await heard;
        instrument.allOff();
        return [instrument.prepared(), instrument.latencies().at(-1)];"""
    )
    assert 72 in ready
    assert len(ready) < 12
    assert waited["midi"] == 72
    assert waited["prepared"] is False
    record_property("ms from key to start(), not prepared", waited["ms"])


def test_the_pedal_holds_what_is_let_go(bench):
    heard = bench.run(
        """await until(() => instrument.prepared().includes(60) && instrument.prepared().includes(64));
        const heard = [];
        const end = instrument.on("noteoff", ({ midi }) => heard.push(midi));
        instrument.noteOn(60, 100);
        instrument.pedal(true);
        instrument.noteOn(64, 100);
        instrument.noteOff(60);
        const held = [...heard];
        instrument.pedal(false);
        const lifted = [...heard];
        instrument.noteOff(64);
        end();
        return [held, lifted, heard];"""
    )
    assert heard == [[], [60], [60, 64]]


# Writes down which source is told to stop, by the order in which they began, and when.
RECORD = """const begun = [];
  const told = [];
  const { start, stop } = AudioBufferSourceNode.prototype;
  AudioBufferSourceNode.prototype.start = function (...given) {
    begun.push(this);
    return start.apply(this, given);
  };
  AudioBufferSourceNode.prototype.stop = function (when) {
    told.push([begun.indexOf(this), when - instrument.context.currentTime]);
    return stop.call(this, when);
  };"""


def test_the_voice_released_first_makes_room(bench):
    """Sixteen sound; of two that were let go, the one let go first ends at once for the seventeenth, and so on."""
    bench.set(family="organ", x=0, y=0)
    first, second, third = bench.run(
        RECORD
        + """await until(() => instrument.prepared().length === 25);
        for (let midi = 48; midi < 64; midi++) instrument.noteOn(midi, 100);
        instrument.noteOff(55);
        instrument.noteOff(50);
        const ends = [64, 65, 66].map((midi) => {
          told.length = 0;
          instrument.noteOn(midi, 100);
          return told.filter(([, wait]) => wait < 0.1).map(([place]) => place);
        });
        instrument.allOff();
        Object.assign(AudioBufferSourceNode.prototype, { start, stop });
        return ends;"""
    )
    assert (first, second) == ([7], [2])
    assert third == [0]  # none is let go: the oldest


def test_an_own_sound_is_encoded_as_python_does(bench, model, pocket_notes):
    """And it travels in the link, whose steps of 1/4096 are all that may differ."""
    note = pocket_notes.filter(name="reed_acoustic_068-065-075")[0]
    z = bench.run(
        """const told = { pitch: given.pitch, family: "reed", velocity: 75 };
        await instrument.useOwn(take(given.samples, Int16Array), told);
        return [instrument.settings.point, [...core.readVector(instrument.settings.own)], instrument.link()];""",
        samples=packed((note.audio.numpy() * 32768).round().astype("<i2")),
        pitch=float(condition_of_sound(note.audio, 65, "reed", 75).pitch),
    )
    told = condition_of_sound(note.audio, 65, "reed", 75)
    expected = model.encode(model.log_mel(note.audio)[None], told)[0][0].detach().numpy()
    assert z[0] == "own"
    assert np.abs(np.array(z[1]) - expected).max() < 5e-3
    assert "own=" in z[2]
    bench.set(point="", own="")
