"""Every explorer in a browser as on a page of the book: each control by mouse and keyboard, own sounds, ABX, axe."""

import base64
import csv
import io
from functools import partial

import numpy as np
import pytest
from explorer_pages import MAKE
from hand import Hand, changes, violations, wav
from helpers import RATE, level_db, rms, sine, strongest
from scipy import stats

from nsynthlib.widgets import stft_explorer
from nsynthlib.widgets.modules import one_file


@pytest.fixture(scope="module")
def hands(pages, visit) -> dict[str, Hand]:
    return {name: Hand(visit(), f"{pages}/{name}.html") for name in ("sampling", "stft", "mel", "fourier")}


BOTH = {0, 1}
MADE, REBUILT, SURVIVES = "Sampled and quantised", "Rebuilt from the picture", "What survives"
FOUND, PLANES = "The sine found", {0, 1, 2, 3}
MOVES = [  # explorer, control, key, place for the mouse, pictures and sounds that must change
    ("sampling", "Frequency (Hz)", "ArrowRight", 0.63, BOTH, {MADE, "Original"}),
    ("sampling", "Sample rate", "ArrowLeft", 0.5, BOTH, {MADE}),
    ("sampling", "Bits", "ArrowLeft", 0.5, BOTH, {MADE}),
    ("sampling", "Level (dBFS)", "ArrowLeft", 0.6, BOTH, {MADE, "Original"}),
    ("sampling", "Dither (TPDF)", " ", 0, BOTH, {MADE}),
    ("stft", "Hop length", "ArrowRight", 0.25, {0}, {REBUILT}),
    ("stft", "Window length", "5", 2, {0}, {REBUILT}),
    ("stft", "FFT size", "ArrowRight", 0.5, {0}, {REBUILT}),
    ("stft", "Window", "ArrowDown", 2, {0}, {REBUILT}),
    ("stft", "Display", "ArrowDown", 0, {0}, set()),
    ("stft", "Phase", "ArrowDown", 3, set(), {REBUILT}),
    ("stft", "Iterations", "ArrowLeft", 0.1, set(), {REBUILT}),
    ("mel", "Bands", "ArrowLeft", 0.8, BOTH, {SURVIVES}),
    ("mel", "Scale", "ArrowUp", 1, BOTH, {SURVIVES}),
    ("mel", "Lowest (Hz)", "ArrowRight", 0.1, BOTH, {SURVIVES}),
    ("mel", "Highest (Hz)", "ArrowLeft", 0.7, BOTH, {SURVIVES}),
    ("fourier", "Frequency (Hz)", "ArrowRight", 0.33, PLANES, {FOUND}),
    ("fourier", "Start (ms)", "ArrowRight", 0.2, PLANES, {FOUND}),
    ("fourier", "Frame", "ArrowLeft", 0.9, PLANES, {FOUND}),
    ("fourier", "Window", "ArrowUp", 0, PLANES, {FOUND}),
    ("fourier", "Summed (%)", "Home", 0.4, {1, 2, 3}, set()),
    ("fourier", "Display", "ArrowUp", 1, {0}, set()),
]


@pytest.mark.parametrize(("explorer", "name", "key", "place", "pictures", "sounds"), MOVES)
def test_control_changes_what_it_should(hands, explorer, name, key, place, pictures, sounds):
    hand = hands[explorer]
    for move in (lambda: hand.by_keyboard(name, key), lambda: hand.by_mouse(name, place)):
        move()
        before, after = hand.settled()
        assert changes(before, after) == (pictures, sounds)
        assert (after["says"] != before["says"]) or not sounds
        for sound, _ in after["sounds"].values():
            assert rms(sound) > 1e-4


def test_every_control_is_moved(hands):
    for name, hand in hands.items():
        controls = hand.page.locator(".nn-controls").locator("[role=slider], select, input[type=checkbox]")
        assert controls.count() == len([move for move in MOVES if move[0] == name])


