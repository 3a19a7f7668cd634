"""Where the book is published: a few pages built under a fork's name, and what the extensions make of names."""

import json
import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import built_from
import licences
import pytest
import yaml
from docutils import nodes
from hand import violations
from helpers import ROOT
from publication import Publication
from publishing import first_paragraph
from serve import serving
from sphinx.errors import ExtensionError

FORK = "https://github.com/ada/fork-of-notes"
SITE = "https://ada.github.io/fork-of-notes/"
COLAB = "https://colab.research.google.com/github/ada/fork-of-notes/blob/notebooks/"
ENVIRONMENT = {"GITHUB_REPOSITORY": "ada/fork-of-notes", "GITHUB_REF_NAME": "trunk", "SOURCE_DATE_EPOCH": "86400"}
PAGES = [f"book/{name}" for name in ("intro", "instrument", "licences", "built_from", "help")] + [
    "chapters/01_sampling"
]
OURS = re.compile(r"https://(?:github\.com|[\w-]+\.github\.io|colab\.research\.google\.com)/[^\"'\s<>&?#]*")


def few_pages(out: Path, environment: dict[str, str]) -> Path:
    """``PAGES``, built without running a cell; what they refer to besides is missing, and warned about."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["execute"] = {"execute_notebooks": "off"}
    extensions = config["sphinx"]["local_extensions"]  # are looked for beside the configuration
    config["sphinx"]["local_extensions"] = {name: str(ROOT / folder) for name, folder in extensions.items()}
    (out / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    toc = {"format": "jb-book", "root": PAGES[0], "chapters": [{"file": page} for page in PAGES[1:]]}
    (out / "toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    told = ("GITHUB_", "BOOK_URL", "SOURCE_DATE_EPOCH")
    without = {name: value for name, value in os.environ.items() if not name.startswith(told)}
    command = [Path(sys.executable).parent / "jupyter-book", "build", ROOT, "--path-output", out]
    command += ["--config", out / "config.yml", "--toc", out / "toc.yml"]
    done = subprocess.run(command, capture_output=True, text=True, env=without | environment, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return out / "_build" / "html"


@pytest.fixture(scope="module")
def fork(tmp_path_factory) -> Path:
    return few_pages(tmp_path_factory.mktemp("fork"), ENVIRONMENT)


def page_of(site: Path, name: str) -> str:
    return (site / f"{name}.html").read_text(encoding="utf-8")


def links(html: str) -> list[str]:
    """Every address that a reader or a robot can follow, or is shown to copy."""
    shown = re.sub(r"<script\b.*?</script>", "", html, flags=re.DOTALL)
    return OURS.findall(re.sub(r"</?span[^>]*>", "", shown))


def test_every_link_to_the_repository_and_the_site_has_the_forks_name(fork):
    """What is not the fork's stands in a source as it is: a reference, or another project."""
    sources = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("book", "chapters", "tools", "nsynthlib/pocket_notes")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".md", ".ipynb", ".bib", ".json") and "_static" not in path.parts
    )
    for name in [*PAGES, "index", "404", "search"]:
        found = links(page_of(fork, name))
        others = [link for link in found if not link.startswith((FORK, SITE, COLAB))]
        assert [link for link in others if link.rstrip(".,)") not in sources] == [], name
    intro = links(page_of(fork, "book/intro"))
    assert {FORK, f"{COLAB}01_sampling.ipynb"} <= set(intro)
    assert f"git clone {FORK}\ncd fork-of-notes\n" in re.sub(r"<[^>]+>", "", page_of(fork, "book/intro"))


def test_a_chapters_buttons_lead_to_the_fork(fork):
    html = page_of(fork, "chapters/01_sampling")
    header = html[html.index("header-article-items__end") :]
    for address in (
        f'href="{COLAB}01_sampling.ipynb"',
        f'href="{FORK}"',
        f'href="{FORK}/blob/trunk/chapters/01_sampling.ipynb?plain=1"',
        f'href="{FORK}/issues/new',
        'href="../notebooks/01_sampling.ipynb"',
    ):
        assert header.count(address) == 1, address


@pytest.mark.parametrize("name", PAGES)
def test_each_page_tells_its_address_and_shows_a_picture(fork, name):
    html = page_of(fork, name)
    assert f'<link rel="canonical" href="{SITE}{name}.html"' in html
    told = dict(re.findall(r'<meta property="og:([\w:]+)" content="([^"]*)"', html))
    assert told["url"] == f"{SITE}{name}.html"
    assert told["image"].startswith(SITE)
    header = (fork / told["image"].removeprefix(SITE)).read_bytes()[16:24]  # of a PNG: its width and height
    size = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:], "big")
    assert size == (int(told["image:width"]), int(told["image:height"])) == (1200, 630)
    assert len(told["image:alt"]) > 50
    assert html.count('<meta name="description"') == 1
    assert told["description"] == re.search(r'<meta name="description" content="([^"]*)"', html)[1]


def test_the_sitemap_lists_the_pages_that_have_something_to_find(fork):
    listed = [url.text for url in ElementTree.parse(fork / "sitemap.xml").iter() if url.tag.endswith("loc")]
    assert sorted(listed) == sorted(f"{SITE}{name}.html" for name in PAGES)


