"""Browsers that refuse something, a network that sends web pages for files, and no browser at all."""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator

import pytest
from helpers import ROOT, in_python
from instrument_player import PAGE
from serve import Handler, serving

from conftest import Visit

PLAYED = "book/intro.html"
HELP = " What to do"  # the words of the link behind a line
READY = "#instrument[data-state=ready]"


class LoginPage(Handler):
    """Sends a web page for the program that runs the models, until somebody has logged in."""

    logged_in = False

    def do_GET(self) -> None:
        if self.logged_in or not self.path.endswith(".wasm"):
            super().do_GET()
            return
        body = b"<!doctype html><title>Log in</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def behind_login(site) -> Iterator[tuple[str, type[LoginPage]]]:
    """The book's address in a network that asks for a login, and the login."""
    login = type("Login", (LoginPage,), {})
    with serving(ROOT / "_build" / "html", login) as address:
        yield address, login


@pytest.mark.fault(
    "HTML served in place of the wasm", kept="The page and its settings; after the login, the next move works."
)
def test_a_login_page_in_place_of_the_wasm_is_one_line_and_can_be_tried_again(behind_login, visit, shown):
    address, login = behind_login
    page = visit().page
    page.goto(f"{address}/{PLAYED}")
    view, slider = page.locator(".nn-view").first, page.locator(".nn-controls [role=slider]").first
    page.wait_for_selector(".nn-view[data-state=ready]")
    slider.press("ArrowRight")
    page.wait_for_selector(".nn-view[data-state=error]")
    words = view.locator(".nn-status").inner_text()
    assert words.startswith("Ort-wasm-simd-threaded.wasm: a web page came in its place; log in")
    shown(words.removesuffix(HELP))
    login.logged_in = True
    slider.press("ArrowRight")
    page.wait_for_selector(".nn-view[data-state=ready]")
    assert view.locator(".nn-status").inner_text().startswith("D4 (MIDI 62")


@pytest.fixture
def forgetful(launch, tmp_path) -> Iterator[Visit]:
    """A window of a Chromium whose user blocks cookies and site data."""
    settings = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(settings))
    context = launch(user=tmp_path)
    yield Visit(context=context)
    context.close()


@pytest.mark.fault("storage refused by the browser", kept="Everything works; what you choose holds for the page.")
def test_a_browser_that_keeps_nothing_has_whole_pages(site, forgetful, shown):
    """Code is folded, the theme is switched, the instrument plays, and nothing throws."""
    page = forgetful.page
    page.goto(f"{site}/chapters/02_stft.html")
    page.wait_for_selector(".nn-code-switch")
    assert page.evaluate("caches.open('x').then(() => 'kept', (error) => error.name)") == "SecurityError"
    page.locator(".nn-code-switch").click()
    assert page.locator("details.nn-code[open]").count() == 0
    shown(page.locator(".nn-code-switch").get_attribute("title"))
    theme = page.evaluate("document.documentElement.dataset.theme")
    page.locator(".theme-switch-button:visible").first.click()
    page.locator(".theme-switch-button:visible").first.click()
    assert page.evaluate("document.documentElement.dataset.theme") != theme
    page.goto(f"{site}/{PAGE}")
    page.wait_for_selector(READY)
    assert [words for words in forgetful.complaints if words.startswith("error")] == []


# Plays a key as soon as it can be played, as a MIDI keyboard does: that is no touch of the page. The page does it by
# itself, since whatever a test asks a page counts as a touch.
PLAYED_FROM_ELSEWHERE = """addEventListener("DOMContentLoaded", () => {
  const root = document.getElementById("instrument");
  let isPlayed = false;
  new MutationObserver(() => {
    if (root.dataset.state === "ready" && !isPlayed) {
      isPlayed = true;
      instrument.noteOn(60, 100);
    }
    const words = root.querySelector(".nn-status")?.textContent ?? "";
    if (words.includes("silent")) console.info("silent at " + instrument.context.currentTime);
  }).observe(root, { attributes: true, characterData: true, childList: true, subtree: true });
})"""


@pytest.mark.fault(
    "audio refused by the browser", kept="The key that was played: it sounds as soon as the browser lets it."
)
def test_a_browser_that_lets_no_page_sound_is_told_and_sounds_after_a_touch(site, launch, shown):
    browser = launch("--autoplay-policy=document-user-activation-required", without="--autoplay-policy")
    window = Visit(browser)
    page = window.page
    page.add_init_script(PLAYED_FROM_ELSEWHERE)
    with page.expect_console_message(lambda message: message.text == "silent at 0"):
        page.goto(f"{site}/{PAGE}")
    shown(page.locator(".nn-status").inner_text().removesuffix(HELP))
    page.mouse.click(5, 5)
    page.locator(".nn-status").filter(has_text="lets this page sound now").wait_for()
    page.wait_for_function("instrument.context.currentTime > 0 && instrument.latencies().length === 1")
    assert [words for words in window.complaints if "AudioContext was not allowed" not in words] == []
    browser.close()


@pytest.mark.fault(
    "missing browser", kept="Every other test runs; those of pages are skipped, and fail where `CI` is set."
)
def test_without_a_browser_tests_of_pages_say_what_to_install(tmp_path, shown):
    """With a PATH on which there is none."""
    (tmp_path / "test_page.py").write_text("def test_a_page(chromium):\n    pass\n")
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    pytest_here = (
        "-m",
        "pytest",
        "-q",
        "-ra",
        "-p",
        "no:cacheprovider",
        "-c",
        ROOT / "pyproject.toml",
        "--rootdir",
        tmp_path,
    )
    environment = os.environ | {"PATH": str(tmp_path), "CI": "", "PYTHONPATH": os.pathsep.join(sys.path)}
    told = in_python(*pytest_here, tmp_path / "test_page.py", env=environment).stdout
    (line,) = set(re.findall(r"no Chromium: .*", told))
    assert line == "no Chromium: install it (apt-get install chromium) to test pages"
    assert "1 skipped" in told
    shown(line)
