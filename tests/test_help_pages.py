"""Every link of the built book leads somewhere, every page can be found, and what pages about troubles say is so."""

import json
import re
from html import unescape
from urllib.parse import unquote, urlsplit

import pytest
from hand import violations
from helpers import ROOT
from publication import Publication

SITE = ROOT / "_build" / "html"
PUBLICATION = Publication.from_environment()  # the book was built in the environment of its tests
FOLDERS = (".", "book", "chapters")
PAGES = sorted(str(path.relative_to(SITE)) for folder in FOLDERS for path in SITE.glob(f"{folder}/*.html"))
HELP = ["help", "no_sound", "no_webassembly", "safari", "no_gpu"]
INSTRUMENT = "book/instrument.html"
FIRST = "book/intro.html"


def read(page: str) -> str:
    return (SITE / page).read_text(encoding="utf-8")


def without_scripts(page: str) -> str:
    return re.sub(r"<script\b[^>]*>.*?</script>", "", read(page), flags=re.DOTALL)


def test_every_link_and_file_of_every_page_is_there():
    """Pages, places in them, pictures, scripts and downloads; of 404.html, from the root that it was built for."""
    texts = {page: without_scripts(page) for page in PAGES}
    places = {page: set(re.findall(r'\bid="([^"]+)"', text)) for page, text in texts.items()}
    root = urlsplit(PUBLICATION.site or "").path or "/"
    dead = []
    for page, text in texts.items():
        sources = re.findall(r'<script\b[^>]*\bsrc="([^"]+)"', read(page))
        for target in {unescape(one) for one in re.findall(r'\b(?:href|src)="([^"]+)"', text)} | set(sources):
            to = urlsplit(target)
            if to.scheme or to.netloc:
                continue
            below = to.path.removeprefix(root) if to.path.startswith("/") else None
            path = SITE / below if below is not None else (SITE / page).parent / unquote(to.path)
            file = path.resolve() if to.path else SITE / page
            name = str(file.relative_to(SITE.resolve())) if file.is_relative_to(SITE.resolve()) else target
            if not file.is_file() or (to.fragment and name in places and unquote(to.fragment) not in places[name]):
                dead.append(f"{page}: {target}")
    assert dead == []


def test_a_book_without_a_repository_has_no_button_that_needs_one():
    if PUBLICATION.repository:
        pytest.skip("this one has a repository")
    for page in PAGES:
        text = without_scripts(page)
        buttons = re.findall(r"source-buttons|source-repository|source-issues|colab-button|launch-buttons", text)
        assert buttons == [], page
        assert 'rel="canonical"' not in text
        assert "og:url" not in text
        assert re.findall(r"https://(?:github\.com/None|colab\.research)[^\"<]*", text) == []
    assert not (SITE / "sitemap.xml").exists()
    intro = re.sub(r"<[^>]+>", "", without_scripts(FIRST))
    assert "In the book’s folder:" in intro
    assert "git clone" not in intro


def test_every_page_describes_itself():
    told = {}
    for page in PAGES:
        (told[page],) = re.findall(r'<meta name="description" content="([^"]*)"', read(page))
        assert 50 <= len(unescape(told[page])) <= 200, page
    own = [words for page, words in told.items() if page.startswith(("book/", "chapters/"))]
    assert len(set(own)) >= len(own) - 1  # the list of references has no words of its own


def test_search_finds_a_word_and_leads_to_it(site, visit):
    window = visit()
    window.page.goto(f"{site}/search.html?q=bluetooth")
    found = window.page.locator("#search-results li a").first
    assert "no_sound.html" in found.get_attribute("href")
    found.click()
    window.page.wait_for_url("**/book/no_sound.html**")
    assert window.complaints == []
    assert window.strays(site) == []


@pytest.mark.parametrize("page", [*HELP, "licences", "built_from"])
def test_pages_can_be_read_in_the_dark(site, visit, page):
    """Axe measures contrast, too; by daylight all pages are looked at with the others."""
    window = visit()
    window.page.goto(f"{site}/book/{page}.html")
    background = "getComputedStyle(document.body).backgroundColor"
    light = window.page.evaluate(background)
    window.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert window.page.evaluate(background) != light
    assert violations(window.page) == []
    window.context.close()


