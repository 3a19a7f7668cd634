"""The offline bundle: the same bytes for the same pages, and a book that is read by one command, without a network."""

import subprocess
import sys
import urllib.request
import zipfile
from contextlib import contextmanager

import pytest
from hand import Hand, changes
from helpers import ROOT
from make_zip import NAME, make

SITE = ROOT / "_build" / "html"
TYPES = {
    "index.html": "text/html",
    "_static/nsynthlib/engine.mjs": "text/javascript",
    "_static/vendor/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm": "application/wasm",
    "_static/nsynthlib/manifest.json": "application/json",
}


@contextmanager
def reading(folder):
    """The address at which ``python read.py`` says that the book is."""
    command = [sys.executable, "read.py", "--no-browser"]
    environment = {"PATH": "/usr/bin:/bin"}
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process.stdout.readline().split()[4].removesuffix("/index.html")
        finally:
            process.terminate()


@pytest.fixture
def small(tmp_path):
    """A book of two files, and one that readers need not have."""
    html = tmp_path / "html"
    (html / "_static").mkdir(parents=True)
    (html / "index.html").write_text("<p>Notes</p>")
    (html / "_static" / "a.mjs").write_text("export {};")
    (html / ".buildinfo").write_text("a number that differs")
    return html


def test_the_same_pages_give_the_same_bytes(small, tmp_path):
    make(small, tmp_path / "a.zip")
    for path in small.rglob("*.*"):
        path.touch()
    make(small, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    inside = {"LICENSE", "README.txt", "read.py", "serve.py", "book/index.html", "book/_static/a.mjs"}
    with zipfile.ZipFile(tmp_path / "a.zip") as bundle:
        assert set(bundle.namelist()) == {f"{NAME}/{path}" for path in inside}


def test_a_bundle_that_is_not_all_unpacked_says_so(tmp_path):
    for name in ("read.py", "serve.py"):
        (tmp_path / name).write_bytes((ROOT / "tools" / name).read_bytes())
    done = subprocess.run([sys.executable, "read.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "holds no book; unpack all of the zip file" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_book_is_read_from_an_odd_folder_without_a_network(site, visit, tmp_path):
    """Unpacked where a path has spaces and letters beyond ASCII: types are exact, and an explorer answers."""
    make(SITE, tmp_path / "book.zip")
    folder = tmp_path / "Mes cahiers – ノート"
    with zipfile.ZipFile(tmp_path / "book.zip") as bundle:
        bundle.extractall(folder)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with reading(folder / NAME) as address:
        for path, kind in TYPES.items():
            with direct.open(f"{address}/{path}") as answer:
                assert answer.headers["Content-Type"].startswith(kind)
                assert answer.read() == (SITE / path).read_bytes()
        window = visit()
        window.page.goto(f"{address}/index.html")
        window.page.wait_for_url("**/book/intro.html")
        hand = Hand(window, window.page.url, patience=60_000)  # milliseconds: the first move loads the model
        hand.by_keyboard("Family", "ArrowDown")
        before, after = hand.settled()
        assert changes(before, after)[0]
        assert window.complaints == []
        assert window.strays(address) == []
