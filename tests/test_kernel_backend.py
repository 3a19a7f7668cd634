"""An explorer's view where a kernel runs that answers, is busy, is lost and comes back; and what its controls need."""

import base64

import numpy as np
import pytest
from explorer_pages import served_pages
from hand import Hand
from helpers import RATE, decaying_note, settings_of

from nsynthlib.data import pocket
from nsynthlib.widgets import latent_map, sampling_explorer, stft_explorer, synthesis_explorer

# A view below two controls, as a notebook holds them.
BODY = """<!doctype html><html lang="en"><title>-</title><div class="nn-explorer">
<div class="nn-controls">
  <div class="widget-inline-hbox nn-setting-phase"><label class="widget-label">Phase</label><select></select></div>
  <div class="widget-inline-hbox nn-setting-n_iter"><label class="widget-label">Iterations</label>
    <div class="slider"><div class="noUi-handle" tabindex="0"></div></div></div>
</div>
<div id="widget"></div></div>"""

# A model as anywidget hands it out, and a kernel that a test moves: `answers` holds what it says to each wish.
NOTEBOOK = """async ({ source, traits, bytes, answers }) => {
  const view = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  for (const [name, text] of Object.entries(bytes)) traits[name] = view(text);
  const handlers = {};
  const layout = { comm_live: true };
  const model = {
    get: (name) => (name === "layout" ? layout : traits[name]),
    on: (event, handler) => (handlers[event] ??= []).push(handler),
    off: () => {},
    send: (content) => {
      window.sent.push(content);
      if (window.kernel.free) window.kernel.answer(content);
    },
    widget_manager: { kernel: { status: "idle" } },
  };
  const trigger = (event, ...given) => (handlers[event] ?? []).forEach((handler) => handler(...given));
  window.sent = [];
  window.kernel = {
    free: true,
    says: (content, buffers = []) => trigger("msg:custom", content, buffers),
    answer({ type, id, want }) {
      if (type !== "compute") return;
      const { told, arrays } = answers[want];
      const kinds = arrays.map(([name, kind]) => [name, kind]);
      this.says({ id, ...told, arrays: kinds }, arrays.map(([, , text]) => view(text)));
    },
    status: (status) => (model.widget_manager.kernel.status = status),
    live(held) {
      trigger("comm_live_update"); // of the widget, before the layout's
      layout.comm_live = held;
    },
    set(name, value) {
      traits[name] = value;
      trigger(`change:${name}`);
    },
  };
  const { default: widget } = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  window.cleanUp = widget.render({ model, el: document.querySelector("#widget") });
}"""

GONE = "The kernel no longer knows this explorer; run all cells again."


def coded(answer: dict) -> dict:
    """An answer of Python's as a message has it."""
    arrays = {name: value for name, value in answer.items() if isinstance(value, np.ndarray)}
    told = {name: value for name, value in answer.items() if name not in arrays}
    texts = [[name, a.dtype.name, base64.b64encode(a.tobytes()).decode()] for name, a in arrays.items()]
    return {"told": told, "arrays": texts}


@pytest.fixture(scope="module")
def widget():
    return stft_explorer(decaying_note(10, 8000), RATE, phase="kept").widget


