"""The built book in a browser: it works by mouse and by keyboard, complains of nothing and stays on its own site."""

import re
from itertools import pairwise

import librosa
import numpy as np
import pytest
from hand import Hand, changes
from helpers import rms
from reading import read_to_the_end
from time_pages import SITE, pages_of

from nsynthlib import FAMILIES
from nsynthlib.audio import midi_to_hz

PAGES = pages_of(SITE)
ALL_BUILT = [page for page in [*PAGES, "index.html"] if page != "404.html"]  # which wants its address


@pytest.fixture(scope="module")
def probe(site, visit) -> Hand:
    return Hand(visit(), f"{site}/chapters/02_stft.html")


@pytest.fixture(scope="module")
def stft(site, visit) -> Hand:
    """The third explorer of its chapter, after two Fourier probes."""
    return Hand(visit(), f"{site}/chapters/02_stft.html", 2)


@pytest.fixture(scope="module")
def cvae(site, visit) -> Hand:
    return Hand(visit(), f"{site}/chapters/08_cvae.html")


def changed(before: dict, after: dict) -> tuple[bool, bool]:
    """Whether the picture and whether the sound is another one."""
    assert all(rms(sound) > 1e-4 for sound, _ in after["sounds"].values())
    assert after["says"] != before["says"]
    pictures, sounds = changes(before, after)
    return bool(pictures), bool(sounds)


def test_the_probe_changes_pictures_and_sound(probe):
    """The first thing of the chapter that moves."""
    probe.by_keyboard("Frequency (Hz)", "ArrowRight")
    assert changed(*probe.settled()) == (True, True)
    probe.by_mouse("Frame", 0.9)
    assert changed(*probe.settled()) == (True, True)


def test_spectrogram_controls_change_picture_and_sound(stft):
    """In the book as on a page of its own, where every control is moved."""
    stft.by_keyboard("Hop length", "ArrowLeft")
    assert changed(*stft.settled()) == (True, True)
    stft.by_mouse("Hop length", 0.75)
    assert changed(*stft.settled()) == (True, True)


CVAE_MOVES = [
    ("Pitch (MIDI)", "ArrowRight", 0.4),
    ("Family", "ArrowDown", 0),
    ("Velocity", "ArrowLeft", 0.0),
    ("Breath", "ArrowLeft", 0.3),
]


@pytest.mark.parametrize(("name", "key", "place"), CVAE_MOVES, ids=[name for name, *_ in CVAE_MOVES])
def test_note_controls_change_picture_and_sound(cvae, name, key, place):
    cvae.by_keyboard(name, key)
    assert changed(*cvae.settled()) == (True, True)
    cvae.by_mouse(name, place)
    assert changed(*cvae.settled()) == (True, True)


def test_the_pad_changes_picture_and_sound(cvae):
    cvae.on_pad(0.8, 0.1)
    assert changed(*cvae.settled()) == (True, True)
    cvae.page.keyboard.press("ArrowUp")
    assert changed(*cvae.settled()) == (True, True)


def test_pitch_moves_as_asked(site, visit):
    """A string's C3, C4 and C5 lie an octave apart, each within 50 cents of what was asked."""
    hand = Hand(visit(), f"{site}/chapters/08_cvae.html")
    hand.by_mouse("Family", FAMILIES.index("string"))
    hand.settled()
    heard = []
    for key, times, pitch in (("ArrowLeft", 12, 48), ("ArrowRight", 12, 60), ("ArrowRight", 12, 72)):
        hand.by_keyboard("Pitch (MIDI)", key, times)
        hand.page.wait_for_function(
            "([view, text]) => view.dataset.state === 'ready' && view.textContent.includes(text)",
            arg=[hand.view.element_handle(), f"MIDI {pitch}"],
        )
        ((sound, rate),) = hand.look(0)["sounds"].values()
        middle = sound[rate // 4 : 2 * rate]
        heard.append(float(np.median(librosa.yin(middle, fmin=65, fmax=2000, sr=rate))))
        cents = 1200 * np.log2(heard[-1] / midi_to_hz(pitch))
        assert abs(cents) < 50, f"asked for MIDI {pitch}, heard {heard[-1]:.1f} Hz"
    for low, high in pairwise(heard):
        assert high / low == pytest.approx(2, rel=0.03)


def test_every_place_of_the_toy_map_is_heard(site, visit):
    """In its chapter, by keyboard: another place, another sound, and neither is silent."""
    window = visit()
    window.page.goto(f"{site}/chapters/07_vae.html")
    read_to_the_end(window.page)
    plane, player = (window.page.locator(f".nn-toy {part}") for part in (".nn-plane", "audio"))
    plane.focus()
    heard = []
    for key in ("ArrowRight", "Shift+ArrowUp"):
        window.page.keyboard.press(key)
        told = player.evaluate("async ({ src }) => [...new Uint8Array(await (await fetch(src)).arrayBuffer())]")
        heard.append(np.frombuffer(bytes(told[44:]), "<i2") / 32768)
    assert all(rms(sound) > 1e-3 for sound in heard)
    assert np.abs(heard[0] - heard[1]).max() > 1e-3
    assert window.complaints == []
    assert window.strays(site) == []


def test_pictures_come_fast_and_nothing_is_amiss(site, stft, cvae, record_property):
    """After all those moves: no complaint, no request that left the site; the time to a picture is reported."""
    for name, hand in (("spectrogram", stft), ("CVAE", cvae)):
        hand.report(record_property, name)
        assert hand.window.complaints == []
        assert hand.window.strays(site) == []


@pytest.mark.parametrize("page", ALL_BUILT)
def test_page_is_whole(site, visit, page):
    """On a telephone: nothing scrolls sideways, every image is described, nothing complains and no request leaves the
    site."""
    window = visit(390)
    window.page.goto(f"{site}/{page}", wait_until="load")
    if page == "index.html":  # leads on to the introduction
        window.page.wait_for_url("**/book/intro.html")
    read_to_the_end(window.page)
    bare = window.page.evaluate("[...document.images].filter((image) => !image.hasAttribute('alt')).map((i) => i.src)")
    figures = window.page.locator("img[src*='/_images/']").count()
    assert window.overflow() <= 0
    assert bare == []
    assert window.page.locator("img[src*='/_images/'] + a[href*='/_images/']:visible").count() == figures
    assert window.complaints == []
    assert window.strays(site) == []
    window.context.close()


@pytest.mark.parametrize("page", ALL_BUILT)
def test_nothing_is_left_unread_by_the_builder(page):
    """No role or formula of the source stands on the page as it was typed, code aside."""
    text = re.sub(r"<(pre|script|style)\b.*?</\1>", "", (SITE / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"<(?:span|div) class=\"math[^>]*>.*?</(?:span|div)>", "", text, flags=re.DOTALL)
    assert re.findall(r"\{\w+(?::\w+)?\}`[^`]*`|\$[^$\n<]{1,60}\$", re.sub(r"<[^>]+>", "", text)) == []


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
