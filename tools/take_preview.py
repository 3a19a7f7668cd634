"""Take the picture that is shown where a page is shared, of the built first page: ``python tools/take_preview.py``."""

import shutil
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright
from serve import server

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
    browser_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with server(str(ROOT / "_build" / "html"), 0) as http, sync_playwright() as playwright:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(f"http://127.0.0.1:{http.server_port}/book/intro.html")
        page.add_style_tag(content=STYLE)
        page.wait_for_selector(".nn-view[data-state=ready]")
        page.screenshot(path=OUT, animations="disabled")
        browser.close()
        http.shutdown()
    print(f"{OUT.relative_to(ROOT)}: {OUT.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
