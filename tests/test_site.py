"""The built book in a browser: it works by mouse and by keyboard, complains of nothing and stays on its own site."""

import base64
import io
from itertools import pairwise
from pathlib import Path
from statistics import median

import librosa
import numpy as np
import pytest
import soundfile

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"
PAGES = sorted(
    str(path.relative_to(SITE)) for folder in (".", "book", "chapters") for path in SITE.glob(f"{folder}/*.html")
)
ALL_BUILT = [pytest.param(page, id=page) for page in PAGES or ["index.html"]]

# The picture and the sound of an explorer, as a reader gets them.
OBSERVE = """async (view) => {
  const canvas = view.querySelector("canvas");
  const file = await (await fetch(view.querySelector("audio").src)).arrayBuffer();
  let text = "";
  for (const byte of new Uint8Array(file)) text += String.fromCharCode(byte);
  return {
    picture: canvas.toDataURL(), file: btoa(text), turn: Number(view.dataset.turn), ms: Number(view.dataset.pictureMs),
    label: canvas.getAttribute("aria-label"), says: view.querySelector("[role=status]").textContent,
  };
}"""


class Hand:
    """Moves the controls of the explorer on one page, and looks and listens after each move."""

    def __init__(self, window, address: str) -> None:
        self.window = window
        self.page = window.page
        self.page.goto(address)
        self.view = self.page.locator(".nn-view").first
        self.view.scroll_into_view_if_needed()
        self.milliseconds: list[float] = []
        self.now = self.look(0)

    def look(self, after: int) -> dict:
        """What is there once the explorer has settled in a turn later than ``after``."""
        self.page.wait_for_function(
            "([view, after]) => view.dataset.state === 'ready' && Number(view.dataset.turn) > after",
            arg=[self.view.element_handle(), after],
        )
        seen = self.view.evaluate(OBSERVE)
        seen["audio"], seen["rate"] = soundfile.read(io.BytesIO(base64.b64decode(seen.pop("file"))), dtype="float32")
        self.milliseconds.append(seen["ms"])
        return seen

    def control(self, name: str):
        """The slider's handle or the list that has this accessible name."""
        controls = self.page.locator(".nn-controls").first
        return controls.get_by_role("slider", name=name, exact=True).or_(
            controls.get_by_role("combobox", name=name, exact=True)
        )

    def by_keyboard(self, name: str, key: str, times: int = 1) -> None:
        self.control(name).focus()
        for _ in range(times):
            self.page.keyboard.press(key)

    def by_mouse(self, name: str, place: float) -> None:
        """Presses a slider at a part of its length, or picks from a list by its position."""
        control = self.control(name)
        control.scroll_into_view_if_needed()
        if control.get_attribute("role") != "slider":
            control.select_option(index=int(place))
            return
        track = control.locator("xpath=ancestor::*[contains(@class, 'noUi-target')]").bounding_box()
        self.page.mouse.click(track["x"] + place * (track["width"] - 2) + 1, track["y"] + track["height"] / 2)

    def settled(self) -> tuple[dict, dict]:
        """What was there before the move and what is there after it."""
        before, self.now = self.now, self.look(self.now["turn"])
        return before, self.now


@pytest.fixture(scope="module")
def stft(site, visit) -> Hand:
    return Hand(visit(), f"{site}/chapters/02_stft.html")


@pytest.fixture(scope="module")
def cvae(site, visit) -> Hand:
    return Hand(visit(), f"{site}/chapters/08_cvae.html")


def rms(audio: np.ndarray) -> float:
    return float(np.sqrt(np.mean(audio.astype(np.float64) ** 2)))


def changed(before: dict, after: dict) -> tuple[bool, bool]:
    """Whether the picture and whether the sound is another one."""
    assert len(after["audio"]) == len(before["audio"])
    assert rms(after["audio"]) > 1e-4
    assert after["says"] != before["says"]
    return after["picture"] != before["picture"], float(np.abs(after["audio"] - before["audio"]).max()) > 1e-3


STFT_MOVES = [("Hop length", "ArrowLeft", 0.0), ("FFT size", "ArrowRight", 0.3), ("Window", "ArrowDown", 0)]


@pytest.mark.parametrize(("name", "key", "place"), STFT_MOVES, ids=[name for name, *_ in STFT_MOVES])
def test_spectrogram_controls_change_picture_and_sound(stft, name, key, place):
    stft.by_keyboard(name, key)
    assert changed(*stft.settled()) == (True, True)
    stft.by_mouse(name, place)
    assert changed(*stft.settled()) == (True, True)


def test_phase_changes_the_sound_only(stft):
    stft.by_keyboard("Phase", "ArrowDown")
    assert changed(*stft.settled()) == (False, True)
    stft.by_mouse("Phase", 0)
    assert changed(*stft.settled()) == (False, True)


def test_impossible_settings_are_refused_in_words(stft):
    """A hop longer than the window is named; the next possible setting works again."""
    stft.by_mouse("FFT size", 0.0)
    stft.settled()
    stft.by_mouse("Hop length", 1.0)
    stft.page.wait_for_function("view => view.dataset.state === 'error'", arg=stft.view.element_handle())
    assert "hop_length 1024" in stft.view.get_by_role("status").inner_text()
    stft.by_mouse("Hop length", 0.25)
    before, after = stft.settled()
    assert after["turn"] > before["turn"] + 1


