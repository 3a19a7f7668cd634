"""Reconstructions: encoders and decoders in the page are torch's on real notes, and the explorer that uses them."""

import base64

import numpy as np
import pytest
import torch
from explorer_pages import served_pages
from hand import Hand, changes, hand_on_telephone, violations, wav
from helpers import RATE, played_note, rms, settings_of

from nsynthlib import AE, VAE
from nsynthlib.audio.tuning import measure_tuning
from nsynthlib.data import FAMILIES, VELOCITIES, read_own_sound
from nsynthlib.evaluation.batches import smoothed_copy
from nsynthlib.generation import condition_of_sound, reconstruct
from nsynthlib.widgets import reconstruction_explorer
from nsynthlib.widgets.reconstruction import CHOICES, EXAMPLES, LOG_MEL, WAYS, picture

NOTES = 10
CLOSE = 1e-3  # in network units, in which a picture lies from -1 to 1, 50 dB each; latent vectors have no unit
CLOSE_DB = 50 * CLOSE
MODELS = ("ae", "vae", "cvae")
LABELS = {"ae": "AE", "vae": "VAE", "cvae": "CVAE", "smoothed": "Smoothed copy", "copy": "Copy-synthesis"}

# Asks the page's engine, and lays arrays into the answer as base64.
ASK = """async ([want, settings, note, rate]) => {
  const engine = await import("/_static/nsynthlib/engine.mjs");
  const samples = new Int16Array(Uint8Array.from(atob(note), (c) => c.charCodeAt(0)).buffer);
  const answer = await engine.explore("reconstruction", want, settings, { note: samples, sampleRate: rate });
  const give = (values) => {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    let text = "";
    for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return btoa(text);
  };
  const all = Object.entries(answer).map(([name, value]) => [name, ArrayBuffer.isView(value) ? give(value) : value]);
  return Object.fromEntries(all);
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    makers = {
        "first": reconstruction_explorer,
        "light": lambda: reconstruction_explorer(stored=True),
    }
    with served_pages(tmp_path_factory.mktemp("pages"), makers) as address:
        yield address


@pytest.fixture(scope="module")
def shipped(model):
    return {"ae": AE.from_pretrained(), "vae": VAE.from_pretrained(), "cvae": model}


@pytest.fixture(scope="module")
def ask(address, visit):
    """``ask(want, settings, samples)``: the page's answer, as Python's `answer` gives it."""
    window = visit()
    window.open_html(f"{address}/blank.html", "<!doctype html><title>-</title>")

    def asked(want: str, settings: dict, samples: np.ndarray) -> dict:
        packed = base64.b64encode(np.ascontiguousarray(samples, "<i2").tobytes()).decode()
        return window.page.evaluate(ASK, [want, settings, packed, RATE])

    yield asked
    assert window.complaints == []


def unpacked(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


def settings_for(note, way: str) -> dict:
    return {"example": "", "way": way, "pitch": note.pitch, "family": note.family, "velocity": note.velocity}


def check_model(ask, model, kind: str, note) -> None:
    """Picture, latent vector and the picture of that, in the page and by torch."""
    told = condition_of_sound(note.audio, note.pitch, note.family, note.velocity) if kind == "cvae" else None
    db = LOG_MEL(note.audio)[None]
    with torch.no_grad():
        z, _ = model.encode(db, told)
        expected = model.decode(z, told)[0].numpy()
    answer = ask("decibels", settings_for(note, kind), note.samples)
    seen = unpacked(answer["original"], "<f4").reshape(LOG_MEL.shape)
    assert np.abs(seen - db[0].numpy()).max() < CLOSE_DB
    assert np.abs(unpacked(answer["z"], "<f4") - z[0].numpy()).max() < CLOSE
    assert np.abs(unpacked(answer["decibels"], "<f4").reshape(LOG_MEL.shape) - expected).max() < CLOSE_DB
    assert expected.std() > 1


@pytest.mark.parametrize("kind", MODELS)
def test_models_in_the_page_are_torchs_on_pocket_notes(ask, shipped, pocket_notes, kind):
    for note in list(pocket_notes)[:: len(pocket_notes) // NOTES][:NOTES]:
        check_model(ask, shipped[kind], kind, note)


@pytest.mark.parametrize("kind", MODELS)
def test_models_in_the_page_are_torchs_on_real_notes(ask, shipped, real_notes, kind):
    for note in list(real_notes)[:: len(real_notes) // NOTES][:NOTES]:
        check_model(ask, shipped[kind], kind, note)


def test_tuning_in_the_page_is_pythons(ask, pocket_notes):
    """In every pocket note, at its pitch and a semitone beside it, where none may stand out; and out of tune."""
    for note in list(pocket_notes)[::3]:
        for pitch in (note.pitch, note.pitch + 1):
            settings = settings_for(note, "copy") | {"pitch": pitch}
            expected = measure_tuning(note.audio[None], torch.tensor([pitch])).item()
            assert ask("figure", settings, note.samples)["cents"] == pytest.approx(expected, abs=2)
    samples = np.round(32_767 * played_note(60.3, seconds=4)).astype("<i2")
    assert ask("figure", settings_for(pocket_notes[0], "copy") | {"pitch": 60}, samples)["cents"] == 30


@pytest.mark.parametrize("way", CHOICES)
def test_both_engines_give_the_same_answers(ask, way):
    """Cells within one of 256 levels, errors within 0.01 dB, the levels of sounds within 0.1 dB."""
    widget = reconstruction_explorer("flute_acoustic_073-064-100", way=way).widget
    settings, note = settings_of(widget), EXAMPLES["flute_acoustic_073-064-100"]
    answer, expected = ask("figure", settings, note.samples), widget.answer("figure", settings)
    assert answer.keys() == expected.keys()
    for name in ("cells", *expected["errors"]):
        assert np.abs(unpacked(answer[name], "u1").astype(int) - expected[name].ravel()).max() <= 1
    assert answer["errors"] == pytest.approx(expected["errors"], abs=0.01)
    for want in ("original", *expected["errors"]):
        ours, theirs = widget.answer(want, settings), ask(want, settings, note.samples)
        assert abs(20 * np.log10(theirs["rms"] / ours["rms"])) < 0.1


def test_what_python_makes_is_what_the_library_makes(shipped):
    """Each way's sound is that of `reconstruct`, of the report's smoothed copy, of the picture and back."""
    note = EXAMPLES["guitar_acoustic_024-052-100"]
    widget = reconstruction_explorer(note.name).widget
    settings = settings_of(widget)
    expected = {kind: reconstruct(shipped[kind], note) for kind in MODELS}
    (expected["smoothed"],) = smoothed_copy(shipped["ae"], [note])
    expected["copy"] = LOG_MEL.inverse(LOG_MEL(note.audio))
    for way in WAYS:
        assert widget.audio(way, settings, note.audio)[0] == pytest.approx(expected[way], abs=1e-4)
    assert {model.log_mel for model in shipped.values()} == {LOG_MEL}


def test_a_wrong_pitch_is_heard_by_the_cvae_alone():
    note = EXAMPLES["guitar_acoustic_024-052-100"]
    right, wrong = (settings_for(note, "cvae") | {"pitch": pitch} for pitch in (52, 55))
    for way in WAYS:
        same = torch.equal(picture(way, note.audio, right), picture(way, note.audio, wrong))
        assert same == (way != "cvae")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"example": "kazoo"}, "example 'kazoo' is not offered; choose one of bass_"),
        ({"way": "gan"}, "way 'gan' is not offered; choose one of ae, vae, cvae, smoothed, copy, all"),
    ],
)
def test_refuses_in_one_line(arguments, says):
    with pytest.raises(ValueError, match=f"^{says}[^\n]*$"):
        reconstruction_explorer(**arguments)


@pytest.mark.parametrize("samples", [1600, 63_999])
def test_both_engines_refuse_another_length_in_the_same_words(ask, samples):
    widget = reconstruction_explorer().widget
    settings, own = settings_of(widget), np.ones(samples, "<i2")
    words = f"a note has 64000 samples, not {samples}"
    for want in ("figure", "ae"):
        with pytest.raises(ValueError, match=f"^{words}$"):
            widget.answer(want, settings, [own.tobytes()])
        with pytest.raises(Exception, match=words):
            ask(want, settings, own)


# --- the explorer -------------------------------------------------------------------------------------------------


def loaded(window) -> set[str]:
    """Names of the models' files and the notes that the page has asked for."""
    names = (url.rsplit("/", 1)[1] for url in window.requests)
    return {name for name in names if name.endswith((".onnx", ".flac", ".wasm"))}


