"""Piano keys of the synthesis explorers: played by mouse, touch and computer keys, and silent where they should be."""

import base64
from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest
from explorer_pages import served_pages
from hand import Hand, violations

from nsynthlib.audio import midi_to_hz
from nsynthlib.widgets import synthesis_explorer
from nsynthlib.widgets.synthesis_notes import WAYS

# Writes down every sound that begins and every moment at which one is told to end.
RECORD = """
window.begun = [];
window.ended = 0;
const start = AudioBufferSourceNode.prototype.start;
const stop = AudioBufferSourceNode.prototype.stop;
AudioBufferSourceNode.prototype.start = function (...given) {
  window.begun.push(this.buffer);
  return start.apply(this, given);
};
AudioBufferSourceNode.prototype.stop = function (...given) {
  window.ended++;
  return stop.apply(this, given);
};
window.samplesOf = (buffer) => {
  let text = "";
  for (const byte of new Uint8Array(buffer.getChannelData(0).slice().buffer)) text += String.fromCharCode(byte);
  return [btoa(text), buffer.sampleRate];
};
"""


class Player:
    """A hand on one explorer's piano keys, and an ear at what they begin to play."""

    def __init__(self, page, address: str) -> None:
        page.add_init_script(RECORD)
        self.page = page
        self.hand = Hand(type("Window", (), {"page": page})(), address)

    def key(self, name: str):
        return self.page.locator(".nn-key").filter(has=self.page.get_by_text(name, exact=True))

    def down(self) -> list[str]:
        return self.page.locator(".nn-key.nn-down .nn-key-name").all_text_contents()

    def begun(self) -> int:
        return self.page.evaluate("window.begun.length")

    def heard(self, number: int) -> tuple[np.ndarray, int]:
        """The sound that was the ``number``-th to begin, and its rate."""
        self.page.wait_for_function("number => window.begun.length >= number", arg=number)
        text, rate = self.page.evaluate("number => samplesOf(begun[number - 1])", number)
        return np.frombuffer(base64.b64decode(text), "<f4"), int(rate)

    def wait_for_end(self, number: int) -> None:
        self.page.wait_for_function("number => window.ended >= number", arg=number)

    def away(self) -> None:
        """Take the focus from the keys."""
        self.page.evaluate("document.activeElement.blur()")


def fundamental(sound: np.ndarray, rate: int, pitch: int) -> float:
    """Cents by which the strongest line within a third of an octave around ``pitch`` is off."""
    half = sound[: rate // 2] * np.hanning(rate // 2)
    spectrum = np.abs(np.fft.rfft(half, 2**19))
    hertz = np.fft.rfftfreq(2**19, 1 / rate)
    near = np.abs(np.log2(np.maximum(hertz, 1) / midi_to_hz(pitch))) < 1 / 6
    assert spectrum[near].max() > 0.05 * spectrum.max()
    return float(1200 * np.log2(hertz[near][spectrum[near].argmax()] / midi_to_hz(pitch)))


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    makers = {method: partial(synthesis_explorer, method) for method in WAYS}
    with served_pages(tmp_path_factory.mktemp("pages"), makers) as address:
        yield address


@pytest.fixture
def player(address, visit) -> Iterator[Player]:
    window = visit()
    yield Player(window.page, f"{address}/plucked.html")
    assert window.complaints == []
    window.context.close()


@pytest.mark.parametrize("method", WAYS)
def test_every_way_is_played_in_tune(address, visit, method):
    """C4 by mouse and C5 by a computer key; what is begun ends when it is let go."""
    player = Player(visit().page, f"{address}/{method}.html")
    key = player.key("C4")
    key.scroll_into_view_if_needed()
    box = key.bounding_box()
    player.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.9 * box["height"])
    player.page.mouse.down()
    low = player.heard(1)
    assert player.down() == ["C4"]
    player.page.mouse.up()
    player.wait_for_end(1)
    assert player.down() == []
    player.page.keyboard.down("i")
    high = player.heard(2)
    assert player.down() == ["C5"]
    player.page.keyboard.up("i")
    player.wait_for_end(2)
    for (sound, rate), pitch in ((low, 60), (high, 72)):
        assert abs(fundamental(sound, rate, pitch)) < (40 if method == "granular" else 10)  # grains come at random
        assert np.abs(sound).max() == pytest.approx(10 ** (-3 / 20) * 100 / 127, rel=0.1)  # as loud as in the player
    assert violations(player.page) == []