def test_the_time_to_a_picture_is_told(hands, record_property):
    for name, hand in hands.items():
        hand.report(record_property, name)
        assert all(ms > 0 for ms in hand.milliseconds)


def test_levels_are_honest(pages, visit):
    """What is played is as loud as Python would play it, to 0.1 dB; the words tell it."""
    hand = Hand(visit(), f"{pages}/sampling.html")
    hand.by_keyboard("Level (dBFS)", "ArrowLeft", 14)
    hand.page.wait_for_function("() => document.querySelector('.nn-view').textContent.includes('sine of −20 dBFS')")
    after = hand.look(0)
    audio, rate = after["sounds"]["Original"]
    assert rate == 48_000
    assert 20 * np.log10(np.abs(audio).max()) == pytest.approx(-20, abs=0.1)
    assert "Original: peak −20.0 dBFS" in after["says"]


def test_impossible_settings_are_refused_in_words(pages, visit):
    """One line says which value is wrong; the next possible setting works again."""
    hand = Hand(visit(), f"{pages}/stft.html")
    hand.by_mouse("Window length", 6)
    hand.page.wait_for_function("view => view.dataset.state === 'error'", arg=hand.view.element_handle())
    assert "Window length 4096 must lie between 2 and FFT size (1024)" in hand.view.locator(".nn-status").inner_text()
    hand.by_mouse("Window length", 0)
    hand.settled()
    assert hand.window.complaints == []


def test_long_work_shows_progress_and_gives_way(pages, visit):
    """While Griffin and Lim iterate, the bar moves and the next picture does not wait for them."""
    hand = Hand(visit(), f"{pages}/stft.html")
    hand.by_mouse("Phase", 3)
    hand.settled()
    hand.by_keyboard("Iterations", "End")
    hand.settled()
    hand.by_mouse("Hop length", 0.0)
    hand.settled()
    hand.by_mouse("Phase", 2)
    part = "document.querySelector('.nn-progress').position"
    hand.page.wait_for_function(f"() => {part} > 0.02 && {part} < 0.6")
    turn = hand.now["turn"]
    hand.by_mouse("Display", 1)
    hand.page.wait_for_function(
        f"view => Number(view.dataset.turn) > {turn}", arg=hand.view.element_handle(), timeout=2000
    )
    hand.by_mouse("Phase", 1)
    hand.look(turn)


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 8, ["0", "2", "4", "6", "8"]),
        (-0.575, 0.575, ["−0.50", "−0.25", "0", "0.25", "0.50"]),
        (-80, 0, ["−80", "−60", "−40", "−20", "0"]),
        (0, 0.003, ["0", "0.001", "0.002", "0.003"]),
    ],
)
def test_ticks_are_round(hands, low, high, labels):
    code = "async (ends) => (await import('/web/page/ticks.mjs')).makeTicks(...ends).map(([, label]) => label)"
    assert hands["sampling"].page.evaluate(code, [low, high]) == labels


def test_plots_are_sharp_in_print_too(hands):
    """Two dots for each pixel of the page at least."""
    for name in ("sampling", "mel"):
        sharp = "(all) => all.map((canvas) => canvas.width / canvas.clientWidth)"
        assert min(hands[name].page.locator(".nn-plot").evaluate_all(sharp)) >= 1.99


# --- a reader's own sound -----------------------------------------------------------------------------------------


