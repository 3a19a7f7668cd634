"""What comes over the wire as a page opens, and how long it works before it can be used, in a browser with no cache."""

import gzip

import pytest
from helpers import ROOT
from serve import serving
from time_pages import COMPRESSED, SITE, PagesHandler, compressed, pages_of, weigh

MOST_BYTES = 1.5e6
MOST_SECONDS = 2.0
PAGES = pages_of(SITE) or ["book/intro.html"]


@pytest.fixture(scope="module")
def pages_site(site):
    """The built book as GitHub Pages serves it."""
    with serving(SITE, PagesHandler) as address:
        yield address


@pytest.mark.parametrize("page", PAGES)
def test_page_is_light(pages_site, chromium, page, record_property):
    """At most 1.5 MB compressed before a reader asks for a model, who does so by opening the instrument and by nothing
    else that is only opened; and interactive within 2 s.

    The seconds are those that the page's main thread works until it is interactive: seconds of the processor, because
    by the clock this machine's other work would count, too. What they leave out is waiting for the local server.
    """
    visit = weigh(chromium, f"{pages_site}/{page}")
    record_property("kB", visit.page // 1000)
    record_property("seconds until interactive", round(visit.seconds, 2))
    record_property("seconds of the main thread", round(visit.main_thread_seconds, 2))
    print(f"{page}: {visit.page / 1000:.0f} kB, {visit.main_thread_seconds:.2f} s of work, {visit.seconds:.2f} s")
    assert visit.page <= MOST_BYTES, sorted(visit.bytes.items(), key=lambda one: -one[1])[:8]
    assert (visit.model > 0) is (page == "book/instrument.html")
    assert visit.main_thread_seconds <= MOST_SECONDS


@pytest.mark.parametrize(("page", "parts"), [("intro", ["decoder"]), ("instrument", ["decoder", "encoder"])])
@pytest.mark.usefixtures("site")
def test_what_a_model_weighs_is_said(page, parts):
    """Of the instrument both parts are loaded, because it can be opened without a network afterwards."""
    runtime = compressed(str(SITE / "_static/vendor/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm"))
    models = sum((SITE / "_static" / "nsynthlib" / f"cvae_{part}.onnx").stat().st_size for part in parts)
    text = (ROOT / "book" / f"{page}.md").read_text(encoding="utf-8")
    assert f"about {(models + len(runtime)) / 1e6:.0f} MB" in text


def test_bytes_are_those_of_the_files(pages_site, chromium):
    """What the browser counts is each file compressed, and at most 1 kB more for its headers."""
    visit = weigh(chromium, f"{pages_site}/book/references.html")
    assert len(visit.bytes) > 10
    for address, size in visit.bytes.items():
        path = SITE / address.removeprefix(f"{pages_site}/").partition("?")[0]
        data = path.read_bytes()
        sent = len(gzip.compress(data, 6)) if path.suffix in COMPRESSED else len(data)
        assert sent < size < sent + 1000, address


def test_a_heavy_and_slow_page_is_told(tmp_path, chromium):
    """200 kB of noise and 300 ms of work after the page has come are seen."""
    noise = bytes((i * i * 2654435761 >> 7) & 0xFF for i in range(1, 200_001))
    (tmp_path / "noise.bin").write_bytes(noise)
    work = "const end = performance.now() + 300; while (performance.now() < end);"
    script = f"fetch('noise.bin'); addEventListener('DOMContentLoaded', () => {{ {work} }})"
    page = f'<!doctype html><html lang="en"><link rel="icon" href="data:,"><script>{script}</script><p>Text</p></html>'
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    with serving(tmp_path, PagesHandler) as address:
        visit = weigh(chromium, f"{address}/page.html")
    assert len(noise) < visit.page < len(noise) + 2000
    assert visit.seconds > 0.3
    assert visit.main_thread_seconds < visit.seconds