def test_a_wrong_address_of_any_depth_gives_a_page_whose_links_work(fork, visit, tmp_path):
    """Served below a path, as Pages does; light and dark."""
    (tmp_path / "fork-of-notes").symlink_to(fork, target_is_directory=True)
    (tmp_path / "404.html").symlink_to(fork / "404.html")
    window = visit()
    with serving(tmp_path) as address:
        answer = window.page.goto(f"{address}/fork-of-notes/no/such/page.html")
        assert answer.status == 404
        assert window.page.locator(".bd-article h1").inner_text() == "There is no such page"
        elsewhere = "a[href]:not([href^='#'])"
        targets = set(window.page.eval_on_selector_all(elsewhere, "(all) => all.map((a) => a.href.split('#')[0])"))
        inside = [target for target in targets if target.startswith(address)]
        assert f"{address}/fork-of-notes/book/intro.html" in inside
        known = {f"{address}/fork-of-notes/book/{name}.html" for name in ("help", "licences", "built_from")}
        assert known <= set(inside)
        for target in inside:
            assert window.page.request.get(target).ok, target
        for theme in ("light", "dark"):
            window.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
            assert violations(window.page) == []
        failed = [line for line in window.complaints if "no/such/page.html" not in line and "status of 404" not in line]
        assert failed == []  # the styles and scripts were there
        assert window.strays(address) == []


def test_built_from_tells_day_commit_and_versions(fork):
    text = re.sub(r"<[^>]+>", "", page_of(fork, "book/built_from"))
    assert "1970-01-02" in text
    assert f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro} on " in text
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if "==" in line:
            assert line.replace("==", " ") in text
    found = built_from.commit_of(ROOT)
    if found:
        assert f'href="{FORK}/commit/{found[0]}"' in page_of(fork, "book/built_from")


def test_the_commit_is_none_outside_a_repository_and_githubs_in_an_archive(tmp_path):
    assert built_from.commit_of(tmp_path, {}) is None
    assert built_from.commit_of(tmp_path, {"GITHUB_SHA": "abc"}) == ("abc", False)
    for command in (
        ["init", "-q"],
        ["-c", "user.name=a", "-c", "user.email=a", "commit", "-qm", "a", "--allow-empty"],
    ):
        subprocess.run(["git", "-C", tmp_path, *command], check=True)
    sha, changed = built_from.commit_of(tmp_path, {})
    assert re.fullmatch("[0-9a-f]{40}", sha)
    assert not changed
    (tmp_path / "new").write_text("a", encoding="utf-8")
    assert built_from.commit_of(tmp_path, {}) == (sha, True)
    (tmp_path / "inner").mkdir()
    assert built_from.commit_of(tmp_path / "inner", {}) is None  # it is not the repository's own folder


@pytest.mark.parametrize(
    ("told", "repository", "site"),
    [
        ({}, None, None),
        ({"GITHUB_REPOSITORY": "Ada/notes"}, "https://github.com/Ada/notes", "https://ada.github.io/notes/"),
        ({"GITHUB_REPOSITORY": "ada/Ada.github.io"}, "https://github.com/ada/Ada.github.io", "https://ada.github.io/"),
        ({"BOOK_URL": "https://example.org/b"}, None, "https://example.org/b/"),
    ],
)
def test_a_publication_is_read_from_the_environment(told, repository, site):
    found = Publication.from_environment(told)
    assert (found.repository, found.site) == (repository, site)


def test_only_githubs_own_server_has_colab():
    elsewhere = {"GITHUB_REPOSITORY": "ada/notes", "GITHUB_SERVER_URL": "https://git.example.org"}
    assert Publication.from_environment(elsewhere).colab("a.ipynb") is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Short.", "Short."),
        ("A first sentence. " * 12, ("A first sentence. " * 11).strip()),
        ("Few. " + "word " * 60, ("Few. " + "word " * 38).strip() + "…"),
    ],
    ids=["whole", "sentences", "words"],
)
def test_a_description_is_whole_sentences_where_they_fit(text, told):
    page = nodes.section("", nodes.note("", nodes.paragraph(text="Aside.")), nodes.paragraph(text=text.strip()))
    assert first_paragraph(page) == told
    assert len(told) <= 200


def test_every_package_in_the_pages_has_its_licences_text(fork):
    texts = (fork / "_static" / "licences.txt").read_text(encoding="utf-8")
    for place, package in json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"].items():
        if place and not package.get("dev"):
            assert f"\n{place.rpartition('node_modules/')[2]} {package['version']}: " in texts
    for holder in ("Microsoft Corporation", "Fedor Indutny", "OpenJS Foundation", "Project Jupyter", "Fonticons"):
        assert holder in texts, holder
    table = unescape(re.sub(r"<[^>]+>", "", page_of(fork, "book/licences")))
    for name in json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]:
        assert name in table


def test_a_package_without_a_text_points_to_one_or_is_refused():
    full = licences.Package("full", "1", "MIT", "Ada", ("Permission is hereby granted",))
    bare = licences.Package("bare", "2", "MIT", "Bob", ())
    assert "Copyright: Bob. The same licence's terms stand under full." in licences.written([bare, full])
    with pytest.raises(ExtensionError, match="bare ships no text of its licence MIT"):
        licences.written([bare])


def test_every_recordings_licence_is_on_the_page(fork):
    text = re.sub(r"<[^>]+>", "", page_of(fork, "book/licences"))
    recordings = json.loads((ROOT / "tools" / "recordings.json").read_text(encoding="utf-8"))
    for told in recordings.values():
        assert told["licence"] in text
        assert (told.get("repository") or told["package"]) in text
    assert f"recordings of {len(recordings)} instruments" in text