def test_a_page_loads_what_is_asked_for_and_no_more(address, visit):
    """Nothing at first; then the model that is chosen and the note; the others when all are."""
    hand = Hand(visit(), f"{address}/light.html", patience=60_000)
    assert loaded(hand.window) == set()
    assert rms(hand.now["sounds"]["AE"][0]) > 1e-3
    hand.by_mouse("Through", 1)
    hand.settled()
    vae, runtime = {"vae_encoder.onnx", "vae_decoder.onnx"}, "ort-wasm-simd-threaded.wasm"
    assert loaded(hand.window) == vae | {runtime, "brass_acoustic_060-053-127.flac"}
    hand.by_mouse("Through", 5)
    hand.settled()
    everything = {f"{kind}_{part}.onnx" for kind in MODELS for part in ("encoder", "decoder")}
    assert loaded(hand.window) == everything | {runtime, "brass_acoustic_060-053-127.flac"}
    assert hand.window.complaints == []
    assert hand.window.strays(address) == []


@pytest.fixture(scope="module")
def hand(address, visit) -> Hand:
    return Hand(visit(), f"{address}/first.html", patience=60_000)  # milliseconds: models are loaded


def choose(hand: Hand, way: str) -> dict:
    hand.by_mouse("Through", CHOICES.index(way))
    return hand.settled()[1]


