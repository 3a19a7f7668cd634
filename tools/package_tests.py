"""Name the tests of the package alone, for a Python that has nothing but the package and pytest.

    python -m pytest $(python tools/package_tests.py)

They are the files of tests/ that import only the standard library, what the package depends on, and one another: no
notebooks, no JavaScript and no page that a browser would look at.
"""

import ast
import re
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OWN = {"nsynthlib", "pytest", "_pytest"}
IMPORTED_AS = {"scikit-learn": "sklearn"}
PAGES = {"explorer_pages", "hand", "instrument_pages", "instrument_player"}  # helpers of tests that look at pages
# These read the repository's or the book's files, or run programs that are installed with the book.
OTHERS = {
    *("test_engine", "test_generation", "test_new_chapter", "test_part_one", "test_project", "test_release"),
    *("test_web", "test_weekly", "test_workflows", "test_zip"),
}


def dependencies() -> set[str]:
    """What the package needs, by the names that are imported."""
    told = (ROOT / "pyproject.toml").read_text(encoding="utf-8")  # Python 3.10 has nothing that reads TOML
    names = re.findall(r'"([\w-]+)', told.partition("\ndependencies = [")[2].partition("\n]")[0])
    return {IMPORTED_AS.get(name, name) for name in names}


@cache
def imports(path: Path) -> frozenset[str]:
    """The top-level names of all modules that a file imports when it is itself imported."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return frozenset(names)


def alone(path: Path, known: set[str]) -> bool:
    """Whether a test file, with all of ours that it imports, does with the modules that are known."""
    for name in imports(path) - known:
        places = [folder / f"{name}.py" for folder in (ROOT / "tests", ROOT / "tools")]
        place = next((place for place in places if place.exists()), None)
        if name in PAGES or place is None or not alone(place, known):
            return False
    return True


def package_tests() -> list[Path]:
    """The files, sorted."""
    known = dependencies() | OWN | set(sys.stdlib_module_names)
    files = sorted((ROOT / "tests").glob("test_*.py"))
    return [path for path in files if path.stem not in OTHERS and alone(path, known)]


if __name__ == "__main__":
    print("\n".join(path.relative_to(ROOT).as_posix() for path in package_tests()))
