"""The notebooks to run anywhere say what the pages say: each paragraph, number, caption and link; no MyST is left."""

import re
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import nbformat
import pytest
from bs4 import BeautifulSoup, Tag
from helpers import ROOT
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat import NotebookNode
from publication import Publication
from store_chapters import SETUP, code_cells
from written_notebooks import KEPT, write_all

SITE = "https://ada.example/notes/"
HTML = ROOT / "_build" / "html"
CHAPTERS = sorted(path.stem for path in (ROOT / "chapters").glob("*.ipynb"))
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table").use(dollarmath_plugin)
# Sphinx writes curly quotes, and square brackets around sources; math stands in its delimiters.
AS_IN_SOURCE = str.maketrans("“”’‘[]", "\"\"''()")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The notebooks as they are written for a site."""
    target = tmp_path_factory.mktemp("notebooks")
    assert write_all(ROOT / "_build" / KEPT, ROOT, target, SITE) == []
    return target


def read(path: Path) -> NotebookNode:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def prose(notebook: NotebookNode) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def rendered(notebook: NotebookNode) -> BeautifulSoup:
    """The notebook's Markdown as HTML by the CommonMark rules, each item of a list as a paragraph, as Sphinx has it."""
    tokens = MARKDOWN.parse(prose(notebook))
    for token in tokens:
        token.hidden = False
    return BeautifulSoup(MARKDOWN.renderer.render(tokens, MARKDOWN.options, {}), "html.parser")


def page(name: str) -> Tag:
    """What the page of a chapter says: no code, no buttons, and of outputs captions only."""
    text = (HTML / "chapters" / f"{name}.html").read_text(encoding="utf-8")
    article = BeautifulSoup(text, "html.parser").select_one("article.bd-article")
    assert article is not None
    for extra in article.select(".headerlink, .nn-full-size, .cell_input, details.hide > summary"):
        extra.decompose()
    for output in article.select(".cell_output"):
        captions = [number.find_parent("figcaption") for number in output.select(".caption-number")]
        output.replace_with(*captions)
    return article


def says(part: Tag) -> str:
    text = re.sub(r"\\[()]", "", part.get_text()).translate(AS_IN_SOURCE)
    return " ".join(text.split())


def links(part: Tag, at: str) -> list[tuple[str, str]]:
    """The words and the address of each link, but for those into the same page."""
    found = [(says(link), urljoin(at, str(link["href"]))) for link in part.select("a[href]")]
    return [(words, address) for words, address in found if urldefrag(address)[0] != at]


def taken_out(part: Tag, selector: str) -> list[str]:
    """What the parts found say, which are then no longer there."""
    found = part.select(selector)
    for each in found:
        each.extract()
    return [says(each) for each in found]


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_notebook_says_what_its_page_says(folder, name):
    """Read by two programs: Sphinx made the page, a CommonMark parser reads the notebook."""
    at = f"{SITE}chapters/{name}.html"
    theirs, notebook = page(name), read(folder / f"{name}.ipynb")
    ours = rendered(notebook)
    note = ours.p.extract()
    assert note.a["href"] == at
    assert links(ours, at) == links(theirs, at)
    numbers = [number.strip("()") for number in taken_out(theirs, ".eqno")]
    assert re.findall(r"\\tag\{(.+?)\}", prose(notebook)) == numbers
    for what in ("summary", "h1, h2, h3, h4", "th, td"):
        assert taken_out(ours, what) == taken_out(theirs, what)
    captions = [says(part) for part in theirs.select("figcaption")]
    numbered = [part for part in ours.select("p") if part.strong and re.fullmatch(r"Fig\. \d+", part.strong.get_text())]
    assert [says(part) for part in numbered] == captions
    assert [says(part) for part in ours.select("p")] == [says(part) for part in theirs.select("p")]


def test_links_lead_to_what_the_site_has(folder):
    """Pages that were built, and places on them that exist."""
    places: dict[str, set[str]] = {}
    led = set()
    for name in CHAPTERS:
        led |= {str(link["href"]) for link in rendered(read(folder / f"{name}.ipynb")).select("a[href]")}
    ours = {address.removeprefix(SITE) for address in led if address.startswith(SITE)}
    assert len(ours) > 100
    for address in ours:
        file, place = urldefrag(address)
        if file not in places:
            places[file] = set(re.findall(r'\bid="([^"]+)"', (HTML / file).read_text(encoding="utf-8")))
        assert not place or place in places[file], address


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_notebook_compares_what_its_chapter_compares(folder, name):
    """The same code and outputs, but for the set-up cell and titles; no MyST, and nothing only MyST-NB reads."""
    stored = code_cells(read(ROOT / "chapters" / f"{name}.ipynb"))
    notebook = read(folder / f"{name}.ipynb")
    cells = code_cells(notebook)
    assert [cell.outputs for cell in cells] == [cell.outputs for cell in stored]
    assert [re.sub(r"^#@title .*\n", "", cell.source) for cell in cells[1:]] == [cell.source for cell in stored[1:]]
    assert f'"{SITE}notebooks/"' in cells[0].source
    assert not re.search(r"\{[\w:]+\}`|\$\$[ \t]*\(\S+\)$", prose(notebook), re.MULTILINE)
    assert not any("mystnb" in cell.metadata for cell in cells)


def test_the_site_holds_the_notebooks_and_what_they_install():
    written = HTML / "notebooks"
    assert sorted(path.stem for path in written.glob("*.ipynb")) == CHAPTERS
    site = Publication.from_environment().site
    for name in CHAPTERS:
        setup = code_cells(read(written / f"{name}.ipynb"))[0].source
        assert (f'site = "{site}notebooks/"' if site else SETUP) in setup
    packages = {path.name.split("-")[0] for path in written.glob("*.whl")}
    assert packages == {"nsynthlib", "mido"}
