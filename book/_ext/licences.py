"""The licences of what the pages carry that others wrote: a table of it, and every text in one file beside the pages.

Scripts come from npm's packages and with Python's. Minified files have mostly lost their notices, and licences such as
MIT ask for the notice in every copy, so all are gathered in ``_static/licences.txt``. It lists each package that the
bundles may hold, thus some of which nothing is left in them.
"""

import importlib.metadata
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from in_markdown import in_markdown
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

FILE = "_static/licences.txt"
NAME = re.compile(r"licen[cs]e|copying|notice", re.IGNORECASE)
SECTION = re.compile(r"^#+\s*licen[cs]e.*", re.IGNORECASE | re.MULTILINE | re.DOTALL)  # of a README, to its end

#: Python's packages whose scripts, styles or fonts stand in `_static`, and what they are for.
PYTHON = {
    "sphinx": "search and the pages' frame",
    "pydata-sphinx-theme": "the look; with Bootstrap (MIT) and Font Awesome (icons CC BY 4.0, fonts OFL 1.1, code MIT)",
    "sphinx-book-theme": "the look",
    "sphinx-design": "cards",
    "sphinx-copybutton": "the button that copies code; with clipboard.js (MIT)",
    "sphinx-togglebutton": "what opens and closes",
    "sphinx-thebe": "styles",
    "sphinx-exercise": "styles of exercises",
    "sphinx-proof": "styles of theorems",
    "myst-nb": "styles of cells",
    "anywidget": "widgets with a script of their own",
    "onnxruntime": "the notices of all that is compiled into ONNX Runtime's WebAssembly",
}
#: npm's packages that package.json asks for, and what they are for.
NPM = {
    "@jupyter-widgets/base": "widgets; with jQuery and Backbone",
    "@jupyter-widgets/base-manager": "widgets without a kernel",
    "@jupyter-widgets/controls": "sliders, lists and boxes",
    "@lumino/messaging": "widgets",
    "@lumino/widgets": "widgets",
    "client-zip": "files saved together",
    "fft.js": "Fourier transforms",
    "mathjax": "formulas, and their fonts",
    "midi-file": "MIDI files",
    "onnxruntime-web": "the models",
}


@dataclass(frozen=True)
class Package:
    """One package, the name of its licence, who it says wrote it, and the texts that it ships."""

    name: str
    version: str
    licence: str
    author: str
    texts: tuple[str, ...]


def _read(paths: Iterator[Path]) -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8", errors="replace").strip() for path in sorted(paths) if path.is_file())


def npm_packages(root: Path) -> list[Package]:
    """What ``package-lock.json`` names and is not for development only, in its order.

    Raises:
        ExtensionError: if one is not installed.
    """
    found = []
    for place, told in json.loads((root / "package-lock.json").read_text(encoding="utf-8"))["packages"].items():
        if not place or told.get("dev"):
            continue
        folder = root / place
        if not folder.is_dir():
            raise ExtensionError(f"{folder} is missing, so its licence cannot be shown; install it:  make book")
        about = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        author = about.get("author") or ""
        licence = about.get("license") or " or ".join(one["type"] for one in about.get("licenses", []))
        texts = _read(path for part in (folder, folder / "dist") for path in part.glob("*") if NAME.search(path.name))
        if not texts:
            texts = tuple(part[0] for text in _read(folder.glob("README*")) if (part := SECTION.search(text)))
        author = author["name"] if isinstance(author, dict) else author
        found.append(Package(place.rpartition("node_modules/")[2], about["version"], licence, author, texts))
    return found


def python_packages() -> list[Package]:
    """The packages in ``PYTHON``."""
    found = []
    for name in PYTHON:
        package = importlib.metadata.distribution(name)
        about: dict[str, Any] = package.metadata.json
        classified = [one.rpartition(" :: ")[2] for one in about.get("classifier", []) if "License ::" in one]
        licence = about.get("license_expression") or next(iter(classified), None) or about["license"]
        files = [Path(str(package.locate_file(file))) for file in package.files or [] if NAME.search(file.name)]
        author = about.get("author") or about.get("author_email") or ""
        found.append(Package(name, package.version, licence, author, _read(iter(files))))
    return found


def written(packages: list[Package]) -> str:
    """All the packages' texts. Of one without, its licence's name and where that licence's terms stand."""
    terms: dict[str, str] = {}
    for package in packages:
        if package.texts:
            terms.setdefault(package.licence, package.name)
    parts = ["What others wrote and these pages carry. The book's own licence is on its page of licences."]
    for package in packages:
        parts.append(f"{'=' * 100}\n{package.name} {package.version}: {package.licence}\n{'=' * 100}")
        if package.texts:
            parts += package.texts
            continue
        if package.licence not in terms:
            raise ExtensionError(
                f"{package.name} ships no text of its licence {package.licence}, nor does any other here"
            )
        by = f" Copyright: {package.author}." if package.author else ""
        parts.append(
            f"The package ships no text of its licence, {package.licence}.{by} "
            f"The same licence's terms stand under {terms[package.licence]}."
        )
    return "\n\n".join(parts) + "\n"


class BundledLicences(SphinxDirective):
    """A table of the packages that the book asks for, and a link to every licence's text."""

    def run(self) -> list[nodes.Node]:
        uses = NPM | PYTHON
        packages = [one for one in (*npm_packages(Path(self.env.srcdir)), *python_packages()) if one.name in uses]
        lines = ["| Package | Licence | For |", "|---|---|---|"]
        lines += [f"| {one.name} {one.version} | {one.licence} | {uses[one.name]} |" for one in packages]
        link = nodes.reference("", "All licences' texts in one file", refuri=f"../{FILE}", internal=False)
        return [*in_markdown(self, lines), nodes.paragraph("", "", link)]


class Recordings(SphinxDirective):
    """A table of the licences of the recordings that weights were learned from."""

    def run(self) -> list[nodes.Node]:
        path = "tools/recordings.json"
        self.env.note_dependency(path)
        sources: dict[str, Counter[str]] = defaultdict(Counter)
        for told in json.loads((Path(self.env.srcdir) / path).read_text(encoding="utf-8")).values():
            sources[told["licence"]][told.get("repository") or told["package"]] += 1
        rows = [
            f"| {licence} | {libraries.total()} | {', '.join(sorted(libraries))} |"
            for licence, libraries in sorted(sources.items())
        ]
        return in_markdown(self, ["| Licence | Instruments | Libraries |", "|---|---|---|", *rows])


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the texts beside the pages."""
    if error is None and app.builder.format == "html":
        texts = written([*npm_packages(Path(app.srcdir)), *python_packages()])
        (Path(app.outdir) / FILE).write_text(texts, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive, and write the file when the pages are made."""
    app.add_directive("bundled-licences", BundledLicences)
    app.add_directive("recordings", Recordings)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
