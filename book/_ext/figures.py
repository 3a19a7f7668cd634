"""Make figures light: as WebP without loss, about half of a PNG, loaded when a reader comes near.

Below each stands a link to it at full size, for narrow screens, where its labels are too small to read; the style sheet
hides it on wide ones.
"""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms.images import BaseImageConverter

from nsynthlib.files import atomic

FIGURE = re.compile(r'<img (?P<told>[^>]*src="(?P<address>[^"]*/_images/(?P<name>[^"]+))"[^>]*)>')


class ToWebP(BaseImageConverter):
    """Every PNG as WebP, pixel by pixel the same, and kept for later builds."""

    default_priority = 210  # after Sphinx has chosen one of an image's forms

    def match(self, node: nodes.image) -> bool:
        return self.app.builder.format == "html" and node["uri"].endswith(".png")

    def handle(self, node: nodes.image) -> None:
        source = Path(self.env.srcdir, node["uri"])
        made = Path(self.imagedir, source.with_suffix(".webp").name)
        if not made.exists() or made.stat().st_mtime < source.stat().st_mtime:
            made.parent.mkdir(parents=True, exist_ok=True)
            with Image.open(source) as picture, atomic(made) as partial:
                picture.save(partial, "WEBP", lossless=True, method=3)
        node["candidates"] = {"*": str(made)}  # of any type: Sphinx does not know this one
        node["uri"] = str(made)
        self.env.original_image_uri[str(made)] = str(source)
        self.env.images.add_file(self.env.docname, str(made))


def light(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Tell the size of each figure, so that nothing moves when it comes, and add the link."""
    sources = {name: path for path, name in app.builder.images.items()}

    def tell(found: re.Match[str]) -> str:
        size = ""
        path = Path(app.srcdir, sources.get(found["name"], ""))
        if path.suffix == ".webp":
            with Image.open(path) as picture:
                size = f'width="{picture.width}" height="{picture.height}" '
        address = found["address"]
        return f'<img loading="lazy" {size}{found["told"]}><a class="nn-full-size" href="{address}">Full size</a>'

    context["body"] = FIGURE.sub(tell, context.get("body", ""))


def setup(app: Sphinx) -> dict[str, bool]:
    """Figures are converted as pages are written; run after the page's body is made."""
    app.add_post_transform(ToWebP)
    app.connect("html-page-context", light, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
