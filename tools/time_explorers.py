"""How long a picture takes to follow a control on the built pages: ``python tools/time_explorers.py``.

Prints, for every explorer of the book, the median over twenty moves of each of its sliders. Not a test: the time is the
machine's affair too, so give it one with nothing else to do.
"""

import sys
from pathlib import Path
from statistics import median

from playwright.sync_api import Page
from reading import SOUND, chromium, read_to_the_end
from serve import serving

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"
MOVES = 20
LATER = "([view, turn]) => view.dataset.state === 'ready' && Number(view.dataset.turn) > turn"


def times(page: Page, place: int) -> list[float]:
    """Milliseconds from each move to its picture, of explorer ``place`` on a page; the first picture is not counted."""
    explorer = page.locator(".nn-explorer").nth(place)
    view = explorer.locator(".nn-view")
    view.scroll_into_view_if_needed()
    page.wait_for_function(LATER, arg=[view.element_handle(), 0])
    found = []
    sliders = explorer.locator(".nn-controls [role=slider]")
    for slider in sliders.all():
        slider.focus()
        for move in range(MOVES // sliders.count() + 1):
            turn = int(view.get_attribute("data-turn") or 0)
            page.keyboard.press("ArrowLeft" if move % 2 else "ArrowRight")
            try:
                page.wait_for_function(LATER, arg=[view.element_handle(), turn], timeout=10_000)
            except Exception:  # at the end of a slider nothing moves
                continue
            found.append(float(view.get_attribute("data-figure-ms") or "nan"))
    return found


def main() -> None:
    if not (SITE / "index.html").exists():
        sys.exit("time_explorers: build the book first")
    with serving(SITE) as site, chromium(SOUND) as browser:
        for file in sorted(SITE.glob("chapters/*.html")):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(f"{site}/chapters/{file.name}")
            page.wait_for_selector("main")
            read_to_the_end(page)
            for place in range(page.locator(".nn-explorer").count()):
                found = times(page, place)
                print(f"{file.stem} {place + 1}: median {median(found):.0f} ms of {len(found)} moves", flush=True)
            page.close()


if __name__ == "__main__":
    main()
