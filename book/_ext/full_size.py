"""Below each figure a link to it at full size, for narrow screens, where its labels are too small to read.

The style sheet hides it on wide ones.
"""

import re
from typing import Any

from sphinx.application import Sphinx

FIGURE = re.compile(r'<img [^>]*src="([^"]*/_images/[^"]+)"[^>]*>')


def link(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Add the links to the page's body."""
    context["body"] = FIGURE.sub(r'\g<0><a class="nn-full-size" href="\1">Full size</a>', context.get("body", ""))


def setup(app: Sphinx) -> dict[str, bool]:
    """Run after the page's body is made."""
    app.connect("html-page-context", link, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
