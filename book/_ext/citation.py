"""The directive ``citation``: how to cite the book, in BibTeX or as APA has it, written from ``CITATION.cff``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from docutils.parsers.rst import directives
from publication import Publication
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

FILE = Path(__file__).parents[2] / "CITATION.cff"


def _names(about: Mapping[str, Any], written: str) -> list[str]:
    """The authors: people as ``written`` says, others by their name."""
    return [author.get("name") or written.format(**author) for author in about["authors"]]


def bibtex(about: Mapping[str, Any], address: str | None = None) -> str:
    """An entry for a bibliography, of what a citation file holds.

    >>> print(bibtex({"title": "T", "authors": [{"name": "The X"}], "version": "1", "date-released": "2026-01-02"}))
    @software{neural_notes,
      author  = {{The X}},
      title   = {{T}},
      version = {1},
      year    = {2026}
    }
    """
    people = ["{" + name + "}" if "," not in name else name for name in _names(about, "{family-names}, {given-names}")]
    fields = {
        "author": " and ".join(people),
        "title": "{" + about["title"] + "}",  # inner braces keep its capitals
        "version": about["version"],
        "year": str(about["date-released"])[:4],
    }
    fields |= {"url": address} if address else {}
    return "@software{neural_notes,\n" + ",\n".join(f"  {k:7} = {{{v}}}" for k, v in fields.items()) + "\n}"


def apa(about: Mapping[str, Any], address: str | None = None) -> str:
    """The same in the style of the American Psychological Association.

    >>> apa({"title": "T", "authors": [{"name": "The X"}], "version": "1", "date-released": "2026-01-02"})
    'The X. (2026). T (Version 1) [Computer software].'
    """
    people = ", & ".join(_names(about, "{family-names}, {given-names[0]}."))
    year, title, version = str(about["date-released"])[:4], about["title"], about["version"]
    line = f"{people.removesuffix('.')}. ({year}). {title} (Version {version}) [Computer software]."
    return f"{line} {address}" if address else line


class Citation(SphinxDirective):
    """``citation`` with the argument ``bibtex`` or ``apa``; the address is that of the site, where one is known."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """A block of text to be copied."""
        self.env.note_dependency(str(FILE))
        style = {"bibtex": bibtex, "apa": apa}[directives.choice(self.arguments[0], ("bibtex", "apa"))]
        found: Publication = self.config.publication
        text = style(yaml.safe_load(FILE.read_text(encoding="utf-8")), found.site or found.repository)
        return [nodes.literal_block(text, text, language="text", classes=["nn-wrapped"])]


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("citation", Citation)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
