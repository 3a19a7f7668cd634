"""What tests share: a browser and pages to look at, models, and sets of notes."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fault_table
import pytest
from helpers import ROOT, need
from serve import serving

from nsynthlib.signals import ENDING

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
    folder = ROOT / "_build" / "html"
    if not (folder / "index.html").exists():
        pytest.fail("the book is not built: run make book first", pytrace=False)
    with serving(folder) as address:
        yield address


@pytest.fixture(scope="session")
def pages(tmp_path_factory) -> Iterator[str]:
    """Address of ``<name>.html`` for the explorers of part one and the listening test, each on a page of its own."""
    from explorer_pages import served_pages

    with served_pages(tmp_path_factory.mktemp("pages")) as address:
        yield address


@pytest.fixture(scope="session")
def notes():
    """22 notes of the pocket set to learn from, 10 to check by."""
    from nsynthlib.data import pocket

    every = pocket()
    return every[:22], every[22:32]


@pytest.fixture(scope="session")
def launch() -> Iterator[Callable]:
    """``launch(*flags)`` starts the system's Chromium, without a window; ``without`` leaves out a usual flag.

    ``launch(user=FOLDER)`` starts it as the user whose settings lie there, and gives that user's context.
    """
    sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright
    from reading import find_chromium  # which needs Playwright

    path = find_chromium()
    if path is None:
        missing = "no Chromium: install it (apt-get install chromium) to test pages"
        if os.environ.get("CI"):
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    with sync_playwright() as playwright:

        def start(*flags: str, without: str = "none", user: Path | None = None):
            how = {"executable_path": path, "args": [*(flag for flag in FLAGS if not flag.startswith(without)), *flags]}
            chromium = playwright.chromium
            return chromium.launch_persistent_context(user, **how) if user else chromium.launch(**how)

        yield start


@pytest.fixture(scope="session")
def chromium(launch) -> Iterator:
    """A Chromium that tests share."""
    browser = launch()
    yield browser
    browser.close()


class Visit:
    """One page in a window of its own, and everything it asked for and complained about."""

    def __init__(self, browser=None, width: int = 1280, context=None) -> None:
        self.context = context or browser.new_context(viewport={"width": width, "height": 900})
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._response)

    def open_html(self, address: str, html: str) -> None:
        """Go to an address at which this text stands."""
        self.page.route(address, lambda route: route.fulfill(content_type="text/html", body=html))
        self.page.goto(address)

    def strays(self, site: str) -> list[str]:
        """What it asked for that does not lie on ``site``."""
        return [url for url in self.requests if not url.startswith((site, f"blob:{site}", "data:"))]

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")

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
def recordings_folder() -> Path:
    """Recorded notes in NSynth's layout, `train` and `test`, which the project does not ship: `$RECORDED_NOTES`, or
    `shared/recordings` beside the repository."""
    folder = Path(os.environ.get("RECORDED_NOTES", ROOT.parent / "shared" / "recordings"))
    if not (folder / "train" / "examples.json").exists():
        pytest.skip(f"no recorded notes in {folder}; set RECORDED_NOTES to a folder that holds train/ and test/")
    return folder


@pytest.fixture(scope="session")
def real_notes(nsynth_folder):
    """The real notes of NSynth's test split that are at hand."""
    from nsynthlib import NSynth

    return NSynth(nsynth_folder / "nsynth-test")


@pytest.fixture(scope="session")
def pocket_notes():
    """The notes that come with the package."""
    from nsynthlib import pocket

    return pocket()


@pytest.fixture(scope="session")
def synthetic_folder(tmp_path_factory) -> Path:
    """44 notes of 22 instruments, two of each family."""
    from nsynthlib.data import write_notes
    from nsynthlib.synthesis import synthetic_notes

    folder = tmp_path_factory.mktemp("notes") / "synthetic"
    write_notes(folder, synthetic_notes(44))
    return folder


@pytest.fixture(scope="session")
def model():
    """The CVAE that comes with the package."""
    from nsynthlib import CVAE

    return CVAE.from_pretrained()


@pytest.fixture(scope="session")
def fluid_r3():
    """The soundfont of that name, where it is installed."""
    from nsynthlib.soundfont import find_fonts

    return need(lambda: find_fonts(["FluidR3_GM"])[0])


@pytest.fixture
def samples(tmp_path) -> Path:
    """An empty folder for sound files."""
    (tmp_path / "samples").mkdir()
    return tmp_path / "samples"


@pytest.fixture
def write_samples(samples) -> Callable[..., None]:
    """``write_samples({"oboe/C4.wav": audio}, rate)`` writes sound files into the folder ``samples``."""

    def write(sounds: dict[str, Any], rate: int = 16_000, **how) -> None:
        import soundfile

        for name, audio in sounds.items():
            (samples / name).parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(samples / name, audio, rate, **how)

    return write


@pytest.fixture
def shown(request, record_property, tmp_path) -> Callable[[str], None]:
    """``shown(line)``: what a reader sees of a fault is one plain line, the one that stands in the book's table."""
    stored = {row["test"]: row["shows"] for row in fault_table.stored()}.get(request.node.nodeid.removeprefix("tests/"))

    plugins = request.config.pluginmanager.get_plugins()

    def show(line: str) -> None:
        assert line
        assert "\n" not in line
        assert "Traceback" not in line
        plain = fault_table.plain(line, tmp_path)
        record_property("shows", plain)
        if stored is not None and not any(isinstance(p, fault_table.Record) for p in plugins):
            assert plain in stored, f"the table shows another line; {fault_table.AGAIN}"

    return show


@pytest.fixture
def disk_with(monkeypatch) -> Callable[[int], None]:
    """``disk_with(size)``: from now on the disk has as many bytes free."""
    from nsynthlib import files

    def fill(size: int) -> None:
        monkeypatch.setattr(files.shutil, "disk_usage", lambda _: type("Usage", (), {"free": size})())

    return fill


def pytest_configure() -> None:
    """Signals that tests send are heard, also in a run that a shell began in the background, which ignores them."""
    for number in ENDING:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def pytest_collection_modifyitems(items) -> None:
    """Tests that this machine cannot run wait for one that can; those that look at pages are told by their fixtures."""
    import torch

    lacking = {
        "gpu": None if torch.cuda.is_available() else "needs CUDA",
        "linux": None if sys.platform == "linux" else "reads what only Linux tells of a process",
        "posix": None if os.name == "posix" else "needs the signals, limits, rights or links of POSIX systems",
    }
    for item in items:
        for name, reason in lacking.items():
            if reason and item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=reason))
        asked = getattr(item, "fixturenames", ())
        if "site" in asked or hasattr(getattr(item, "module", None), "SITE"):  # the built book's folder
            item.add_marker("site")
        elif "launch" in asked:
            item.add_marker("browser")


@pytest.fixture(scope="module")
def opened(site, window):
    """A player at the instrument's page, in the ``window`` of the module that asks for it."""
    from instrument_player import PAGE, Player

    return Player(window.page, f"{site}/{PAGE}")


@pytest.fixture
def player(opened):
    """The same, with the page as it was opened."""
    opened.begin_anew()
    return opened
