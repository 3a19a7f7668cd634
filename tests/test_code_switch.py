"""Code or no code: a switch on every page that has code folds it, by mouse and keyboard, and is remembered."""

import re

import pytest
from hand import violations
from helpers import ROOT

SITE = ROOT / "_build" / "html"
CHAPTERS = sorted(str(path.relative_to(SITE)) for path in SITE.glob("chapters/*.html")) or ["chapters/02_stft.html"]
WIDE, PHONE = 1280, 390
CODE = ".bd-article .cell > .nn-code > .cell_input"
SHOWN = "(all) => all.filter((part) => part.checkVisibility()).length"


# Scrolled to, and two frames later, when the browser has painted.
TO_THE_TOP = """async (part) => {
  scrollTo({ top: part.getBoundingClientRect().top + scrollY - 120, behavior: "instant" });
  for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
}"""


def opened(visit, site, width=WIDE, page="chapters/02_stft.html"):
    window = visit(width)
    window.page.goto(f"{site}/{page}")
    return window


def switch(window):
    return window.page.get_by_role("button", name="Code", exact=True)


def shown(window, what=CODE) -> int:
    return window.page.locator(what).evaluate_all(SHOWN)


@pytest.mark.parametrize("page", CHAPTERS)
def test_code_is_shown_on_a_wide_screen_and_folds_by_the_switch(site, visit, page):
    """Everything that cells show, exercises' solutions included, is there or folded as it was."""
    window = opened(visit, site, page=page)
    cells = window.page.locator(CODE).count()
    shows = ".cell_output, .cell.tag_hide-cell > details > summary, .bd-article img"
    before = shown(window, shows)
    solutions = shown(window, ".cell.tag_hide-cell .cell_input")
    assert cells > 10
    assert shown(window) == cells
    assert switch(window).get_attribute("aria-pressed") == "true"
    switch(window).click()
    assert shown(window) == 0
    assert switch(window).get_attribute("aria-pressed") == "false"
    assert shown(window, shows) == before > 20
    assert shown(window, ".cell.tag_hide-cell .cell_input") == solutions == 0
    switch(window).click()
    assert shown(window) == cells
    assert shown(window, ".nn-code > summary") == 0  # no line above a cell whose code is there anyway
    assert window.complaints == []


def test_it_is_reached_and_turned_by_the_keyboard_and_named_for_a_screen_reader(site, visit):
    window = opened(visit, site)
    for _ in range(40):
        window.page.keyboard.press("Tab")
        if switch(window).evaluate("(button) => button === document.activeElement"):
            break
    window.page.keyboard.press("Space")
    assert shown(window) == 0
    assert 'button "Code"' in window.page.locator(".bd-header-article").aria_snapshot()
    window.page.keyboard.press("Enter")
    assert 'button "Code" [pressed]' in window.page.locator(".bd-header-article").aria_snapshot()
    assert shown(window) > 10


def test_one_cell_opens_alone(site, visit):
    window = opened(visit, site, PHONE)
    line = window.page.locator(".nn-code > summary").nth(1)
    assert re.fullmatch(r"Code, \d+ lines?", line.inner_text())
    line.focus()
    window.page.keyboard.press("Enter")
    assert shown(window) == 1


def test_a_telephone_starts_folded_and_a_choice_is_kept_for_other_pages(site, visit):
    window = opened(visit, site, PHONE)
    assert shown(window) == 0
    assert window.overflow() <= 0
    window.page.wait_for_selector(".nn-view[data-state=ready]")  # its controls have their names by then
    assert violations(window.page) == []
    switch(window).click()
    assert shown(window) > 10
    window.page.goto(f"{site}/chapters/03_mel.html")
    assert shown(window) > 10
    switch(window).click()
    window.page.reload()
    assert shown(window) == 0
    assert window.complaints == []


def test_what_is_read_stays_in_sight(site, visit):
    """Far down a page, what begins at the top of the window does not move when all code above it folds."""
    window = opened(visit, site)
    window.page.wait_for_selector(".nn-explorer canvas", state="attached")
    heading = window.page.locator("#exercises > h2")
    heading.evaluate(TO_THE_TOP)
    before, height = heading.bounding_box()["y"], window.page.evaluate("document.documentElement.scrollHeight")
    button = switch(window).bounding_box()
    for change in (-2000, 200):  # explorers further up may still be growing
        window.page.mouse.click(button["x"] + 10, button["y"] + 10)  # a locator's click would scroll first
        assert window.page.evaluate("document.documentElement.scrollHeight") <= height + change
        assert heading.bounding_box()["y"] == pytest.approx(before, abs=4)


def test_without_javascript_all_code_is_shown(site, chromium):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": PHONE, "height": 900})
    page = context.new_page()
    page.goto(f"{site}/chapters/02_stft.html", wait_until="domcontentloaded")
    inputs = page.locator(".bd-article .cell > .cell_input")
    visible = [inputs.nth(i).is_visible() for i in range(inputs.count())]
    assert len(visible) > 10
    assert all(visible)
    context.close()


def test_a_page_without_code_has_no_switch(site, visit):
    assert switch(opened(visit, site, page="book/glossary.html")).count() == 0
