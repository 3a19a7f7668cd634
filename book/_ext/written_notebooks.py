"""Write each chapter as a notebook that needs no MyST, to ``notebooks/`` of the site, beside the package's wheels.

Numbers and targets are Sphinx's own, so they are those of the pages. They are also kept in ``notebooks.json`` beside
the site's folder: `write_all` makes the notebooks for another address from it without a build.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urljoin

import nbformat
from docutils import nodes
from notebook_cells import written
from plain_markdown import NotPlain, Piece, Resolved, role_key
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from nsynthlib.files import write_json

LOG = logging.getLogger(__name__)
KEPT = "notebooks.json"  # beside the site's folder, as are the wheels
WHEELS = "wheels"


def _pieces(node: nodes.Node) -> Iterator[Piece]:
    """The texts of a node and what each leads to, by the address that is written into the page."""
    if isinstance(node, nodes.Text):
        yield node.astext(), None
    elif isinstance(node, nodes.reference):
        yield node.astext(), node.get("refuri") or f"#{node['refid']}"
    else:
        for child in node.children:
            yield from _pieces(child)


def _references(app: Sphinx, name: str, doctree: nodes.document, page: str) -> dict[str, list[Piece]]:
    """What each role of a document shows, and where it leads."""
    asked = {node.rawsource: node.deepcopy() for node in doctree.findall(pending_xref) if node.rawsource}
    document = doctree.copy()
    holders = {raw: nodes.inline("", "", node) for raw, node in asked.items()}
    document += list(holders.values())
    app.env.resolve_references(document, name, app.builder)
    found = {
        _key(raw): [(text, target and urljoin(page, target)) for text, target in _pieces(holder)]
        for raw, holder in holders.items()
    }
    return {key: _round(pieces) if key.startswith(":cite:") else pieces for key, pieces in found.items()}


def _round(pieces: list[Piece]) -> list[Piece]:
    """Sources in round brackets: square ones around a link mean something in Markdown."""
    rounded = str.maketrans("[]", "()")
    return [(text if target else text.translate(rounded), target) for text, target in pieces]


def _key(raw: str) -> str:
    """The same role as `role_key` writes it."""
    role, _, text = raw.removeprefix(":").partition(":`")
    return role_key(role, text.removesuffix("`"))


def resolve(app: Sphinx, name: str) -> Resolved:
    """All that Sphinx knows of one document and its notebook needs."""
    doctree = app.env.get_doctree(name)
    page = app.builder.get_target_uri(name)
    writer: Any = SimpleNamespace(builder=app.builder)
    app.builder.fignumbers = app.env.toc_fignumbers.get(name, {})  # type: ignore[attr-defined]
    equations = {
        node["label"]: get_node_equation_number(writer, node)
        for node in doctree.findall(nodes.math_block)
        if node.get("label")
    }
    places = app.env.get_domain("std").data["labels"]
    numbers = app.env.toc_fignumbers.get(name, {}).get("figure", {})
    figures = {
        label: app.config.numfig_format["figure"] % ".".join(map(str, numbers[place]))
        for label, (document, place, _) in places.items()
        if document == name and place in numbers
    }
    return Resolved(page, _references(app, name, doctree, page), equations, figures)


def write_all(kept: Path, book: Path, folder: Path, site: str | None) -> list[str]:
    """Write every chapter that ``kept`` tells of, and the wheels beside it, to a folder.

    ``book`` is the book's own folder, and ``site`` the address under which ``folder`` will be ``notebooks/``.
    Returns a line for each chapter that could not be said plainly, and was not written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wheels = sorted(path.name for path in kept.with_name(WHEELS).glob("*.whl"))
    for wheel in wheels:
        shutil.copyfile(kept.with_name(WHEELS) / wheel, folder / wheel)
    faults = []
    for name, known in json.loads(kept.read_text(encoding="utf-8")).items():
        stored = book / f"{name}.ipynb"
        try:
            notebook = written(nbformat.read(stored, as_version=4), Resolved(**known), site, wheels)
        except NotPlain as error:
            faults.append(f"{name}: {error}")
            continue
        (folder / stored.name).write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    return faults


def write(app: Sphinx, exception: Exception | None) -> None:
    """After the pages, their notebooks."""
    if exception or app.builder.name != "html":
        return
    names = sorted(name for name in app.env.found_docs if Path(app.env.doc2path(name)).suffix == ".ipynb")
    kept = Path(app.outdir).parent / KEPT
    write_json(kept, {name: asdict(resolve(app, name)) for name in names})
    site = app.config.publication.site
    if site and not list(kept.with_name(WHEELS).glob("nsynthlib-*.whl")):
        LOG.warning(f"no wheel of nsynthlib in {kept.with_name(WHEELS)} for the notebooks to install; run make book")
    for fault in write_all(kept, Path(app.srcdir), Path(app.outdir) / "notebooks", site):
        LOG.warning(f"the notebook of {fault}")


def setup(app: Sphinx) -> dict[str, bool]:
    """Run when all pages are written."""
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