class Notebook:
    """A page on which one view hangs on a kernel of the test's making."""

    def __init__(self, site: str, window, widget) -> None:
        self.page = window.page
        self.window = window
        window.open_html(f"{site}/notebook.html", BODY)
        names = [*widget.settings, "settings", "choices", "kind", "sample_rate", "sounds", "floor_db"]
        told = settings_of(widget)
        given = {
            "source": widget._esm,
            "traits": {name: getattr(widget, name) for name in names},
            "bytes": {name: base64.b64encode(getattr(widget, name)).decode() for name in ("note", "colours")},
            "answers": {want: coded(widget.answer(want, told)) for want in ("figure", "sound", "original")},
        }
        self.page.evaluate(NOTEBOOK, given)

    def becomes(self, state: str, words: str = "") -> str:
        """What it says once it is in ``state`` and says ``words`` among others."""
        condition = """([state, words]) => {
          const view = document.querySelector('#widget');
          return view.dataset.state === state && view.textContent.includes(words);
        }"""
        self.page.wait_for_function(condition, arg=[state, words], timeout=15_000)
        return self.page.locator(".nn-status").inner_text()

    def kernel(self, call: str) -> None:
        self.page.evaluate(f"() => {{ window.kernel.{call}; }}")

    def sent(self) -> list[list[str]]:
        return self.page.evaluate("window.sent.map(({ type, want, id }) => [type, want ?? id])")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Pages without a kernel beside the one of the notebook."""
    makers = {
        "stft": lambda: stft_explorer(decaying_note(10, 8000), RATE),
        "note": lambda: synthesis_explorer("additive"),
        "sampling": sampling_explorer,
        "map": lambda: latent_map([(0, 0), (1, 1)], [pocket()[0], pocket()[20]]),
    }
    with served_pages(tmp_path_factory.mktemp("kernel"), makers) as address:
        yield address


@pytest.fixture
def notebook(site, visit, widget):
    return Notebook(site, visit(), widget)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("busy", "The kernel is busy; the figure follows as soon as it is free."),
        ("unknown", "While it is busy, the figure waits; after a restart, run all cells again."),
    ],
)
def test_a_busy_kernel_is_waited_for(notebook, status, words):
    """It is not called absent, and its answer counts whenever it comes."""
    notebook.becomes("ready")
    notebook.kernel(f"free = false, window.kernel.status('{status}')")
    notebook.kernel("set('n_fft', 3)")
    assert words in notebook.becomes("waiting", "busy")
    notebook.kernel("free = true")
    notebook.kernel("answer(window.sent.at(-1))")
    assert notebook.becomes("ready").startswith("Hann window")
    assert notebook.window.complaints == []


def test_the_words_of_waiting_go_with_the_figure_not_with_the_sound(notebook):
    notebook.becomes("ready")
    notebook.kernel("free = false, window.kernel.status('busy')")
    notebook.kernel("set('n_fft', 3)")
    notebook.becomes("waiting")
    notebook.kernel("answer(window.sent.at(-1))")  # the figure
    assert notebook.becomes("sound").startswith("Hann window")


def test_a_restart_is_told_at_once_and_by_what_to_do(notebook):
    """While nothing is asked, while an answer is due, and to whoever moves a control afterwards."""
    notebook.becomes("ready")
    notebook.kernel("live(false)")
    assert notebook.becomes("error", GONE) == GONE
    sent = notebook.sent()
    notebook.kernel("set('n_fft', 3)")
    notebook.page.wait_for_function("() => document.querySelector('#widget').dataset.turn === '2'")
    assert notebook.becomes("error") == GONE
    assert notebook.sent() == sent  # there is nobody to ask
    notebook.kernel("live(true)")
    assert notebook.becomes("ready").startswith("Hann window of 2,048 samples")
    notebook.kernel("free = false")
    notebook.kernel("set('n_fft', 2)")
    notebook.kernel("live(false)")
    assert notebook.becomes("error", GONE) == GONE
    assert notebook.window.complaints == []


def test_a_sound_that_nobody_waits_for_is_cancelled(notebook):
    """By the next setting, which does not wait for it, and with the view."""
    notebook.becomes("ready")
    notebook.kernel("free = false")
    notebook.kernel("set('n_fft', 3)")
    notebook.kernel("answer(window.sent.at(-1))")
    notebook.becomes("sound")
    sound = notebook.page.evaluate("window.sent.at(-1).id")
    notebook.kernel(f"says({{ id: '{sound}', progress: 0.25 }})")
    assert notebook.page.evaluate("document.querySelector('.nn-progress').value") == 0.25
    notebook.kernel("set('n_fft', 1)")
    notebook.page.wait_for_function("() => window.sent.at(-1).want === 'figure'")
    assert notebook.sent()[-2:] == [["cancel", sound], ["compute", "figure"]]
    notebook.kernel(f"says({{ id: '{sound}', error: 'too late' }})")
    notebook.kernel("answer(window.sent.at(-1))")
    notebook.becomes("sound")
    sound = notebook.page.evaluate("window.sent.at(-1).id")
    notebook.page.evaluate("window.cleanUp()")
    assert notebook.sent()[-1] == ["cancel", sound]


# --- words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moves", "settings", "words"),
    [
        (
            {"Window length": 6},
            {"win_length": 4096},
            "Window length 4096 must lie between 2 and FFT size (1024)",
        ),
        (
            {"Window length": 3, "Window": 0, "Hop length": 0.75},
            {"win_length": 512, "hop_length": 512},
            "Hop length 512 leaves gaps between the windows; use a smaller one",
        ),
    ],
    ids=["window", "gaps"],
)
def test_a_refusal_is_one_sentence_in_the_controls_words(site, visit, notebook, widget, moves, settings, words):
    """The page's engine and Python say the same to the reader, and Python names its parameter to the programmer."""
    with pytest.raises(ValueError, match=f"^{next(iter(settings.keys() - {'win_length'}), 'win_length')} ") as refused:
        widget.answer("figure", settings_of(widget) | settings)
    notebook.becomes("ready")
    notebook.kernel("free = false")
    notebook.kernel("set('n_fft', 3)")
    notebook.page.evaluate("error => kernel.says({ id: sent.at(-1).id, error })", str(refused.value))
    assert notebook.becomes("error") == words
    hand = Hand(visit(), f"{site}/stft.html")
    for name, place in moves.items():
        hand.by_mouse(name, place)
    hand.page.wait_for_function("view => view.dataset.state === 'error'", arg=hand.view.element_handle())
    assert hand.view.locator(".nn-status").inner_text() == words