def test_what_help_pages_quote_is_said_by_the_code():
    """Quotations, in one piece or around "…", stand in the package's sources."""
    code = ""
    for path in sorted((ROOT / "nsynthlib").rglob("*")):
        if path.suffix in (".mjs", ".py"):
            code += path.read_text(encoding="utf-8")
    code = re.sub(r'"\s+f?"', "", code)  # strings that Python joins
    quoted = 0
    for name in HELP:
        text = (ROOT / "book" / f"{name}.md").read_text(encoding="utf-8")
        for quotation in re.findall(r"^> (.+)$", text, flags=re.MULTILINE):
            quoted += 1
            for part in quotation.split("…"):
                assert part.strip() in code, f"{name}.md: {quotation}"
    assert quoted >= 8


def test_times_without_a_gpu_are_those_of_the_weights():
    text = (ROOT / "book" / "no_gpu.md").read_text(encoding="utf-8")
    records = []
    for name in ("ae", "vae", "cvae", "cvae_thesis"):
        path = ROOT / "nsynthlib" / "pretrained" / name / "training.json"
        records.append(json.loads(path.read_text(encoding="utf-8")))
    assert {told["device"] for told in records} == {"cpu"}
    (notes,) = {told["data"]["train"] for told in records}
    minutes = sorted(told["seconds"] / 60 for told in records)
    assert f"{notes:,} notes" in text
    assert f"{minutes[0]:.0f} to {minutes[-1]:.0f} minutes" in text
    assert f"{289_205 / notes:.1f} times as long" in text


def policy(window, rules: str) -> None:
    """The site's answers carry these rules."""

    def answer(route) -> None:
        found = route.fetch()
        route.fulfill(response=found, headers={**found.headers, "content-security-policy": rules})

    window.page.route("**/*", answer)


def recommended() -> str:
    """The rules that the book's page gives."""
    text = (ROOT / "book" / "no_webassembly.md").read_text(encoding="utf-8")
    return re.search(r"^script-src .*$", text, flags=re.MULTILINE)[0]


def test_models_run_by_the_rules_that_are_recommended(site, visit):
    window = visit()
    policy(window, recommended())
    window.page.goto(f"{site}/{FIRST}")
    view = window.page.locator(".nn-view[data-state=ready]").first
    view.wait_for()
    before = int(view.get_attribute("data-turn"))
    window.page.get_by_role("slider", name="Pitch (MIDI)").first.press("ArrowRight")
    window.page.wait_for_function(
        "([view, turn]) => view.dataset.state === 'ready' && Number(view.dataset.turn) > turn",
        arg=[view.element_handle(), before],
    )


@pytest.mark.parametrize(("rule", "state"), [("", "error"), ("'wasm-unsafe-eval'", "ready")], ids=["without", "with"])
def test_the_instrument_needs_one_rule_and_leads_to_help_without_it(site, visit, rule, state):
    window = visit()
    policy(window, recommended().replace("'unsafe-eval'", rule))
    window.page.goto(f"{site}/{INSTRUMENT}")
    window.page.wait_for_selector(f"#instrument[data-state={state}]")
    addresses = window.page.eval_on_selector_all(".nn-status a", "(all) => all.map((link) => link.href)")
    assert addresses == ([] if rule else [f"{site}/book/no_webassembly.html"])


@pytest.mark.parametrize(("missing", "page"), [("WebAssembly", "no_webassembly"), ("AudioContext", "no_sound")])
def test_the_instrument_leads_to_help(site, visit, missing, page):
    window = visit()
    window.page.add_init_script(f"Object.defineProperty(window, '{missing}', {{ value: undefined }})")
    window.page.goto(f"{site}/{INSTRUMENT}")
    window.page.locator(".nn-status a").click()
    window.page.wait_for_url(f"**/book/{page}.html")
