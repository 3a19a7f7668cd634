"""Drawings of what imports what, made from the imports each time the book is built.

The package's floors are those that import-linter holds it to (``pyproject.toml``), its imports are read by grimp. The
page's JavaScript has folders only; its floors follow from its imports.
"""

import html
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from math import log2
from pathlib import Path
from typing import NamedTuple

import grimp
import tomllib
from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
WEB = ROOT / "nsynthlib" / "web"
CALLED = {"cli": "commands", "plots": "plots", "files": "basics"}  # boxes of single files, by one of them
STATEMENT = re.compile(r'^(?:import|export)\b[^;"]*?["\'](\.[^"\']+)["\']', re.M)

WIDTH, FLOOR, TALL, WIDE = 400, 64, 30, 108  # of the drawing, from floor to floor, and of a box
# Across the drawing, of lone boxes from the top floor down: found by a search, so that few arrows pass behind a box.
PLACES = (0.62, 0.26, 0.86, 0.86, 0.14, 0.62, 0.38, 0.86, 0.5, 0.86, 0.62, 0.26, 0.62, 0.38)

Edges = Mapping[tuple[str, str], int]  # number of imports from a file of the first box to a file of the second


class Floors(NamedTuple):
    """Boxes from the top floor to the ground, and which of them each file or folder is in."""

    boxes: list[list[str]]
    box_of: dict[str, str]


def package_floors(pyproject: Path = ROOT / "pyproject.toml") -> Floors:
    """The floors of the package: a box for each folder, and one for single files that follow each other."""
    contracts = tomllib.loads(pyproject.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["containers"] == ["nsynthlib"])
    boxes: list[list[str]] = []
    box_of: dict[str, str] = {}
    files: list[str] = []
    for layer in [*layers, ""]:
        names = re.findall(r"\w+", layer)
        if names and not any((ROOT / "nsynthlib" / name).is_dir() for name in names):
            files += names
            continue
        if files:
            boxes.append([next((CALLED[name] for name in files if name in CALLED), files[0])])
            box_of |= dict.fromkeys(files, boxes[-1][0])
            files = []
        if names:
            boxes.append(names)
            box_of |= {name: name for name in names}
    return Floors(boxes, box_of)


def package_imports(box_of: Mapping[str, str]) -> Counter[tuple[str, str]]:
    """How many times a file of one box imports a file of another."""
    graph = grimp.build_graph("nsynthlib", cache_dir=None)
    found: Counter[tuple[str, str]] = Counter()
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            pair = tuple(box_of.get(name.split(".")[1]) if "." in name else None for name in (importer, imported))
            if None not in pair and pair[0] != pair[1]:
                found[pair] += 1  # type: ignore[index]
    return found


def web_imports(web: Path = WEB) -> Counter[tuple[str, str]]:
    """The same of the folders of the page's JavaScript."""
    found: Counter[tuple[str, str]] = Counter()
    for path in sorted(web.rglob("*.mjs")):
        for address in STATEMENT.findall(path.read_text(encoding="utf-8")):
            needed = (path.parent / address).resolve()
            pair = path.relative_to(web).parts[0], needed.relative_to(web).parts[0] if web in needed.parents else ""
            if pair[1] and pair[0] != pair[1]:
                found[pair] += 1
    return found


def floors_of(edges: Edges) -> list[list[str]]:
    """Boxes by how many others lie between them and the ground."""
    needs: dict[str, set[str]] = {}
    for above, below in edges:
        needs.setdefault(above, set()).add(below)
    height: dict[str, int] = {}
    for name in TopologicalSorter(needs).static_order():
        height[name] = max((height[below] + 1 for below in needs.get(name, ())), default=0)
    return [sorted(n for n in height if height[n] == floor) for floor in range(max(height.values()), -1, -1)]


def implied(edge: tuple[str, str], edges: Edges) -> bool:
    """Whether a way over other boxes leads there as well."""
    reached, left = set(), [below for above, below in edges if above == edge[0] and below != edge[1]]
    while left:
        name = left.pop()
        if name not in reached:
            reached.add(name)
            left += [below for above, below in edges if above == name]
    return edge[1] in reached