@pytest.mark.parametrize("way", WAYS)
def test_each_way_is_seen_and_heard(hand, way):
    """The picture's error is told beside it; the sound is as loud as Python's."""
    hand.by_keyboard("Through", "End")  # all of them, so that the next choice is another
    hand.look(0)
    hand.now = hand.look(0)
    after = choose(hand, way)
    assert set(after["sounds"]) == {"Original", LABELS[way]}
    assert len(after["pictures"]) == 2
    widget = reconstruction_explorer(way=way).widget
    error = widget.answer("figure", settings_of(widget))["errors"][way]
    assert (f"{LABELS[way]} {error:.1f} dB" in after["says"]) == (way != "copy")
    expected = widget.answer(way, settings_of(widget))["rms"]
    assert abs(20 * np.log10(rms(after["sounds"][LABELS[way]][0]) / expected)) < 0.1


def test_all_five_stand_beside_the_original(hand):
    after = choose(hand, "all")
    assert set(after["sounds"]) == {"Original", *LABELS.values()}
    assert len(set(after["pictures"])) == 5  # the copy's is the original's
    for sound, rate in after["sounds"].values():
        assert (len(sound), rate) == (64_000, RATE)
        assert rms(sound) > 1e-4
    choose(hand, "ae")


@pytest.mark.parametrize("move", ["keyboard", "mouse"])
def test_another_note_brings_its_labels(hand, move):
    choose(hand, "cvae")
    if move == "keyboard":
        hand.by_keyboard("Note", "ArrowDown")
    else:
        hand.by_mouse("Note", 20)
    before, after = hand.settled()
    assert changes(before, after) == ({0, 1}, {"Original", "CVAE"})
    place = hand.control("Note").evaluate("(list) => list.selectedIndex")
    note = list(EXAMPLES.values())[place]
    assert np.abs(after["sounds"]["Original"][0] - note.audio.numpy()).max() < 1 / 32_768
    assert f"(MIDI {note.pitch}, " in after["says"]
    assert f"; {note.family.replace('_', ' ')}; velocity {note.velocity}." in after["says"]
    assert hand.control("Pitch (MIDI)").get_attribute("aria-valuenow") == f"{note.pitch}.0"
    choose(hand, "ae")


