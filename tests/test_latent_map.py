"""The map of notes: every note is heard, by mouse and by keyboard, without a kernel."""

import base64
import io

import numpy as np
import pytest
import soundfile
from explorer_pages import served_pages
from hand import violations
from helpers import rms

from nsynthlib.audio.excerpt import FADE, SECONDS
from nsynthlib.data import pocket
from nsynthlib.plots import FAMILY_MARKERS
from nsynthlib.widgets import latent_map
from nsynthlib.widgets.latent_space import outline

POINTS = [(0.0, 0.0), (2.0, 0.1), (1.0, 1.0), (1.0, -3.0)]


def four():
    return [pocket()[i] for i in (0, 20, 40, 60)]


def decoded(url: str) -> tuple[np.ndarray, int]:
    assert url.startswith("data:audio/mpeg;base64,")
    return soundfile.read(io.BytesIO(base64.b64decode(url.partition(",")[2])), dtype="float32")


def test_each_note_travels_as_loud_as_it_is():
    notes = four()
    made = latent_map(POINTS, notes)
    assert repr(made) == "LatentMap(4 notes)"
    for note, url, label in zip(notes, made.sounds, made.labels, strict=True):
        sound, rate = decoded(url)
        kept = int((SECONDS - FADE) * rate)
        assert rate == 16_000
        assert len(sound) == pytest.approx(SECONDS * rate, abs=2000)
        assert rms(sound[:kept]) == pytest.approx(rms(note.audio[:kept]), rel=0.05)
        assert f"MIDI {note.pitch}, velocity {note.velocity}" in label
    assert list(made.legend) == sorted({note.family for note in notes})


def test_every_shape_has_an_outline_about_the_origin():
    outlines = {marker: outline(marker) for marker in FAMILY_MARKERS.values()}
    assert len(set(outlines.values())) == len(outlines)
    for path in outlines.values():
        assert path.startswith("M")
        assert path.endswith("Z")
        numbers = np.array(path.replace("M", " ").replace("L", " ").replace("Z", " ").split(), float)
        assert np.abs(numbers).max() <= 0.8


@pytest.mark.parametrize("points", [POINTS[:3], np.zeros((4, 3)), np.zeros(4)])
def test_points_that_do_not_fit_are_refused(points):
    with pytest.raises(ValueError, match=r"4 notes need points of shape \[4, 2\]"):
        latent_map(points, four())
    with pytest.raises(ValueError, match="0 notes"):
        latent_map(np.zeros((0, 2)), [])


@pytest.fixture(scope="module")
def page(tmp_path_factory, visit):
    with served_pages(tmp_path_factory.mktemp("map"), {"map": lambda: latent_map(POINTS, four())}) as address:
        window = visit()
        window.page.goto(f"{address}/map.html")
        window.page.wait_for_selector(".nn-map-point")
        yield window


def heard(window) -> tuple[str, str]:
    """The note that is chosen, and the source that plays."""
    chosen = window.page.locator(".nn-map-point[aria-selected=true]")
    player = window.page.locator(".nn-map audio")
    assert chosen.get_attribute("aria-label") == player.get_attribute("aria-label")
    assert window.page.locator(".nn-map-box").get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    assert window.page.locator(".nn-map-status").inner_text() == chosen.get_attribute("aria-label")
    return chosen.get_attribute("aria-label"), player.get_attribute("src")


def test_notes_are_chosen_by_arrow_keys_and_by_mouse(page):
    made = latent_map(POINTS, four())
    page.page.locator(".nn-map-box").focus()
    page.page.keyboard.press("Enter")  # the first one
    ways = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowDown", "ArrowDown"):
        page.page.keyboard.press(key)
        ways.append(made.labels.index(heard(page)[0]))
    assert ways == [2, 1, 2, 3, 3]  # to the right lie the upper and the right one; below all of them the last
    for i in (0, 1, 2, 3):
        page.page.locator(f".nn-map-point[aria-label='{made.labels[i]}']").click()
        assert heard(page) == (made.labels[i], made.sounds[i])


def test_it_is_accessible_and_complains_of_nothing(page):
    assert page.page.locator(".nn-map-legend li").count() == 4
    assert violations(page.page) == []
    assert page.complaints == []
