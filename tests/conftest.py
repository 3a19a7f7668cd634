"""A browser, and the built book behind a server, for the tests that look at pages."""

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]

# Words of ajv, a library inside the widget manager, about its own schema.
NOT_OURS = "strict mode: use allowUnionTypes"


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """Address of the built book, served on a free port of this machine."""
    from serve import server

    folder = ROOT / "_build" / "html"
    if not (folder / "index.html").exists():
        pytest.fail("the book is not built: run make book first", pytrace=False)
    http = server(str(folder), 0)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    http.server_close()


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    """The system's Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        missing = "no Chromium: install it (apt-get install chromium) to test pages"
        if os.environ.get("CI"):
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Visit:
    """One page in a window of its own, and everything it asked for and complained about."""

    def __init__(self, browser, width: int = 1280) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 900})
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._response)

    def _console(self, message) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(NOT_OURS):
            self.complaints.append(f"{message.type}: {message.text}")

    def _failed(self, request) -> None:
        if request.failure != "net::ERR_ABORTED":  # a page that leads on to another drops what it was loading
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def _response(self, response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")


@pytest.fixture(scope="module")
def visit(chromium) -> Iterator:
    """Opens windows: ``visit(width=1280)`` gives a :class:`Visit`; all are closed at the end of the module."""
    opened: list[Visit] = []

    def open_window(width: int = 1280) -> Visit:
        opened.append(Visit(chromium, width))
        return opened[-1]

    yield open_window
    for window in opened:
        window.context.close()


@pytest.fixture(scope="session")
def nsynth_folder() -> Path:
    """Real NSynth notes, which the project does not ship: `$NSYNTH_NOTES`, or `shared/nsynth` beside the repository."""
    folder = Path(os.environ.get("NSYNTH_NOTES", ROOT.parent / "shared" / "nsynth"))
    if not (folder / "nsynth-test" / "examples.json").exists():
        pytest.skip(f"no real NSynth notes in {folder}; set NSYNTH_NOTES to a folder that holds nsynth-test/")
    return folder


@pytest.fixture(scope="session")
def real_notes(nsynth_folder):
    """The real notes of NSynth's test split that are at hand."""
    from nsynthlib import NSynth

    return NSynth(nsynth_folder / "nsynth-test")


def pytest_collection_modifyitems(items) -> None:
    """Tests marked `gpu` wait for a machine that has one."""
    import torch

    if not torch.cuda.is_available():
        for item in items:
            if item.get_closest_marker("gpu"):
                item.add_marker(pytest.mark.skip(reason="needs CUDA"))
