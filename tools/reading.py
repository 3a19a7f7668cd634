"""Reading a built page to its end, in a browser."""

from playwright.sync_api import Page

# Explorers come when a reader is near, so this goes to each place that is still empty and waits.
READ_ON = """async () => {
  for (const place of document.querySelectorAll(".nn-widget[aria-busy]")) {
    if (!place.checkVisibility()) continue;
    place.scrollIntoView({ block: "center", behavior: "instant" });
    while (place.ariaBusy) await new Promise(requestAnimationFrame);
  }
}"""


def read_to_the_end(page: Page) -> None:
    """Read a page on until all its explorers have come; one in something that is folded stays away."""
    page.evaluate(READ_ON)