def places(floors: Sequence[Sequence[str]]) -> dict[str, tuple[float, float]]:
    """The middle of every box."""
    found = {}
    for i, names in enumerate(floors):
        for k, name in enumerate(names):
            across = PLACES[i % len(PLACES)] if len(names) == 1 else (k + 0.5) / len(names)
            across = min(max(across, WIDE / 2 / WIDTH + 0.005), 1 - WIDE / 2 / WIDTH - 0.005)
            found[name] = (round(across * WIDTH, 1), FLOOR * (i + 0.5))
    return found


def arrow(edge: tuple[str, str], count: int, at: Mapping[str, tuple[float, float]], direct: bool) -> str:
    """One arrow as SVG, thicker for more imports, pale where a longer way is drawn anyhow."""
    (x1, y1), (x2, y2) = at[edge[0]], at[edge[1]]
    y1, y2, bend = y1 + TALL / 2, y2 - TALL / 2 - 5, (y2 - y1) / 3
    kind = "direct" if direct else "implied"
    return (
        f'<path class="{kind}" data-from="{edge[0]}" data-to="{edge[1]}" data-imports="{count}" '
        f'd="M{x1} {y1} C{x1} {y1 + bend:.0f} {x2} {y2 - bend:.0f} {x2} {y2}" '
        f'stroke-width="{1 + log2(count) / 2:.1f}" marker-end="url(#nn-head-{kind})"/>'
    )


def drawing(floors: Sequence[Sequence[str]], edges: Edges, told: str) -> str:
    """Boxes on their floors and arrows down, as an SVG in one line of HTML; colours are the stylesheet's."""
    at = places(floors)
    direct = {edge: not implied(edge, edges) for edge in edges}
    ordered = sorted(edges, key=direct.__getitem__)  # pale ones first, below the others
    arrows = [arrow(edge, edges[edge], at, direct[edge]) for edge in ordered]
    boxes = [
        f'<rect x="{x - WIDE / 2}" y="{y - TALL / 2}" width="{WIDE}" height="{TALL}" rx="4"/>'
        f'<text x="{x}" y="{y + 5}">{name}</text>'
        for name, (x, y) in at.items()
    ]
    heads = [
        f'<marker id="nn-head-{kind}" class="{kind}" viewBox="0 0 8 8" refX="3" refY="4" markerWidth="7" '
        'markerHeight="7" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8z"/></marker>'
        for kind in ("direct", "implied")
    ]
    return (
        f'<svg class="nn-architecture" role="img" aria-label="{html.escape(told)}" '
        f'viewBox="0 0 {WIDTH} {FLOOR * len(floors)}"><defs>{"".join(heads)}</defs>{"".join([*arrows, *boxes])}</svg>'
    )


def table(floors: Sequence[Sequence[str]], edges: Edges) -> str:
    """The facts of a drawing in Markdown, a row for each box."""
    order = [name for names in floors for name in names]
    rows = ["| | imports from (number of imports) |", "|---|---|"]
    for name in order:
        below = [f"{other} ({edges[name, other]})" for other in order if (name, other) in edges]
        rows.append(f"| {name} | {', '.join(below) or 'nothing of the others'} |")
    return "\n".join(rows)


def drawn(what: str) -> str:
    """Drawing and table of ``package`` or ``web``."""
    if what == "package":
        floors, box_of = package_floors()
        edges: Edges = package_imports(box_of)
    else:
        edges = web_imports()
        floors = floors_of(edges)
    total = sum(edges.values())
    told = f"{len(edges)} arrows between {sum(map(len, floors))} boxes, all downwards; the table below says the same."
    facts = f":::{{dropdown}} The same as a table: {total} imports\n{table(floors, edges)}\n:::"
    return f"{drawing(floors, edges, told)}\n\n{facts}"


def draw(app: Sphinx, page: str, source: list[str]) -> None:
    """Put each drawing where a page asks for it."""
    for what in ("package", "web"):
        mark = f"<!-- the imports of {what} -->"
        if mark in source[0]:
            source[0] = source[0].replace(mark, drawn(what))


def setup(app: Sphinx) -> dict[str, bool]:
    """Drawings are made when their page is read."""
    app.connect("source-read", draw)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