@pytest.mark.parametrize(
    ("name", "key", "place"),
    [("Pitch (MIDI)", "ArrowRight", 0.4), ("Family", "ArrowDown", 9), ("Velocity", "Home", 0.5)],
)
def test_what_the_cvae_is_told_changes_its_picture_and_sound(hand, name, key, place):
    choose(hand, "cvae")
    for move in (lambda: hand.by_keyboard(name, key), lambda: hand.by_mouse(name, place)):
        move()
        before, after = hand.settled()
        assert changes(before, after) == ({1}, {"CVAE"})
        assert after["says"] != before["says"]
    choose(hand, "vae")
    assert hand.controls.locator(".nn-setting-pitch").evaluate("(control) => control.inert")


def test_an_own_note_goes_through_and_its_pitch_is_heard(address, visit, tmp_path):
    """It is made a note as the package makes one; its pitch is told and can be corrected; labels are back after it."""
    hand = Hand(visit(), f"{address}/first.html", patience=60_000)
    late = np.concatenate([np.zeros(8000), played_note(57.2, level=0.4)])
    file = wav(late, RATE)
    hand.page.set_input_files(".nn-file", file)
    _, after = hand.settled()
    path = tmp_path / "mine.wav"
    path.write_bytes(file["buffer"])
    with pytest.warns(UserWarning, match=r"0\.49 s before the sound left out|filled with silence"):
        expected = read_own_sound(path).numpy()
    assert np.abs(after["sounds"]["Original"][0] - expected).max() < 1.5 / 32_768
    assert after["says"].startswith("Your own note.")
    told = hand.view.locator(".nn-told").inner_text()
    assert told.startswith("Pitch heard in your note, for the CVAE: A3 +20 cents (222.6 Hz)")
    choose(hand, "cvae")
    assert "A3 (MIDI 57, 220.0 Hz) and +20 cents, as measured; brass" in hand.now["says"]
    hand.by_keyboard("Pitch (MIDI)", "ArrowUp", 3)
    hand.page.wait_for_function("(view) => view.textContent.includes('C4 (MIDI 60')", arg=hand.view.element_handle())
    hand.now = hand.look(0)
    hand.view.get_by_role("button", name="Back to the example").click()
    before, after = hand.settled()
    assert changes(before, after) == ({0, 1}, {"Original", "CVAE"})
    assert "F3 (MIDI 53" in after["says"]
    assert hand.view.locator(".nn-told").is_hidden()
    assert hand.window.complaints == []


def test_noise_has_no_pitch_and_leaves_the_control_alone(address, visit):
    hand = Hand(visit(), f"{address}/first.html", patience=60_000)
    hand.page.set_input_files(".nn-file", wav(0.1 * np.random.default_rng(0).standard_normal(4 * RATE), RATE))
    hand.settled()
    assert hand.view.locator(".nn-told").inner_text().startswith("No pitch is heard in your note")
    assert hand.control("Pitch (MIDI)").get_attribute("aria-valuenow") == "53.0"


def test_nothing_is_amiss(address, hand, record_property):
    hand.report(record_property, "reconstruction")
    assert violations(hand.page) == []
    assert hand.window.complaints == []
    assert hand.window.strays(address) == []


def test_a_finger_moves_it_on_a_telephone(address, chromium):
    """Pictures stand one below the other; lists and sliders answer to a finger."""
    with hand_on_telephone(chromium, f"{address}/first.html", patience=60_000) as hand:
        tops = "(all) => all.map((c) => c.getBoundingClientRect().top)"
        places = hand.view.locator("canvas:visible").evaluate_all(tops)
        assert places[1] - places[0] > 200
        hand.control("Through").tap()
        choose(hand, "cvae")
        hand.by_finger("Pitch (MIDI)", 0.7)
        before, after = hand.settled()
        assert changes(before, after) == ({1}, {"CVAE"})
        hand.control("Family").tap()
        hand.by_mouse("Family", FAMILIES.index("flute"))
        assert changes(*hand.settled()) == ({1}, {"CVAE"})


def test_labels_are_those_of_the_notes():
    widget = reconstruction_explorer().widget
    for name, note in EXAMPLES.items():
        told = widget.labels[name]
        assert (told["pitch"], FAMILIES[told["family"]], VELOCITIES[told["velocity"]]) == (
            note.pitch,
            note.family,
            note.velocity,
        )
