"""axe, with all its rules of WCAG and of good practice, finds no fault on any page, nor in what opens on one."""

import pytest
from hand import violations
from reading import read_to_the_end
from time_pages import SITE, pages_of

PAGES = pages_of(SITE)
WAYS = [(1280, "light"), (390, "dark")]
SETTLED = "() => !document.querySelector('.nn-view[data-state=busy]')"


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: f"{way[0]} {way[1]}")
def window(request, chromium):
    """A page in a window of its own; what moves when something opens is at its end at once."""
    width, theme = request.param
    context = chromium.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    context.add_init_script(f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')")
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def all_violations(page) -> list[tuple[str, list[str]]]:
    page.wait_for_function(SETTLED)
    return violations(page, levels=())


@pytest.mark.parametrize("page", PAGES or ["book/intro.html"])
def test_axe_finds_nothing(site, window, page):
    """All explorers have come, and every answer and solution that folds is open."""
    window.goto(f"{site}/{page}")
    window.evaluate("for (const fold of document.querySelectorAll('.bd-article details')) fold.open = true")
    read_to_the_end(window)
    assert all_violations(window) == []


def test_axe_finds_nothing_in_what_opens(site, window):
    """The search dialog and, on a telephone, both sidebars."""
    window.goto(f"{site}/chapters/05b_neural_audio.html")
    window.keyboard.press("Control+k")
    window.wait_for_selector("#search-input:visible")
    assert all_violations(window) == []
    window.keyboard.press("Escape")
    if window.viewport_size["width"] < 600:
        for kind in ("primary", "secondary"):
            window.locator(f"button.{kind}-toggle:visible").first.click()
            window.wait_for_selector(f".bd-sidebar-{kind}:visible")
            assert all_violations(window) == []
            window.goto(window.url)
