"""The composers' explorers in a browser, as on a page of the book: moved, played, saved, linked, and by keys alone."""

import base64
import io
from collections.abc import Iterator

import ipywidgets
import numpy as np
import pytest
import soundfile
from explorer_pages import served_pages
from hand import violations
from helpers import level_db, settings_of
from instrument_player import cents_beside
from test_kernel_backend import BODY, NOTEBOOK, coded
from test_keyboard import RECORD, fundamental

from nsynthlib.errors import UsageError
from nsynthlib.models import AE
from nsynthlib.playing import read_midi
from nsynthlib.widgets import composer_explorer
from nsynthlib.widgets.composer_methods import METHODS

SHORT = {  # settings of pieces with few pitches
    "isorhythm": {"talea": "drift", "color": "drift", "color_pitches": 2},
    "canon": {"tune": "london_bridge", "voices": 2, "delay": 2},
    "dice": {"seed": 1},
    "twelve_tone": {"form": "RI", "transposed": 5},
    "chance": {"composer": "cage", "events": 8, "seed": 3},
    "markov": {"tune": "merrily_we_roll_along", "order": 2, "seed": 5},
    "counterpoint": {"singable": False, "parallel_fifths": False, "above": False, "seed": 2},
    "grammar": {"start": "answer", "seed": 4},
    "recombination": {"seed": 6},
}
MOVES = [  # method, control and key that must compose another piece
    ("isorhythm", "Talea values", "ArrowLeft"),
    ("isorhythm", "Color pitches", "ArrowLeft"),
    ("isorhythm", "Talea", "ArrowDown"),
    ("isorhythm", "Color", "ArrowDown"),
    ("isorhythm", "Phase (pitches)", "ArrowRight"),
    ("canon", "Tune", "ArrowDown"),
    ("canon", "Voices", "ArrowLeft"),
    ("canon", "Delay (beats)", "ArrowRight"),
    ("canon", "Interval", "ArrowRight"),
    ("dice", "Seed", "ArrowUp"),
    ("twelve_tone", "Row", "ArrowDown"),
    ("twelve_tone", "Form", "ArrowDown"),
    ("twelve_tone", "Transposed", "ArrowRight"),
    ("chance", "Density (1/s)", "ArrowRight"),
    ("chance", "Seed", "ArrowUp"),
    ("chance", "Composer", "ArrowUp"),
    ("chance", "Events", "Home"),
    ("markov", "Tune", "ArrowDown"),
    ("markov", "Order", "ArrowRight"),
    ("markov", "Seed", "ArrowUp"),
    ("counterpoint", "Consonance", " "),
    ("counterpoint", "Seed", "ArrowUp"),
    ("grammar", "Start", "ArrowDown"),
    ("grammar", "Seed", "ArrowUp"),
    ("recombination", "Seed", "ArrowUp"),
]


def everything() -> ipywidgets.Widget:
    """All explorers on one page, as in the chapter."""
    return ipywidgets.VBox([composer_explorer(method) for method in METHODS])


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    with served_pages(tmp_path_factory.mktemp("pages"), {"composers": everything}) as address:
        yield f"{address}/composers.html"


class Composer:
    """One explorer of the page: its controls, its buttons and its piece."""

    def __init__(self, page, method: str) -> None:
        self.page, self.method = page, method
        self.explorer = page.locator(".nn-explorer").nth(list(METHODS).index(method))
        self.view = self.explorer.locator(".nn-view")
        self.view.scroll_into_view_if_needed()
        self.settled(0)

    def turn(self) -> int:
        return int(self.view.get_attribute("data-turn") or 0)

    def settled(self, after: int) -> None:
        self.page.wait_for_function(
            "([view, after]) => view.dataset.state === 'ready' && Number(view.dataset.turn) > after",
            arg=[self.view.element_handle(), after],
        )

    def control(self, name: str):
        roles = ("slider", "combobox", "checkbox", "spinbutton")
        found = [self.explorer.get_by_role(role, name=name, exact=True) for role in roles]
        return found[0].or_(found[1]).or_(found[2]).or_(found[3])

    def press(self, name: str, key: str) -> None:
        before = self.turn()
        self.control(name).focus()
        self.page.keyboard.press(key)
        self.settled(before)

    def picture(self) -> tuple[str, str]:
        """The piano roll as drawn, and in words."""
        roll = self.view.locator(".nn-roll-field svg")
        return roll.inner_html(), roll.get_attribute("aria-label")

    def button(self, name: str):
        return self.view.get_by_role("button", name=name, exact=True)

    def says(self, words: str) -> None:
        self.view.locator(".nn-piece-words").get_by_text(words).wait_for(timeout=60_000)

    def saved(self, name: str) -> tuple[str, bytes]:
        with self.page.expect_download(timeout=60_000) as download:
            self.button(name).click()
        return download.value.suggested_filename, open(download.value.path(), "rb").read()