def test_chords_sound_together_and_end_where_the_focus_leaves(player):
    player.key("C4").focus()
    for letter in "qet":  # C E G
        player.page.keyboard.down(letter)
    player.heard(3)
    assert player.down() == ["C4", "E4", "G4"]
    player.away()
    player.wait_for_end(3)
    assert player.down() == []
    player.page.keyboard.up("q")
    assert player.begun() == 3


def test_the_seventh_voice_ends_the_first(player):
    player.key("C4").focus()
    for number, letter in enumerate("zxcvbn", start=1):
        player.page.keyboard.down(letter)
        player.heard(number)
    assert player.page.evaluate("window.ended") == 0
    player.page.keyboard.down("m")
    player.heard(7)
    assert player.page.evaluate("window.ended") == 1


def test_a_held_key_is_struck_once(player):
    player.key("C4").focus()
    player.page.keyboard.down("q")
    player.heard(1)
    for _ in range(3):
        player.page.keyboard.down("q")  # repeats
    assert player.begun() == 1


# Notes whether anybody took an event from the page.
TAKEN = """() => {
  window.taken = [];
  addEventListener("keydown", (event) => window.taken.push([event.key, event.defaultPrevented]));
}"""


def test_no_key_is_taken_from_the_page_that_plays_nothing(player):
    """Without the focus none at all; with it neither shortcuts nor keys that are no notes."""
    player.page.evaluate(TAKEN)
    player.away()
    for key in ("q", " ", "ArrowRight"):
        player.page.keyboard.press(key)
    player.key("C4").focus()
    for key in ("Control+c", "PageDown", "l", "Tab"):
        player.page.keyboard.press(key)
    taken = player.page.evaluate("window.taken")
    assert [key for key, _ in taken] == ["q", " ", "ArrowRight", "Control", "c", "PageDown", "l", "Tab"]
    assert not any(prevented for _, prevented in taken)
    assert player.begun() == 0


def test_one_key_is_a_stop_for_tab_and_arrows_go_on_from_it(player):
    stops = player.page.locator(".nn-key[tabindex='0']")
    assert stops.count() == 1
    stops.focus()
    player.page.keyboard.press("ArrowRight")
    assert player.page.evaluate("document.activeElement.textContent") == "C♯4 2"
    assert player.begun() == 0
    for number, key in enumerate((" ", "Enter"), start=1):
        player.page.keyboard.press(key)
        sound, rate = player.heard(number)
        assert abs(fundamental(sound, rate, 61)) < 10
        player.wait_for_end(number)
    assert stops.count() == 1


def test_assistive_technology_clicks(player):
    player.key("A4").dispatch_event("click", {"detail": 0})
    sound, rate = player.heard(1)
    assert abs(fundamental(sound, rate, 69)) < 10
    player.wait_for_end(1)


def test_knobs_are_heard(player):
    """The same key after a knob has moved is another sound; the sound of before is not played again."""
    player.key("C4").focus()
    player.page.keyboard.press("q")
    before, _ = player.heard(1)
    player.hand.by_mouse("Brightness (Hz)", 0.1)
    player.hand.settled()
    player.key("C4").focus()
    player.page.keyboard.press("q")
    after, _ = player.heard(2)
    assert np.abs(before - after).max() > 0.05


def test_two_fingers_on_a_telephone(address, chromium):
    """Octaves stand one above the other there, keys are as wide as a finger needs, and the page scrolls by them."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    player = Player(context.new_page(), f"{address}/fm.html")
    page = player.page
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    player.key("C3").scroll_into_view_if_needed()
    boxes = [player.key(name).bounding_box() for name in ("C3", "C4", "E4", "C♯4")]
    assert boxes[1]["y"] > boxes[0]["y"] + boxes[0]["height"]
    assert min(box["width"] for box in boxes) >= 24
    fingers = [
        {"x": box["x"] + box["width"] / 2, "y": box["y"] + 0.9 * box["height"], "id": i} for i, box in enumerate(boxes)
    ]
    session = context.new_cdp_session(page)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": fingers[1:2]})
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": fingers[1:3]})
    player.heard(2)
    assert player.down() == ["C4", "E4"]
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    player.wait_for_end(2)
    assert player.down() == []
    assert page.locator(".nn-key").first.evaluate("key => getComputedStyle(key).touchAction") == "pan-y"
    context.close()