def middle(audio: np.ndarray, rate: int) -> np.ndarray:
    """Half a second."""
    return audio[len(audio) // 2 - rate // 4 :][: rate // 2]


@pytest.mark.parametrize("name", ["stft", "mel"])
def test_own_file_is_mixed_resampled_and_left_as_loud(pages, visit, name):
    """A stereo file at 44.1 kHz whose channels are 1 kHz and silence: half of it, at 16 kHz; then the example again."""
    hand = Hand(visit(), f"{pages}/{name}.html")
    example = hand.now
    stereo = np.stack([sine(1000, 0.5, 2, 44_100), np.zeros(88_200)], 1)
    hand.page.set_input_files(".nn-file", wav(stereo, 44_100))
    before, after = hand.settled()
    audio, rate = after["sounds"]["Original"]
    assert changes(before, after)[1] == set(after["sounds"])
    assert (rate, len(audio)) == (RATE, 2 * RATE)
    assert strongest(middle(audio, rate)) == 1000
    assert level_db(middle(audio, rate)) == pytest.approx(20 * np.log10(0.25 / np.sqrt(2)), abs=0.1)
    assert hand.view.locator(".nn-own-status").inner_text() == "mine.wav: 2.00 s."
    back = hand.view.get_by_role("button", name="Back to the example")
    back.focus()
    hand.page.keyboard.press("Enter")
    _, again = hand.settled()
    assert again["pictures"] == example["pictures"]
    assert back.is_disabled()
    assert hand.window.complaints == []
    assert hand.window.strays(pages) == []


def test_own_file_is_sampled_and_quantised_in_place_of_the_sine(pages, visit):
    """At 8 kHz, a tone of 5 kHz folds to 3 kHz. The sine's frequency is out of reach, every other control moves it."""
    hand = Hand(visit(), f"{pages}/sampling.html")
    example = hand.now
    hand.page.set_input_files(".nn-file", wav(sine(5000, 0.5, 1, 44_100), 44_100))
    before, after = hand.settled()
    assert changes(before, after) == (BOTH, {MADE, "Original"})
    (original, fine), (sampled, rate) = after["sounds"]["Original"], after["sounds"][MADE]
    assert (fine, rate) == (48_000, 8000)
    assert (strongest(middle(original, fine), fine), strongest(middle(sampled, rate), rate)) == (5000, 3000)
    assert 20 * np.log10(np.abs(original).max()) == pytest.approx(-6, abs=0.1)
    assert "The chosen sound, its peak at −6 dBFS in 8,000 samples a second" in after["says"]
    assert "beyond 4,000 Hz, where it folds, lies 0 dB of its power" in after["says"]
    assert hand.page.locator(".nn-controls [inert] .widget-label").all_inner_texts() == ["Frequency (Hz)"]
    focused = "(slider) => { slider.focus(); return slider === document.activeElement; }"
    assert not hand.control("Frequency (Hz)").evaluate(focused)
    for explorer, name, key, place, pictures, sounds in MOVES:
        if explorer == "sampling" and name != "Frequency (Hz)":
            for move in (partial(hand.by_keyboard, name, key), partial(hand.by_mouse, name, place)):
                move()
                assert changes(*hand.settled()) == (pictures, sounds), name
    assert violations(hand.page) == []
    hand.view.get_by_role("button", name="Back to the example").click()
    hand.settled()
    hand.by_keyboard("Frequency (Hz)", "ArrowRight")
    assert changes(*hand.settled()) == (BOTH, {MADE, "Original"})
    assert example["labels"][0].startswith("Waveform of 3.00 ms: a sine of 1,000 Hz")
    assert hand.window.complaints == []


@pytest.mark.parametrize("press", ["mouse", "keyboard", "touch"])
def test_offered_sound_is_one_press_away(pages, visit, press):
    """It comes with the page, is resampled to the explorer's rate and sampled like any other."""
    hand = Hand(visit(), f"{pages}/sampling.html")
    button = hand.view.get_by_role("button", name="high", exact=True)
    if press == "mouse":
        button.click()
    elif press == "keyboard":
        button.press("Enter")
    else:
        button.dispatch_event("click", {"pointerType": "touch"})
    before, after = hand.settled()
    assert changes(before, after) == (BOTH, {MADE, "Original"})
    (original, fine), (sampled, rate) = after["sounds"]["Original"], after["sounds"][MADE]
    assert (strongest(middle(original, fine), fine), strongest(middle(sampled, rate), rate)) == (880, 880)
    assert (len(original) / fine, 20 * np.log10(np.abs(original).max())) == pytest.approx((1, -6), abs=0.1)
    assert hand.view.locator(".nn-own-status").inner_text() == "high: 1.00 s."
    assert hand.window.complaints == []
    assert hand.window.strays(pages) == []


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ({"name": "text.wav", "mimeType": "audio/wav", "buffer": b"no sound at all"}, "could not be read as sound"),
        (wav(sine(1000, 0.5, 0.05, 8000), 8000), "shorter than 0.1 s"),
    ],
    ids=["broken", "too short"],
)
def test_file_that_cannot_be_used_is_named_and_nothing_is_lost(hands, file, words):
    hand = hands["stft"]
    hand.page.set_input_files(".nn-file", file)
    status = hand.view.locator(".nn-own-status")
    hand.page.wait_for_function(
        "words => document.querySelector('.nn-own-status').textContent.includes(words)", arg=words
    )
    assert "\n" not in status.inner_text()
    assert hand.look(0)["pictures"] == hand.now["pictures"]