def link_of(method: str) -> str:
    """A piece's fragment, as a reader could write it by hand."""
    told = {"piece": method} | SHORT[method] | {"family": "organ"}
    return "&".join(f"{name}={str(value).lower() if value is False else value}" for name, value in told.items())


def notes_of(method: str) -> list[list]:
    """What Python composes of the settings of the short piece."""
    widget = composer_explorer(method).widget
    return METHODS[method].compose(settings_of(widget) | SHORT[method])["notes"]


@pytest.fixture(scope="module")
def window(address, visit):
    """The page as it is opened."""
    window = visit()
    window.page.goto(address)
    return window


@pytest.fixture(scope="module")
def short(address, visit):
    """The page on which all explorers have the short pieces, each brought by a link; and what begins to sound."""
    window = visit()
    window.page.add_init_script(RECORD)
    window.page.goto(address)
    for method in METHODS:
        piece = Composer(window.page, method)
        before = piece.turn()
        window.page.evaluate("fragment => (location.hash = fragment)", link_of(method))
        piece.settled(before)
    return window


@pytest.mark.parametrize(("method", "name", "key"), MOVES)
def test_a_control_composes_another_piece(window, method, name, key):
    piece = Composer(window.page, method)
    before = piece.picture()
    piece.press(name, key)
    after = piece.picture()
    assert after[0] != before[0]
    assert "Piano roll: " in after[1]
    assert window.complaints == []


def test_every_control_is_moved(window):
    """All but the ten rules, of which one is, and the families, which change no note."""
    for method in METHODS:
        controls = window.page.locator(".nn-explorer").nth(list(METHODS).index(method)).locator(".nn-controls")
        count = controls.locator("[role=slider], select, input[type=checkbox], input[type=number]").count()
        moved = len([move for move in MOVES if move[0] == method])
        assert count == moved + 1 + (9 if method == "counterpoint" else 0), method


def test_each_methods_own_picture_follows_its_rule(window):
    """The wheels name talea and color; the matrix marks twelve cells; the throws add up; a broken rule is named."""
    wheels = Composer(window.page, "isorhythm")
    words = wheels.view.locator(".nn-wheels").get_attribute("aria-label")
    assert words.startswith("Two wheels. Talea, in beats, rests in brackets: 3 ")
    assert len(words.partition("Color: ")[2].split()) == wheels.view.locator(".nn-wheel-color").count()
    row = Composer(window.page, "twelve_tone").view
    assert row.locator(".nn-in-form").count() == 12
    assert len(set(row.locator(".nn-in-form").all_text_contents())) == 12
    throws = Composer(window.page, "dice").view.locator(".nn-lines li").all_text_contents()
    assert len(throws) == 16
    for throw in throws:
        first, _, second, _, total = throw.partition(":")[0].split()
        assert int(first) + int(second) == int(total)


def test_a_broken_rule_is_marked_and_named(short):
    """The rules that are named are among those that are switched off; each is marked on the roll."""
    view = Composer(short.page, "counterpoint").view
    lines = view.locator(".nn-lines li").all_text_contents()
    names = {line.partition("“")[2].partition("”")[0] for line in lines}
    assert names
    assert names <= {"singable", "parallel fifths", "above"}
    places = {line.split()[1] for line in lines}
    assert view.locator(".nn-roll-field circle").count() == len(places)


