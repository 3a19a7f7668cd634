"""Loads ``storage.js`` before any other script: the theme's first line already reads what a browser may refuse."""

from typing import Any

from sphinx.application import Sphinx


def lead(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Put the script before what else stands at the top of a page's head."""
    address = context["pathto"]("_static/storage.js", 1)
    context["metatags"] = f'<script src="{address}"></script>\n' + context.get("metatags", "")


def setup(app: Sphinx) -> dict[str, bool]:
    """Run for each page."""
    app.connect("html-page-context", lead)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