def test_long_file_is_cut(pages, visit):
    hand = Hand(visit(), f"{pages}/stft.html")
    hand.page.set_input_files(".nn-file", wav(sine(1000, 0.5, 6, 8000), 8000))
    _, after = hand.settled()
    assert len(after["sounds"]["Original"][0]) == 4 * RATE
    assert hand.view.locator(".nn-own-status").inner_text() == "mine.wav: the first 4 s of 6.00 s."


MICROPHONE = """() => {
  navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext();
    const sound = new OscillatorNode(context, { frequency: 700 });
    const stream = new MediaStreamAudioDestinationNode(context);
    sound.connect(stream);
    sound.start();
    return stream.stream;
  };
}"""


def test_microphone_is_recorded_until_it_is_stopped(pages, visit):
    hand = Hand(visit(), f"{pages}/mel.html")
    hand.page.evaluate(MICROPHONE)
    hand.view.get_by_role("button", name="Record 4 s").press("Enter")
    stop = hand.view.get_by_role("button", name="Stop recording")
    stop.wait_for()
    hand.page.wait_for_timeout(900)
    stop.click()
    _, after = hand.settled()
    audio, rate = after["sounds"]["Original"]
    assert 0.5 < len(audio) / rate < 2
    assert strongest(middle(audio, rate)) == pytest.approx(700, abs=8)
    hand.view.get_by_role("button", name="Record 4 s").wait_for()


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ("NotAllowedError", "The microphone was not allowed"),
        ("NotFoundError", "No microphone was found"),
        ("NotReadableError", "in use by another program"),
    ],
)
def test_microphone_that_cannot_be_had_is_one_plain_line(hands, refusal, words):
    hand = hands["stft"]
    refuse = "name => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', name)) }"
    hand.page.evaluate(refuse, refusal)
    hand.view.get_by_role("button", name="Record 4 s").click()
    hand.page.wait_for_function(
        "words => document.querySelector('.nn-own-status').textContent.includes(words)", arg=words
    )
    assert hand.look(0)["pictures"] == hand.now["pictures"]


# --- with a kernel ------------------------------------------------------------------------------------------------

# A model as a notebook has it: traits, and messages that Python answers.
NOTEBOOK = """async ({ source, traits, note, colours }) => {
  const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  Object.assign(traits, { note: bytes(note), colours: bytes(colours) });
  let hear;
  const model = {
    get: (name) => traits[name],
    on: (event, handler) => { if (event === "msg:custom") hear = handler; },
    off: () => {},
    send: async ({ id, want, settings }, _, buffers) => {
      window.sent.push([want, buffers.length]);
      const own = buffers.map((buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))));
      const { told, arrays } = await window.python(want, settings, own);
      const kinds = arrays.map(([name, kind]) => [name, kind]);
      hear({ id, ...told, arrays: kinds }, arrays.map(([, , text]) => bytes(text)));
    },
  };
  window.sent = [];
  const { default: widget } = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  const el = document.querySelector("#widget");
  widget.render({ model, el });
}"""