# --- controls -----------------------------------------------------------------------------------------------------


def test_keys_stay_with_the_controls(notebook):
    """The explorer bears the mark that keeps a notebook's shortcuts away, and so does whatever takes the focus."""
    notebook.becomes("ready")
    notebook.kernel("set('phase', 2)")  # which takes iterations
    page = notebook.page
    assert page.locator(".nn-explorer[data-lm-suppress-shortcuts] #widget[data-lm-suppress-shortcuts]").count() == 1
    for place in (".noUi-handle", "select", ".nn-button >> nth=0"):
        page.locator(place).focus()
        assert page.evaluate("document.activeElement.dataset.lmSuppressShortcuts") == "true"


@pytest.mark.parametrize(("name", "focused"), [("note", ".nn-handle >> nth=0"), ("map", ".nn-map-box")])
def test_keys_stay_with_envelope_and_map(site, visit, name, focused):
    page = visit().page
    page.goto(f"{site}/{name}.html")
    page.locator(focused).focus()
    assert page.evaluate("document.activeElement.dataset.lmSuppressShortcuts") == "true"


def test_piano_keys_are_played_by_the_kernel(site, visit):
    """The settings are those of the controls, with the key's own pitch."""
    widget = synthesis_explorer("spectral").widget
    notebook = Notebook(site, visit(), widget)
    notebook.becomes("ready")
    notebook.page.locator(".nn-key[data-pitch='60']").focus()
    notebook.page.keyboard.down("i")
    notebook.page.wait_for_selector(".nn-key.nn-down[data-pitch='72']")
    asked = "window.sent.filter(({ want, settings }) => want === 'sound' && settings.pitch === 72)"
    notebook.page.wait_for_function(f"() => {asked}.length")
    [sent] = notebook.page.evaluate(asked)
    assert sent["settings"] == settings_of(widget) | {"pitch": 72}
    assert notebook.window.complaints == []


def test_iterations_are_out_of_reach_where_there_are_none(notebook):
    notebook.becomes("ready")
    inert = "document.querySelector('.nn-setting-n_iter').inert"
    for place, idle in ((2, False), (1, True), (3, False), (0, True)):
        notebook.kernel(f"set('phase', {place})")
        notebook.page.wait_for_function(f"() => {inert} === {str(idle).lower()}")
    assert not notebook.page.evaluate("document.querySelector('.nn-setting-phase').inert")


def test_iterations_on_a_page_without_a_kernel(site, visit):
    hand = Hand(visit(), f"{site}/stft.html")
    slider = hand.page.locator(".nn-setting-n_iter .noUi-handle")
    takes_focus = "slider => { slider.focus(); return slider === document.activeElement; }"
    assert not slider.evaluate(takes_focus)
    hand.by_mouse("Phase", 2)
    hand.settled()
    assert slider.evaluate(takes_focus)
    hand.page.keyboard.press("ArrowLeft")
    _, after = hand.settled()
    assert "31 steps of Griffin and Lim" in after["says"]
    assert hand.window.complaints == []
