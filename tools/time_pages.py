"""How heavy the built pages are and how soon they can be used: ``python tools/time_pages.py``.

Prints for every page what comes over the wire before a reader does anything, compressed as GitHub Pages does; of that
apart, the model and what runs it, for which the instrument alone does not wait to be asked. Beside them medians of
visits with an empty cache: seconds until it is interactive, and seconds that its main thread works until then. The
first is the machine's affair too, so give it one with nothing else to do. Another folder can be named.
"""

import gzip
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Request
from reading import chromium
from serve import Handler, serving

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"
MODEL = (".onnx", ".wasm")  # a model, and what runs it
COMPRESSED = {".html", ".js", ".mjs", ".css", ".json", ".svg", ".wasm", ".txt", ".xml"}
VISITS = 5

# Interactive is a page from the end of the last of these on: its document is parsed and its scripts have run; all that
# is in sight has come, explorers with their first picture; and after it 100 ms pass without a task of more than 50 ms.
INTERACTIVE = """() => {
  const long = [];
  new PerformanceObserver((list) => long.push(...list.getEntries())).observe({ type: "longtask", buffered: true });
  const inSight = (part) => {
    const { top, bottom } = part.getBoundingClientRect();
    return part.checkVisibility() && bottom > 0 && top < innerHeight;
  };
  const COMING = ".nn-widget[aria-busy], .nn-view:is(:not([data-state]), [data-state='busy'])";
  const parsed = () => performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd;
  window.interactive = new Promise((resolve) => {
    let came = 0;
    const look = setInterval(() => {
      const now = performance.now();
      if (!parsed() || [...document.querySelectorAll(COMING)].some(inSight)) came = now;
      const ended = Math.max(came, parsed(), ...long.map(({ startTime, duration }) => startTime + duration));
      if (now - ended < 100) return;
      clearInterval(look);
      resolve(ended / 1000);
    }, 10);
  });
}"""


@dataclass(frozen=True)
class Weighed:
    """One visit to a page: bytes by address, compressed, its workers' too; and seconds until it was interactive."""

    bytes: dict[str, int]
    seconds: float
    main_thread_seconds: float  # of work of the processor, which does not count what else the machine does

    @property
    def model(self) -> int:
        return sum(size for address, size in self.bytes.items() if address.endswith(MODEL))

    @property
    def page(self) -> int:
        return sum(self.bytes.values()) - self.model


@lru_cache(maxsize=1000)
def compressed(path: str) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 6)


class PagesHandler(Handler):
    """Serves as GitHub Pages does: what is text, and WebAssembly, compressed."""

    def do_GET(self) -> None:
        path = self.translate_path(self.path)
        if Path(path).suffix not in COMPRESSED or not Path(path).is_file():
            super().do_GET()
            return
        data = compressed(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def pages_of(folder: Path) -> list[str]:
    """The pages that readers see: neither the theme's own nor the first, which leads on to the introduction."""
    pages = (path.relative_to(folder) for path in folder.rglob("*.html"))
    return sorted(str(page) for page in pages if not page.parts[0].startswith("_") and str(page) != "index.html")


def sent(request: Request) -> int:
    """Bytes of the answer and of its headers."""
    answer = request.response()
    assert answer is not None  # it has come: the request is finished
    return int(answer.headers["content-length"]) + request.sizes()["responseHeadersSize"]


def weigh(browser: Browser, address: str, width: int = 1280) -> Weighed:
    """Visits a page with an empty cache and waits until it asks for nothing more."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    try:
        page = context.new_page()
        page.add_init_script(f"({INTERACTIVE})()")
        devtools = context.new_cdp_session(page)
        finished: list[Request] = []
        page.on("requestfinished", lambda request: finished.append(request))
        devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(address)
        seconds = page.evaluate("interactive")
        told = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
        page.wait_for_load_state("networkidle")
        sizes = {request.url: sent(request) for request in finished if request.url.startswith("http")}
        return Weighed(sizes, seconds, told["TaskDuration"])
    finally:
        context.close()


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SITE
    if not (folder / "index.html").exists():
        sys.exit(f"time_pages: no book in {folder}; build it first:  make book")
    print("page, kB, kB of a model, seconds until interactive, seconds of the main thread")
    with serving(folder, PagesHandler) as site, chromium() as browser:
        for page in pages_of(folder):
            weigh(browser, f"{site}/{page}")  # what the server compresses once is no reader's wait
            visits = [weigh(browser, f"{site}/{page}") for _ in range(VISITS)]
            wall = median(visit.seconds for visit in visits)
            work = median(visit.main_thread_seconds for visit in visits)
            heaviest = max(visits, key=lambda visit: visit.page)
            sizes = f"{heaviest.page / 1000:6.0f} {heaviest.model / 1000:6.0f}"
            print(f"{page:35} {sizes} {wall:6.2f} {work:6.2f}", flush=True)


if __name__ == "__main__":
    main()