def test_with_a_kernel_python_computes_and_gets_the_own_sound(pages, visit):
    window = visit()
    widget = stft_explorer(sine(440, 0.5, 1), RATE).widget

    def python(want: str, settings: dict, own: list[str]) -> dict:
        answer = widget.answer(want, settings, [base64.b64decode(text) for text in own])
        arrays = {name: value for name, value in answer.items() if isinstance(value, np.ndarray)}
        coded = [[name, a.dtype.name, base64.b64encode(a.tobytes()).decode()] for name, a in arrays.items()]
        return {"told": {k: v for k, v in answer.items() if k not in arrays}, "arrays": coded}

    window.page.expose_function("python", python)
    html = '<!doctype html><html lang="en"><title>-</title><div id="widget"></div>'
    window.open_html(f"{pages}/notebook.html", html)
    names = [*widget.settings, "settings", "choices", "kind", "sample_rate", "sounds", "floor_db"]
    given = {
        "source": widget._esm,
        "traits": {name: getattr(widget, name) for name in names},
        "note": base64.b64encode(widget.note).decode(),
        "colours": base64.b64encode(widget.colours).decode(),
    }
    window.page.evaluate(NOTEBOOK, given)
    view = window.page.locator("#widget")
    ready = "() => document.querySelector('#widget').dataset.state === 'ready'"
    window.page.wait_for_function(ready)
    assert "Your own sound goes to this notebook's kernel" in view.inner_text()
    window.page.set_input_files(".nn-file", wav(sine(1000, 0.5, 0.5), RATE))
    window.page.wait_for_function("() => document.querySelector('#widget').dataset.turn === '2'")
    sent = window.page.evaluate("window.sent")
    assert sent == [["figure", 0], ["sound", 0], ["original", 0], ["figure", 1], ["sound", 1], ["original", 1]]
    assert "32 frames" in view.inner_text()
    assert window.complaints == []


def test_a_widgets_module_is_one_file_of_its_own():
    for make in MAKE.values():
        made = make()
        source = getattr(made, "widget", made)._esm
        assert "\nimport " not in source
        assert source.count("export ") == source.count("export default ") == 1
        assert len(source) < 40_000
    assert one_file.cache_info().currsize >= len(MAKE)


# --- a blind test -------------------------------------------------------------------------------------------------

# X is always B; what is heard is kept.
LOADED_DICE = """
Object.defineProperty(crypto, "getRandomValues", { value: (array) => array.fill(1) });
window.heard = [];
const ramp = AudioParam.prototype.linearRampToValueAtTime;
AudioParam.prototype.linearRampToValueAtTime = function (value, time) {
  window.heard.push(value);
  return ramp.call(this, value, time);
};
"""


@pytest.fixture
def abx(pages, visit):
    window = visit()
    window.page.add_init_script(LOADED_DICE)
    window.page.goto(f"{pages}/abx.html")
    window.page.wait_for_selector(".nn-abx")
    return window


def says(window) -> str:
    return window.page.locator(".nn-abx [role=status]").inner_text()


def test_abx_tells_its_score_at_the_end_only(abx):
    page = abx.page
    assert "low is turned down by 6.0 dB" in says(abx)
    for trial in range(10):
        assert f"Trial {trial + 1} of 10." in says(abx)
        page.get_by_role("button", name="X is A" if trial == 3 else "X is B").click()
        if trial < 9:
            assert "right" not in says(abx)
    assert says(abx) == "You can hear it: 9 of 10 right. By guessing, as many or more come with p = 0.011."
    assert page.get_by_role("button", name="X is A").is_disabled()
    page.get_by_label("Trials").fill("3")
    page.get_by_role("button", name="Start again").click()
    assert "Trial 1 of 3." in says(abx)
    assert abx.complaints == []


