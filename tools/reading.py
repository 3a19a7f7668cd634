"""A browser that reads built pages, and how it reads one to its end."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

SOUND = "--autoplay-policy=no-user-gesture-required"  # a flag: pages may sound before they are touched
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Explorers come when a reader is near, so this goes to each place that is still empty and waits.
READ_ON = """async () => {
  for (const place of document.querySelectorAll(".nn-widget[aria-busy]")) {
    if (!place.checkVisibility()) continue;
    place.scrollIntoView({ block: "center", behavior: "instant" });
    while (place.ariaBusy) await new Promise(requestAnimationFrame);
  }
}"""


def find_chromium() -> str | None:
    """The system's Chromium or Chrome."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """The system's Chromium without a window; where there is none, the program ends with one line."""
    path = find_chromium()
    if path is None:
        sys.exit("there is no Chromium; install it, as by:  apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu", *flags])
        yield browser
        browser.close()


def read_to_the_end(page: Page) -> None:
    """Read a page on until all its explorers have come; one in something that is folded stays away."""
    page.evaluate(READ_ON)