@pytest.mark.parametrize("method", METHODS)
def test_a_piece_is_played_in_tune(short, method):
    """The first note that begins is the piece's first, and audible; as many begin as are written; Stop ends it."""
    piece, notes = Composer(short.page, method), notes_of(method)
    short.page.evaluate("begun.length = 0")
    piece.button("Play").click()
    piece.says("Playing.")
    text, rate = short.page.evaluate("samplesOf(begun[0])")
    assert short.page.evaluate("begun.length") == len(notes)
    sound = np.frombuffer(base64.b64decode(text), "<f4")
    assert level_db(sound[: int(rate) // 2]) > -40
    assert abs(fundamental(sound, int(rate), notes[0][2])) < 30
    assert piece.view.locator(".nn-roll-cursor").is_visible()
    piece.button("Stop").click()
    piece.says("Stopped.")
    assert not piece.view.locator(".nn-roll-cursor").is_visible()
    assert short.complaints == []


@pytest.mark.parametrize("method", METHODS)
def test_a_piece_is_saved_as_midi(short, method, tmp_path):
    """As Python composes it, to the millisecond, and played by the chosen family."""
    name, data = Composer(short.page, method).saved("Save MIDI")
    assert name == f"{method}.mid"
    (tmp_path / name).write_bytes(data)
    read = sorted((note.pitch, note.start, note.end, note.velocity) for note in read_midi(tmp_path / name))
    composed = sorted((pitch, start, end, velocity) for start, end, pitch, velocity, _ in notes_of(method))
    assert [note[0] for note in read] == [note[0] for note in composed]
    assert np.abs(np.array(read) - np.array(composed)).max() <= 0.0011
    assert {note.family for note in read_midi(tmp_path / name)} == {"organ"}


@pytest.mark.parametrize("method", ["isorhythm", "twelve_tone"])
def test_a_piece_is_saved_as_wav(short, method):
    """It lasts for its notes and one release, is audible, and begins with its first note in tune."""
    notes = notes_of(method)
    name, data = Composer(short.page, method).saved("Save WAV")
    assert name == f"{method}.wav"
    sound, rate = soundfile.read(io.BytesIO(data), dtype="float32")
    assert rate == 48_000
    assert len(sound) == pytest.approx(rate * (max(note[1] for note in notes) + 1), abs=2)
    assert level_db(sound) > -40
    assert np.abs(sound).max() < 1
    start, end, pitch, *_ = notes[0]
    assert abs(cents_beside(sound[round(rate * (start + 0.05)) : round(rate * end)], rate, pitch)) < 30


@pytest.mark.parametrize("method", ["isorhythm", "dice", "counterpoint"])
def test_a_link_brings_the_piece_back(short, address, visit, method):
    """The copied link opens the same piece in another window, and leaves the others as they are."""
    piece = Composer(short.page, method)
    short.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    piece.button("Copy link").click()
    piece.says("The link is copied")
    link = short.page.evaluate("navigator.clipboard.readText()")
    assert link == short.page.url
    assert f"piece={method}" in link
    other = visit()
    other.page.goto(link)
    opened = Composer(other.page, method)
    assert opened.picture() == piece.picture()
    assert opened.view.locator("svg[role=img]").first.is_visible()
    assert Composer(other.page, "markov").picture() != Composer(short.page, "markov").picture()
    assert other.complaints == []
    other.context.close()


def test_a_wrong_link_changes_nothing_that_it_gets_wrong(address, visit):
    window = visit()
    window.page.goto(f"{address}#piece=twelve_tone&row=none&form=R&transposed=1.5&family=&other=1")
    found = Composer(window.page, "twelve_tone")
    assert found.view.locator("caption").inner_text() == "R0 is read from right to left where it is marked."
    assert window.complaints == []


@pytest.mark.parametrize("method", METHODS)
def test_the_instrument_reads_the_same_notes(short, method):
    """By its own reader, from the link that opens it."""
    link = Composer(short.page, method).view.get_by_role("link", name="Open in the instrument").get_attribute("href")
    assert "/book/instrument.html#" in link
    found = short.page.evaluate(
        """async (link) => {
          const { fromLink } = await import("/web/instrument/settings.mjs");
          const { readPhrase } = await import("/web/instrument/phrase_reader.mjs");
          const { settings, refused } = fromLink(new URL(link).hash);
          return { refused, family: settings.family, phrase: readPhrase(settings.phrase) };
        }""",
        link,
    )
    notes = notes_of(method)
    assert (found["refused"], found["family"]) == ([], "organ")
    assert found["phrase"]["seconds"] == pytest.approx(max(note[1] for note in notes), abs=0.001)
    read = [[note["start"], note["end"], note["midi"], note["velocity"]] for note in found["phrase"]["notes"]]
    assert np.abs(np.array(read) - np.array([note[:4] for note in notes])).max() <= 0.0011


def test_throwing_again_throws_other_dice(window):
    piece = Composer(window.page, "dice")
    before, turn = piece.picture(), piece.turn()
    piece.button("Throw again").click()
    piece.settled(turn)
    assert piece.picture() != before
    assert piece.control("Seed").input_value() != "0"


def test_keys_alone_play_and_stop(short):
    """From the last control Tab leads to Play, and the space bar presses it."""
    piece = Composer(short.page, "isorhythm")
    piece.control("Played by").focus()
    short.page.keyboard.press("Tab")
    short.page.keyboard.press("Space")
    piece.says("Playing.")
    short.page.keyboard.press("Space")
    piece.says("Stopped.")


def test_another_setting_ends_what_is_played(short):
    piece = Composer(short.page, "isorhythm")
    piece.button("Play").click()
    piece.says("Playing.")
    piece.press("Phase (pitches)", "ArrowRight")
    assert piece.button("Play").is_visible()
    piece.press("Phase (pitches)", "ArrowLeft")


def test_everybody_can_use_them(window, address, chromium):
    """No violation of WCAG, and on a telephone nothing is wider than the screen."""
    for method in METHODS:
        Composer(window.page, method)
    assert violations(window.page) == []
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(address)
    for method in METHODS:
        piece = Composer(page, method)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, method
        box = piece.view.locator(".nn-roll-field").bounding_box()
        assert box["width"] > 250
        assert min(button.bounding_box()["height"] for button in piece.view.get_by_role("button").all()) >= 24
    context.close()


def test_where_a_kernel_runs_python_composes_and_makes_the_notes(address, visit):
    """Its figure is drawn and its notes are played; links of a page are not offered."""
    window = visit()
    window.page.add_init_script(RECORD)
    window.open_html(address.replace("composers", "notebook"), BODY)
    widget = composer_explorer("twelve_tone").widget
    settings = settings_of(widget)
    names = [*widget.settings, "settings", "choices", "kind", "sample_rate", "limits"]
    wants = {"figure": settings, "midi": settings, "held": settings | {"pitch": 63}}
    given = {
        "source": widget._esm,
        "traits": {name: getattr(widget, name) for name in names},
        "bytes": {"note": "", "colours": ""},
        "answers": {want: coded(widget.answer(want, told)) for want, told in wants.items()},
    }
    window.page.evaluate(NOTEBOOK, given)
    window.page.wait_for_function("document.querySelector('#widget').dataset.state === 'ready'")
    window.page.get_by_role("button", name="Play", exact=True).click()
    window.page.get_by_text("Playing.").wait_for()
    text, rate = window.page.evaluate("samplesOf(begun[0])")
    sound = np.frombuffer(base64.b64decode(text), "<f4")
    assert abs(fundamental(sound, int(rate), 63)) < 30
    assert level_db(sound[: int(rate) // 2]) > -40
    sent = window.page.evaluate("sent.filter(({ want }) => want === 'held').map(({ settings }) => settings.pitch)")
    assert sent == [note[2] for note in METHODS["twelve_tone"].compose(settings)["notes"]]
    assert window.page.get_by_role("button", name="Copy link").count() == 0
    assert window.page.get_by_role("link").count() == 0
    assert window.complaints == []


def test_what_is_no_cvae_is_refused():
    with pytest.raises(UsageError, match="CVAE"):
        composer_explorer("dice", AE.from_pretrained())
