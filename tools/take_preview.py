"""Take the picture that is shown where a page is shared, of the built first page: ``python tools/take_preview.py``."""

from pathlib import Path

from reading import chromium
from serve import serving

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "book" / "_static" / "preview.png"
WIDTH, HEIGHT = 1200, 630  # pixels, what those who show previews ask for
# The name of the book and its first explorer, over the whole width.
STYLE = """
  .bd-sidebar-primary, .bd-sidebar-secondary, .bd-header-article, .bd-footer, .headerlink { display: none !important; }
  .bd-main, .bd-content, .bd-article-container { max-width: none !important; padding: 0 !important; }
  .bd-article { padding: 1rem 3rem !important; }
  html { scrollbar-width: none; }
"""


def main() -> None:
    with serving(ROOT / "_build" / "html") as site, chromium() as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(f"{site}/book/intro.html")
        page.add_style_tag(content=STYLE)
        page.wait_for_selector(".nn-view[data-state=ready]")
        page.screenshot(path=OUT, animations="disabled")
    print(f"{OUT.relative_to(ROOT)}: {OUT.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
