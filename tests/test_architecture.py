"""The drawings of what imports what: they say what the files say, and a new import shows."""

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import architecture
import pytest
from helpers import ROOT

PACKAGE = ROOT / "nsynthlib"


def box(dotted: str, box_of: dict[str, str]) -> str | None:
    """The box of a module of the package."""
    parts = dotted.split(".")
    return box_of.get(parts[1]) if parts[0] == "nsynthlib" and len(parts) > 1 else None


def files_imported(path: Path) -> set[str]:
    """What a file imports of the package, by ``ast``: a module, or the module that holds the name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {own if is_module(own := f"{node.module}.{n.name}") else str(node.module) for n in node.names}
    return found


def is_module(dotted: str) -> bool:
    path = ROOT.joinpath(*dotted.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def counted_by_ast(box_of: dict[str, str]) -> Counter[tuple[str, str]]:
    """Pairs of a file of one box and a module of another that it imports."""
    found: Counter[tuple[str, str]] = Counter()
    for path in PACKAGE.rglob("*.py"):
        importer = box(".".join(path.relative_to(ROOT).with_suffix("").parts), box_of)
        for name in files_imported(path):
            imported = box(name, box_of)
            if importer and imported and importer != imported:
                found[importer, imported] += 1
    return found


def arrows(page: str) -> dict[tuple[str, str], int]:
    """What a drawing shows, from its SVG."""
    found = re.findall(r'data-from="(\w+)" data-to="(\w+)" data-imports="(\d+)"', page)
    return {(above, below): int(count) for above, below, count in found}


def test_the_package_is_drawn_as_its_files_import():
    _, box_of = architecture.package_floors()
    assert arrows(architecture.drawn("package")) == counted_by_ast(box_of)
    files = {
        path.stem for path in PACKAGE.iterdir() if path.suffix in {"", ".py"} and is_module(f"nsynthlib.{path.stem}")
    }
    assert files == {*box_of, "__init__"}


def test_every_arrow_leads_down():
    floors, _ = architecture.package_floors()
    height = {name: -i for i, names in enumerate(floors) for name in names}
    at = architecture.places(floors)
    for above, below in arrows(architecture.drawn("package")):
        assert height[above] > height[below]
        assert at[above][1] < at[below][1]


def test_the_table_says_what_the_drawing_shows():
    page = architecture.drawn("package")
    rows = dict(re.findall(r"^\| (\w+) \| (.*) \|$", page, re.M))
    told = {(name, b): int(n) for name, row in rows.items() for b, n in re.findall(r"(\w+) \((\d+)\)", row)}
    assert told == arrows(page)


def test_boxes_do_not_overlap_and_lie_within_the_drawing():
    for floors in (architecture.package_floors().boxes, architecture.floors_of(architecture.web_imports())):
        at = list(architecture.places(floors).values())
        for i, (x, y) in enumerate(at):
            assert architecture.WIDE / 2 <= x <= architecture.WIDTH - architecture.WIDE / 2
            for other_x, other_y in at[:i]:
                assert abs(y - other_y) > architecture.TALL or abs(x - other_x) > architecture.WIDE


def test_a_new_import_shows(tmp_path):
    """Of a package made by hand: three files, of which one is given another import."""
    code = "import json, architecture\nfound = architecture.package_imports({'a': 'a', 'b': 'b', 'c': 'c'})\n"
    code += "print(json.dumps({' '.join(pair): n for pair, n in found.items()}))"

    def found(**files: str) -> dict[str, int]:
        for name, text in {"__init__": "", **files}.items():
            (tmp_path / "nsynthlib").mkdir(exist_ok=True)
            (tmp_path / "nsynthlib" / f"{name}.py").write_text(text)
        path = f"{tmp_path}:{ROOT / 'book' / '_ext'}"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env={"PYTHONPATH": path}
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    assert found(a="from nsynthlib import b", b="", c="") == {"a b": 1}
    assert found(c="def late():\n    from nsynthlib.a import x") == {"a b": 1, "c a": 1}


def test_javascript_is_drawn_as_its_files_import(tmp_path):
    """esbuild, which follows every import, finds the same."""
    node = ROOT / "node_modules" / "esbuild" / "bin" / "esbuild"
    entries = sorted(str(path) for path in architecture.WEB.rglob("*.mjs"))
    meta = tmp_path / "meta.json"
    options = ["--bundle", "--format=esm", f"--outdir={tmp_path}", f"--metafile={meta}", "--log-level=error"]
    subprocess.run(["node", node, *entries, *options], check=True, cwd=ROOT, capture_output=True)
    counted: Counter[tuple[str, str]] = Counter()
    for path, about in json.loads(meta.read_text())["inputs"].items():
        for needed in {one["path"] for one in about["imports"]}:
            pair = tuple(Path(name).parts[2] for name in (path, needed) if name.startswith("nsynthlib/web/"))
            if len(pair) == 2 and pair[0] != pair[1]:
                counted[pair] += 1
    assert arrows(architecture.drawn("web")) == counted


def test_a_circle_of_folders_cannot_be_drawn():
    with pytest.raises(ValueError, match="cycle"):
        architecture.floors_of({("a", "b"): 1, ("b", "a"): 1})
