"""The Fourier probe: its value is numpy's DFT, and a page's probe follows mouse, finger and keys."""

import numpy as np
import pytest
import torch
from hand import Hand, changes, violations, wav
from helpers import RATE, decaying_note, settings_of, sine, strongest
from scipy import signal
from traitlets import TraitError

from nsynthlib.widgets import fourier_explorer

SETTINGS = [  # frame length, start in ms, window
    (64, 0, "boxcar"),
    (1024, 250, "hann"),
    (2048, 3990, "blackman"),  # reaches past the end of the sound
    (4096, 777, "hamming"),
]
BINS = (0, 1, 13, 31)


@pytest.fixture(scope="module")
def note() -> np.ndarray:
    return decaying_note(20)


def dft(note: np.ndarray, length: int, start: int, window: str) -> np.ndarray:
    """numpy's, of the frame as it travels: in 16 bits."""
    samples = np.frombuffer(fourier_explorer(note).widget.note, "<i2") / 32768
    frame = np.append(samples, np.zeros(length))[start * RATE // 1000 :][:length]
    return np.fft.rfft(frame * signal.get_window(window, length))


@pytest.mark.parametrize(("length", "start", "window"), SETTINGS)
def test_the_probe_is_the_dft_in_python(note, length, start, window):
    """Within 1e-9 at every bin that is tried, and the drawn curve runs through the same heights."""
    widget = fourier_explorer(note, highest=8000, start=start, frame_length=length, window=window).widget
    expected = dft(note, length, start, window)
    for k in (*BINS, length // 2):
        frequency = k * RATE / length
        found = widget.answer("figure", settings_of(widget) | {"frequency": frequency})
        assert abs(complex(found["re"], found["im"]) - expected[k]) < 1e-9
        height = found["heights"][round(frequency / found["step"])]
        assert height == pytest.approx(abs(expected[k]) / found["reference"], abs=1e-6)
        assert np.hypot(found["sum_real"][-1], found["sum_imag"][-1]) == pytest.approx(height, abs=1e-6)


@pytest.mark.parametrize("frequency", [220.0, 333.3])
def test_between_bins_the_probe_is_the_sum_itself(note, frequency):
    widget = fourier_explorer(note, frequency=frequency).widget
    found = widget.answer("figure", settings_of(widget))
    frame = np.frombuffer(widget.note, "<i2")[4000:5024] / 32768
    expected = sum(x * np.exp(-2j * np.pi * frequency * n / RATE) for n, x in enumerate(frame))
    assert abs(complex(found["re"], found["im"]) - expected) < 1e-9


@pytest.mark.parametrize("window", ["boxcar", "hann", "hamming", "blackman"])
def test_a_sine_is_found_as_strong_as_it_is_and_can_be_heard(window):
    """A whole number of periods of amplitude 0.3 reaches the height 0.3 under any window."""
    widget = fourier_explorer(sine(500, 0.3), frequency=500, window=window).widget
    found = widget.answer("figure", settings_of(widget))
    assert np.hypot(found["re"], found["im"]) / found["reference"] == pytest.approx(0.3, abs=1e-4)
    sound = widget.answer("sound", settings_of(widget))
    assert sound["peak"] == pytest.approx(0.3, abs=1e-3)
    assert strongest(np.frombuffer(sound["wav"][44:], "<i2")) == pytest.approx(500, abs=1)


def test_what_the_controls_do_not_have_is_refused(note):
    for given, words in (
        ({"frequency": 2500}, "frequency 2500 is not offered; choose one from 0 to 2000 Hz"),
        ({"start": 4001}, "start 4001 is not offered; choose one from 0 to 4000 ms"),
        ({"frame_length": 1000}, "frame_length 1000 is not offered; choose one of 64, 128"),
        ({"highest": 9000}, "highest 9000 is not offered; choose one from 1 to 8000 Hz"),
    ):
        with pytest.raises(ValueError, match=words):
            fourier_explorer(note, **given)
    widget = fourier_explorer(note).widget
    with pytest.raises(TraitError, match=r"frequency 2001\.0 is not offered"):
        widget.frequency = 2001
    assert repr(fourier_explorer(note)) == "FourierExplorer(64000 samples, 16000 Hz)"


# --- on a page ----------------------------------------------------------------------------------------------------


@pytest.fixture
def hand(pages, visit) -> Hand:
    return Hand(visit(), f"{pages}/fourier.html")


def probe_says(hand: Hand) -> str:
    return hand.page.get_by_role("slider", name="Probe", exact=True).get_attribute("aria-valuetext")


def place_of(hand: Hand, hertz: float) -> tuple[float, float]:
    """Where a frequency lies on the screen."""
    box = hand.page.locator(".nn-probe-area").bounding_box()
    return box["x"] + hertz / 2000 * box["width"], box["y"] + box["height"] / 2


def slider_reads(hand: Hand) -> float:
    return float(hand.control("Frequency (Hz)").get_attribute("aria-valuetext"))


def test_the_probe_is_dragged_by_mouse(hand):
    """It goes where the mouse goes, and the slider, the pictures, the sound and the words go with it."""
    mouse = hand.page.mouse
    hand.page.locator(".nn-probe-area").scroll_into_view_if_needed()
    mouse.move(*place_of(hand, 220))
    mouse.down()
    mouse.move(*place_of(hand, 900), steps=4)
    mouse.up()
    hand.page.wait_for_function("() => document.querySelector('.nn-status').textContent.includes('At 9')")
    before, after = hand.settled()
    assert changes(before, after) == ({0, 1, 2, 3}, {"The sine found"})
    heard = float(probe_says(hand).removesuffix(" Hz"))
    assert heard == pytest.approx(900, abs=4)
    assert f"At {probe_says(hand)}," in after["says"]
    assert slider_reads(hand) == pytest.approx(heard, abs=0.5)


def test_the_probe_is_moved_by_keys(hand):
    """Arrows go by a hertz, page keys from bin to bin; the value is then told to be a bin of the DFT."""
    probe = hand.page.get_by_role("slider", name="Probe", exact=True)
    probe.focus()
    for key, says in (("ArrowRight", "221 Hz"), ("ArrowDown", "220 Hz"), ("PageDown", "218.75 Hz")):
        hand.page.keyboard.press(key)
        hand.settled()
        assert probe_says(hand) == says
    assert "At 218.75 Hz, bin 14 of the DFT" in hand.now["says"]
    for key, says in (("PageUp", "234.38 Hz"), ("Home", "0 Hz"), ("End", "2,000 Hz")):
        hand.page.keyboard.press(key)
        hand.settled()
        assert probe_says(hand) == says
    hand.by_keyboard("Frequency (Hz)", "ArrowLeft")
    hand.settled()
    assert probe_says(hand) == "1,999 Hz"
    assert hand.window.complaints == []


def test_the_probe_is_dragged_by_a_finger_and_the_page_still_scrolls(chromium, pages):
    context = chromium.new_context(viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{pages}/fourier.html")
    page.wait_for_selector(".nn-view[data-state=ready]")
    area = page.locator(".nn-probe-area")
    area.scroll_into_view_if_needed()
    assert area.evaluate("el => getComputedStyle(el).touchAction") == "pan-y"
    box = area.bounding_box()
    client = context.new_cdp_session(page)

    def touch(kind: str, part: float | None = None) -> None:
        points = [] if part is None else [{"x": box["x"] + part * box["width"], "y": box["y"] + 40}]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 0.2)
    for part in (0.25, 0.3, 0.4, 0.5):
        touch("touchMove", part)
    touch("touchEnd")
    says = page.get_by_role("slider", name="Probe", exact=True).get_attribute("aria-valuetext")
    assert float(says.replace(",", "").removesuffix(" Hz")) == pytest.approx(1000, abs=20)
    context.close()


def test_a_short_sound_of_ones_own_is_filled_up(hand):
    """The frame begins after the end of 0.2 s: nothing is found there, and nothing breaks."""
    hand.page.set_input_files(".nn-file", wav(sine(440, 0.5, 0.2), RATE))
    hand.settled()
    assert "height 0.0000" in hand.now["says"]
    hand.by_keyboard("Start (ms)", "Home")
    hand.settled()
    assert violations(hand.page) == []
    found = hand.now["says"]
    hand.by_keyboard("Frequency (Hz)", "End")
    hand.settled()
    assert found != hand.now["says"]
    assert hand.window.complaints == []


def test_the_probe_of_a_tensor_and_of_silence():
    widget = fourier_explorer(torch.zeros(16_000)).widget
    found = widget.answer("figure", settings_of(widget))
    assert (found["re"], found["im"]) == (0, 0)