CVAE_MOVES = [
    ("Pitch (MIDI)", "ArrowRight", 0.4),
    ("Family", "ArrowDown", 0),
    ("Velocity", "ArrowLeft", 0.0),
    ("Latent point", "ArrowRight", 0.6),
    ("Dimension", "ArrowRight", 0.1),
]


@pytest.mark.parametrize(("name", "key", "place"), CVAE_MOVES, ids=[name for name, *_ in CVAE_MOVES])
def test_note_controls_change_picture_and_sound(cvae, name, key, place):
    names = [name]
    if name == "Dimension":  # the model says which two
        names = [text for text in cvae.page.locator(".nn-controls .widget-label").all_inner_texts() if name in text]
        assert len(names) == 2
    for one in names:
        cvae.by_keyboard(one, key, times=10 if name == "Dimension" else 1)
        assert changed(*cvae.settled()) == (True, True)
        cvae.by_mouse(one, place)
        assert changed(*cvae.settled()) == (True, True)


def test_pitch_moves_as_asked(site, visit):
    """The sounds of C3, C4 and C5 lie an octave apart, each within 50 cents of what was asked."""
    hand = Hand(visit(), f"{site}/chapters/08_cvae.html")
    heard = []
    for key, times, pitch in (("ArrowLeft", 12, 48), ("ArrowRight", 12, 60), ("ArrowRight", 12, 72)):
        hand.by_keyboard("Pitch (MIDI)", key, times)
        hand.page.wait_for_function(
            "([view, text]) => view.dataset.state === 'ready' && view.textContent.includes(text)",
            arg=[hand.view.element_handle(), f"MIDI {pitch}"],
        )
        sound = hand.look(0)
        middle = sound["audio"][sound["rate"] // 4 : 2 * sound["rate"]]
        heard.append(float(np.median(librosa.yin(middle, fmin=65, fmax=2000, sr=sound["rate"]))))
        cents = 1200 * np.log2(heard[-1] / (440 * 2 ** ((pitch - 69) / 12)))
        assert abs(cents) < 50, f"asked for MIDI {pitch}, heard {heard[-1]:.1f} Hz"
    for low, high in pairwise(heard):
        assert high / low == pytest.approx(2, rel=0.03)


def test_explorers_speak_to_assistive_technology(stft, cvae):
    for hand in (stft, cvae):
        assert hand.now["label"].startswith("Spectrogram: frequency")
        assert "Sound: peak" in hand.now["says"]
        unnamed = hand.page.locator(".nn-explorer").first.evaluate(
            """(all) => [...all.querySelectorAll("[role=slider], [contenteditable=true], audio, canvas, progress")]
            .filter((part) => !part.getAttribute("aria-label")).map((part) => part.outerHTML)"""
        )
        assert unnamed == []
        assert hand.page.locator(".nn-controls [title=null]").count() == 0


def test_pictures_come_fast_and_nothing_is_amiss(site, stft, cvae, record_property):
    """After all those moves: no complaint, no request that left the site; the time to a picture is reported."""
    for name, hand in (("spectrogram", stft), ("CVAE", cvae)):
        record_property(f"{name}: median ms to a picture", median(hand.milliseconds))
        print(f"{name}: {median(hand.milliseconds):.0f} ms to a picture (median of {len(hand.milliseconds)})")
        assert hand.window.complaints == []
        assert [url for url in hand.window.requests if not url.startswith((site, "blob:" + site, "data:"))] == []


@pytest.mark.parametrize("page", ALL_BUILT)
def test_page_is_whole(site, visit, page):
    """No complaint, no request that leaves the site, every image described, no sideways scrolling on a telephone."""
    window = visit(390)
    window.page.goto(f"{site}/{page}", wait_until="load")
    if window.page.locator("script[type='application/vnd.jupyter.widget-view+json']").count():
        window.page.wait_for_selector(".nn-explorer canvas", state="attached")
    wide = window.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    bare = window.page.evaluate("[...document.images].filter((image) => !image.hasAttribute('alt')).map((i) => i.src)")
    assert wide <= 0, f"{wide} pixels too wide"
    assert bare == []
    assert window.complaints == []
    assert [url for url in window.requests if not url.startswith((site, "blob:" + site, "data:"))] == []
    window.context.close()


@pytest.mark.parametrize("page", ALL_BUILT)
def test_players_are_heard(site, visit, page):
    """Every player's file decodes, is not silent, and has a name."""
    text = (SITE / page).read_text(encoding="utf-8")
    if "<audio" not in text:
        pytest.skip("no players here")
    window = visit()
    window.page.goto(f"{site}/{page}")
    heard = window.page.evaluate(
        """async () => {
          const context = new OfflineAudioContext(1, 1, 16000);
          const players = [...document.querySelectorAll("figure.nn-player audio")];
          return Promise.all(players.map(async (player) => {
            const sound = await context.decodeAudioData(await (await fetch(player.src)).arrayBuffer());
            const square = sound.getChannelData(0).reduce((sum, value) => sum + value * value, 0);
            return [player.getAttribute("aria-label"), Math.sqrt(square / sound.length)];
          }));
        }"""
    )
    assert len(heard) == text.count("<audio")
    for label, level in heard:
        assert label
        assert level > 1e-4, f"{label} is silent"
    window.context.close()
