"""Pack the built book into one file that is read without a network: ``python tools/make_zip.py``.

`_build/neural-notes-VERSION.zip` holds the pages, a server of Python's standard library, and a page of advice. The same
pages give the same bytes.
"""

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import nsynthlib
from nsynthlib.files import atomic

ROOT = Path(__file__).resolve().parent.parent
NAME = f"neural-notes-{nsynthlib.__version__}"
LEFT_OUT = {".buildinfo", ".doctrees", "objects.inv"}  # of no use to a reader
ONLINE = ".whl"  # what notebooks install where the book is published
README = """Neural Notes, to read without a network

You need Python 3.10 or later and a browser. In this folder:

    python3 read.py        on Windows:  py read.py

Your browser opens the book. Ctrl-C in the window where you typed this ends it. A page opened as a file
would show its text, but no model would answer: browsers refuse the modules of such pages.

The text and the code are under the MIT licence, see LICENSE.
"""


def contents(html: Path) -> Iterator[tuple[str, bytes]]:
    """What the bundle holds, as paths in it and contents, sorted."""
    for path in sorted(html.rglob("*"), key=lambda path: path.relative_to(html).as_posix()):
        inside = path.relative_to(html)
        if path.is_file() and path.suffix != ONLINE and not LEFT_OUT & set(inside.parts):
            yield f"book/{inside.as_posix()}", path.read_bytes()
    yield "LICENSE", (ROOT / "LICENSE").read_bytes()
    yield "README.txt", README.encode()
    yield "read.py", (ROOT / "tools" / "read.py").read_bytes()
    yield "serve.py", (ROOT / "tools" / "serve.py").read_bytes()


def make(html: Path, out: Path) -> None:
    """Write the bundle of the pages in ``html``; the whole of it, or nothing."""
    with atomic(out) as partial, zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as bundle:
        for path, content in contents(html):
            entry = zipfile.ZipInfo(f"{NAME}/{path}")  # with no time of its own
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if path == "read.py" else 0o644) << 16
            bundle.writestr(entry, content)


def main(html: Path = ROOT / "_build" / "html") -> None:
    if not (html / "index.html").exists():
        sys.exit(f"{html}: holds no built book; run make book first")
    out = ROOT / "_build" / f"{NAME}.zip"
    make(html, out)
    print(f"{out.relative_to(ROOT)}: {out.stat().st_size / 1e6:.1f} MB. Unpacked, it is read by:  python3 read.py")


if __name__ == "__main__":
    main()
