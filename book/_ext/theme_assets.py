"""Serve of the theme what the book uses: the few icons that its pages show, and no scripts for kernels in pages."""

import logging
import re
import shutil
from pathlib import Path
from typing import Any

import pydata_sphinx_theme
from fontTools import subset
from sphinx.application import Sphinx

UNUSED = ("sphinx-thebe", "THEBE_JS_URL")  # runs code in pages by a server that the book has not
logging.getLogger("fontTools").setLevel(logging.WARNING)

FONTS = ("solid-900", "brands-400")
RULE = re.compile(r"@[\w-]+[^{]*\{(?:[^{}]*\{[^{}]*\})+[^{}]*\}|[^{}]+\{[^{}]*\}")  # an outer one whole
ICON = re.compile(r"\.fa-([\w-]+):before(?:,\.fa-[\w-]+:before)*\{content:\"\\([0-9a-f]+)\"")
SHOWN = re.compile(r"\bfa-([a-z0-9-]+)")
DRAWN = re.compile(r"content: ?[\"']\\(f[0-9a-f]{3})|([\uf000-\uf8ff])")  # in other style sheets


def drop_unused(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Leave out the scripts and style sheets of ``UNUSED``."""
    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context.get(kind, []) if not any(name in told(file) for name in UNUSED)]


def told(file: Any) -> str:
    """The address of a script or style sheet, or what an inline script does."""
    return str(getattr(file, "filename", None) or getattr(file, "attributes", {}).get("body", file))


def used_rules(css: str, names: set[str]) -> tuple[list[str], set[int]]:
    r"""The rules of Font Awesome's style sheet that draw these icons and set them, and the icons' places in its fonts.

    >>> used_rules('.fa{width:1em}.fa-bars:before,.fa-navicon:before{content:"\\f0c9"}', {"navicon"})
    (['.fa{width:1em}', '.fa-bars:before,.fa-navicon:before{content:"\\f0c9"}'], {61641})
    >>> used_rules('.fa-cat:before{content:"\\f6be"}', {"navicon"})
    ([], set())
    """
    kept, places = [], set()
    for rule in RULE.findall(css):
        icon = ICON.match(rule)
        if icon and names.isdisjoint(SHOWN.findall(rule.split("{")[0])):
            continue
        if icon:
            places.add(int(icon[2], 16))
        elif rule.startswith("@"):  # its fonts, which have another file here, and movements
            continue
        kept.append(rule)
    return kept, places


def cut_font(source: Path, target: Path, places: set[int]) -> None:
    """Write the icons at these places of a font as WOFF."""
    options = subset.Options(flavor="woff", layout_features=[], hinting=False)
    with subset.load_font(str(source), options) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=places)
        cutter.subset(font)
        subset.save_font(font, str(target), options)


def write_icons(app: Sphinx, error: Exception | None) -> None:
    """In place of the theme's copy of Font Awesome, the icons that stand on the built pages."""
    if error or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    texts = [*Path(app.outdir).rglob("*.html"), *static.glob("scripts/*.js")]
    names = {name for path in texts for name in SHOWN.findall(path.read_text(encoding="utf-8"))}
    styles = [path for path in static.rglob("*.css") if "vendor" not in path.parts]
    found = (icon for path in styles for icon in DRAWN.findall(path.read_text(encoding="utf-8")))
    drawn = {int(place, 16) if place else ord(icon) for place, icon in found}

    (theirs,) = Path(pydata_sphinx_theme.__path__[0]).glob("theme/*/static/vendor/fontawesome/*")
    css = (theirs / "css/all.min.css").read_text(encoding="utf-8")
    licence = css[: css.index("*/") + 2]
    rules, places = used_rules(css.removeprefix(licence), names)
    for font in FONTS:
        cut_font(theirs / f"webfonts/fa-{font}.ttf", static / f"icons-{font}.woff", places | drawn)
        name, weight = font.split("-")
        family = "Free" if name == "solid" else "Brands"
        rules.append(
            f'@font-face{{font-family:"Font Awesome 6 {family}";font-weight:{weight};font-display:block;'
            f"src:url(icons-{font}.woff)}}"
        )
    (static / "icons.css").write_text("\n".join([licence, *rules]), encoding="utf-8")
    shutil.rmtree(static / "vendor/fontawesome", ignore_errors=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Run after the extensions that add scripts to a page, and after all pages."""
    app.connect("html-page-context", drop_unused, priority=900)
    app.connect("build-finished", write_icons, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
