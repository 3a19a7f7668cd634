"""A reader's own CVAE under piano keys: what Python answers, and what is heard where a page or a kernel plays it."""

import numpy as np
import pytest
from explorer_pages import served_pages
from hand import violations
from test_keyboard import Player, fundamental

from nsynthlib import CVAE
from nsynthlib.errors import UsageError
from nsynthlib.models import AE
from nsynthlib.playing import hold
from nsynthlib.widgets import instrument
from nsynthlib.widgets.keys import as_played

RATE = 48_000


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served_pages(tmp_path_factory.mktemp("pages"), {"instrument": instrument}) as address:
        yield f"{address}/instrument.html"


@pytest.fixture
def player(address, visit):
    window = visit()
    yield Player(window.page, address)
    assert window.complaints == []
    window.context.close()


def settings(**chosen):
    return {"pitch": 60, "family": "organ", "velocity": 100, "x": 0.0, "y": 0.0, "texture": 1.0} | chosen


def test_what_python_answers_is_the_held_note_three_times_as_fine():
    widget = instrument(CVAE.from_pretrained()).widget
    told, sound = widget.answer("held", settings(pitch=55)), widget.audio("sound", settings(pitch=55), None)[0]
    held = hold(sound)
    assert (told["loopStart"], told["loopEnd"]) == (3 * held.loop_start, 3 * held.loop_end)
    assert told["decayDb"] == held.decay_db
    assert told["release"] == pytest.approx(held.release, abs=1e-6)
    assert len(told["samples"]) == 3 * len(held.samples)
    assert np.abs(told["samples"][::3] - held.samples).max() < 0.02 * np.abs(held.samples).max()


def test_the_finer_sound_has_nothing_above_the_old_half_of_the_sample_rate():
    x = np.random.default_rng(0).normal(size=64_000) * 0.1
    power = np.abs(np.fft.rfft(as_played(hold(x))["samples"])) ** 2
    hz = np.fft.rfftfreq(2 * (len(power) - 1), 1 / RATE)
    assert power[hz > 9000].mean() < 1e-4 * power[hz < 7000].mean()


def test_what_is_no_cvae_is_refused():
    with pytest.raises(UsageError, match="CVAE"):
        instrument(AE.from_pretrained())


def test_a_key_on_a_page_plays_a_note_for_as_long_as_it_is_down(player):
    key = player.key("A3")
    key.scroll_into_view_if_needed()
    box = key.bounding_box()
    player.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.9 * box["height"])
    player.page.mouse.down()
    sound, rate = player.heard(1)
    assert rate == RATE
    assert len(sound) == 3 * 46_400  # what is held, up to the end of its loop
    assert abs(fundamental(sound[RATE:], rate, 57)) < 20
    assert player.down() == ["A3"]
    player.page.mouse.up()
    player.wait_for_end(1)
    assert player.down() == []
    assert violations(player.page) == []
