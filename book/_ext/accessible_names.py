"""Mend what other extensions write into pages and assistive technology stumbles over."""

import re
from collections.abc import Callable
from typing import Any

from sphinx.application import Sphinx

MENDED = {
    # A name that the visible words contradict: a reader who says them aloud would open nothing.
    ' aria-label="Toggle hidden content"': "",
    # A table that may scroll sideways, where no key would reach it.
    '<div class="pst-scrollable-table-container">': '<div class="pst-scrollable-table-container" tabindex="0">',
    # The empty corner of a table, or a table without headings: no heading to be told.
    '<th class="head"><p></p></th>': "<td></td>",
    # A role that ARIA has withdrawn, inside a list whose children must be items.
    'role="doc-biblioentry"': 'role="listitem"',
}

FOLD = re.compile(r"(?<=>)([^<>]+)(</a>\s*<details[^>]*>\s*<summary)(>)")


def mend(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Replace each of ``MENDED`` in the page's body."""
    for written, better in MENDED.items():
        context["body"] = context.get("body", "").replace(written, better)
    if "generate_toctree_html" in context:
        context["generate_toctree_html"] = with_named_folds(context["generate_toctree_html"])


def with_named_folds(generate: Callable[..., object]) -> Callable[..., str]:
    """The theme's list of all pages, in which what unfolds the pages of a section is named by the section."""

    def generate_named(*args: Any, **options: Any) -> str:
        return FOLD.sub(r'\1\2 aria-label="Pages of \1"\3', str(generate(*args, **options)))

    return generate_named


def setup(app: Sphinx) -> dict[str, bool]:
    """Run after the page's body is made."""
    app.connect("html-page-context", mend, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
