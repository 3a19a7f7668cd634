"""Print each inline script once.

Sphinx prints one of sphinx-thebe's twice on every page, and its second `const` is an error in the console.
"""

from typing import Any

from sphinx.application import Sphinx


def drop_repeats(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Leave out a script whose body the page already holds."""
    seen: set[str] = set()
    kept = []
    for script in context.get("script_files", []):
        body = getattr(script, "attributes", {}).get("body")
        if body is None or body not in seen:
            kept.append(script)
        if body is not None:
            seen.add(body)
    context["script_files"] = kept


def setup(app: Sphinx) -> dict[str, bool]:
    """Run after the extensions that add scripts to a page."""
    app.connect("html-page-context", drop_repeats, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
