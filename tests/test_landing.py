"""The first page: something to hear and to move in its first screen, one picture, three ways in, and light to load."""

import re

import pytest
from hand import Hand, changes
from helpers import rms
from publication import Publication

CHAPTER_IN_COLAB = Publication.from_environment().colab("01_sampling.ipynb")  # none in a book without a repository
PAGE = "book/intro.html"
LARGE = re.compile(r"\.(onnx|wasm)(\?|$)|/worker\.mjs")


@pytest.fixture(scope="module")
def hand(site, visit) -> Hand:
    return Hand(visit(), f"{site}/{PAGE}", patience=60_000)  # milliseconds: the first move loads the model


def large(hand: Hand) -> list[str]:
    return [url for url in hand.window.requests if LARGE.search(url)]


@pytest.mark.parametrize("width", [1280, 390])
def test_the_first_screen_is_heard_and_moved(site, visit, width):
    window = visit(width)
    window.page.goto(f"{site}/{PAGE}")
    window.page.wait_for_selector(".nn-view[data-state=ready]")
    for part in (".nn-controls [role=slider] >> nth=0", ".nn-controls select", ".nn-pad-area", ".nn-view audio"):
        box = window.page.locator(part).bounding_box()
        assert box["y"] >= 0, part
        assert box["y"] + box["height"] <= 900, part
    assert window.page.evaluate("scrollY") == 0
    assert window.overflow() <= 0


def test_the_model_is_loaded_by_the_first_move_only(hand):
    """Until then figure and sound are those that came with the page; at the start again, the same ones."""
    before = hand.look(0)
    assert large(hand) == []
    assert rms(before["sounds"]["Sound"][0]) > 1e-3
    assert before["says"].startswith("C4 (MIDI 60, 261.6 Hz), organ")
    hand.by_keyboard("Pitch (MIDI)", "ArrowRight")
    start, moved = hand.settled()
    assert changes(start, moved) == ({0}, {"Sound"})
    assert any("decoder.onnx" in url for url in large(hand))
    hand.by_keyboard("Pitch (MIDI)", "ArrowLeft")
    _, back = hand.settled()
    assert changes(start, back) == (set(), set())


def test_each_other_control_changes_picture_and_sound(hand):
    hand.by_mouse("Family", 4)
    assert changes(*hand.settled()) == ({0}, {"Sound"})
    hand.on_pad(0.8, 0.1)
    assert changes(*hand.settled()) == ({0}, {"Sound"})


def test_nothing_complains_and_nothing_leaves_the_site(site, hand):
    assert hand.window.complaints == []
    assert hand.window.strays(site) == []


def test_the_book_is_one_picture_with_words(hand):
    picture = hand.page.locator("#fig-book img")
    assert len(picture.get_attribute("alt")) > 100
    assert hand.page.locator("#fig-book figcaption").inner_text().startswith("Fig. 1")


def test_there_are_three_ways_in(site, hand):
    cards = hand.page.locator("#three-ways-in .sd-card")
    titles = cards.locator(".sd-card-title").all_inner_texts()
    assert titles == ["Read online", "Run in Colab", "Run and test it yourself"]
    chapter = cards.nth(0).get_by_role("link").first.evaluate("(link) => link.href")
    assert chapter == f"{site}/chapters/01_sampling.html"
    colab = [link.get_attribute("href") for link in cards.nth(1).get_by_role("link").all()]
    assert colab == ([CHAPTER_IN_COLAB] if CHAPTER_IN_COLAB else [])
    assert "make test" in cards.nth(2).inner_text()
    assert "pytest" in cards.nth(2).inner_text()


def test_chapters_alone_have_a_button_for_colab(site, visit, hand):
    button = ".btn-colab-button"
    assert hand.page.locator(button).count() == 0
    window = visit()
    window.page.goto(f"{site}/chapters/01_sampling.html")
    addresses = [link.get_attribute("href") for link in window.page.locator(button).all()]
    assert addresses == ([CHAPTER_IN_COLAB] if CHAPTER_IN_COLAB else [])