def test_abx_by_keys(abx):
    """Listening switches at once between the same places; answers cannot be taken back."""
    page = abx.page
    page.get_by_role("button", name="Hear A").focus()
    for key, gains in (("a", [1, 0]), ("b", [0, 1]), ("x", [0, 1])):
        page.keyboard.press(key)
        assert page.evaluate("window.heard.splice(0)") == gains
        assert page.get_by_role("button", name=f"Hear {key.upper()}").get_attribute("aria-pressed") == "true"
    page.keyboard.press("s")
    assert page.locator("[aria-pressed=true]").count() == 0
    for _ in range(10):
        page.keyboard.press("1")
    assert says(abx).startswith("No evidence that you can hear it: 0 of 10 right.")
    page.keyboard.press("2")
    assert "0 of 10 right" in says(abx)


def test_abx_gives_its_answers_away_at_the_end_only(abx):
    """A line a trial, which the csv module reads; what was heard is counted."""
    page = abx.page
    save = page.get_by_role("button", name="Save answers")
    page.get_by_label("Trials").fill("3")
    page.get_by_role("button", name="Start again").click()
    for trial, answer in enumerate("ABB"):
        assert save.is_disabled()
        for _ in range(trial):
            page.get_by_role("button", name="Hear X").click()
        page.get_by_role("button", name=f"X is {answer}").click()
    with page.expect_download() as waiting:
        save.click()
    assert waiting.value.suggested_filename == "abx_answers.csv"
    with open(waiting.value.path(), newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["a"], row["b"], row["trial"], row["x"], row["answer"], row["right"]) for row in rows] == [
        ("low", "high", "1", "B", "A", "0"),
        ("low", "high", "2", "B", "B", "1"),
        ("low", "high", "3", "B", "B", "1"),
    ]
    assert [(row["heard_a"], row["heard_b"], row["heard_x"]) for row in rows] == [("0", "0", str(n)) for n in range(3)]
    assert all(0 <= float(row["seconds"]) < 60 for row in rows)
    assert abx.complaints == []


def test_a_name_with_commas_and_quotes_stays_one_field(abx):
    code = """async () => {
      const { answersTable } = await import('/web/views/abx.mjs');
      const heard = { A: 1, B: 0, X: 2 };
      return answersTable(['a "soft", low note', 'two\\nlines'], [{ x: 0, answer: 1, heard, seconds: 1.26 }]);
    }"""
    (row,) = csv.DictReader(io.StringIO(abx.page.evaluate(code), newline=""))
    assert row == {
        "a": 'a "soft", low note',
        "b": "two\nlines",
        **{"trial": "1", "x": "A", "answer": "B", "right": "0"},
        **{"heard_a": "1", "heard_b": "0", "heard_x": "2", "seconds": "1.3"},
    }


def test_the_pages_p_values_are_scipys(abx):
    cases = [(k, n) for n in (1, 5, 10, 16, 100, 2000) for k in range(0, n + 1, max(1, n // 5))] + [(8, 10), (9, 10)]
    code = """async (cases) => {
      const { pValue } = await import('/web/views/abx.mjs');
      return cases.map((one) => pValue(...one));
    }"""
    for case, found in zip(cases, abx.page.evaluate(code, cases), strict=True):
        assert found == pytest.approx(stats.binomtest(*case, alternative="greater").pvalue, rel=1e-9)


# --- everyone -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MAKE)
def test_nobody_is_kept_out(pages, visit, hands, name):
    """No violation of WCAG's levels A and AA, nothing wider than a telephone's screen, no complaint."""
    window = visit(390)
    page = window.page
    page.goto(f"{pages}/{name}.html")
    page.wait_for_selector(".nn-abx" if name == "abx" else ".nn-view[data-state=ready]")
    assert window.overflow() <= 0
    assert violations(page) == []
    assert window.complaints == []
    window.context.close()
    if name in hands:
        assert violations(hands[name].page) == []
