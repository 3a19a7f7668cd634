"""No button for Colab on a page that is kept as text: Colab opens notebooks only, so the button would lead nowhere."""

from typing import Any

from sphinx.application import Sphinx


def drop(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Leave out the group of launch buttons, unless the page is made from a notebook."""
    if context.get("page_source_suffix") == ".md":
        buttons = context.get("header_buttons", [])
        context["header_buttons"] = [button for button in buttons if button.get("label") != "launch-buttons"]


def setup(app: Sphinx) -> dict[str, bool]:
    """Run after the theme has added its buttons."""
    app.connect("html-page-context", drop, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
