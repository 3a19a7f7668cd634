"""A widget's JavaScript as the one file that travels with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

WEB = Path(__file__).parent.parent / "web"
IMPORT = re.compile(r'^import (?:\{[^}]*\}|\w+) from "(\.[^"]+)"(?: with \{ type: "json" \})?;\n', re.MULTILINE)
COMMENT = re.compile(r"^ */\*\*.*?\*/\n", re.MULTILINE | re.DOTALL)
REMARK = re.compile(r"(?:^|(?<=\S)) *// [^\n`\"']*$", re.MULTILINE)  # none with quotes, which might be a string's
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class)\b)", re.MULTILINE)
DECLARATION = re.compile(r"^(?:async )?(?:function\*?|const|let|class) (\w+|\{[^}]*\}|\[[^\]]*\])", re.MULTILINE)
NAME = re.compile(r"\w+(?=\s*(?:[,}\]]|$))")  # in a pattern such as { known, given: known }


@lru_cache(maxsize=16)
def one_file(entry: Path) -> str:
    """The source of the module ``entry`` with everything that it imports laid before it, each once and data first.

    A notebook has no address that a module could import another by. Imports are of names as they are, and of JSON by
    the name of its file; so all share one scope. It is stored with every widget: documentation stays behind, and of
    JSON what no module speaks of.

    Raises:
        ValueError: if two of the files declare the same name.
    """
    sources = _in_order(entry.resolve(), {})
    _check_names(sources)
    code = "".join(source for path, source in sources.items() if path.suffix != ".json")
    return "".join(_data(path.stem, source, code) for path, source in sources.items() if path.suffix == ".json") + code


def _data(name: str, source: str, code: str) -> str:
    """JSON as a declaration, without the parts whose names do not stand in ``code``."""
    data = {part: value for part, value in json.loads(source).items() if part in code}
    return f"const {name} = {json.dumps(data, separators=(',', ':'))};\n"


def _in_order(path: Path, placed: dict[Path, str]) -> dict[Path, str]:
    """Sources by path, what is imported before what imports it, with no export but the default one."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return placed | {path: source}
    for address in IMPORT.findall(source):
        needed = (path.parent / address).resolve()
        if needed not in placed:
            placed = _in_order(needed, placed)
    return placed | {path: EXPORT.sub("", IMPORT.sub("", REMARK.sub("", COMMENT.sub("", source))))}


def _check_names(sources: Mapping[Path, str]) -> None:
    """Raise ValueError if two sources declare the same name at their top level."""
    declared: dict[str, Path] = {}
    for path, source in sources.items():
        for name in [path.stem] if path.suffix == ".json" else _names(source):
            if declared.setdefault(name, path) != path:
                raise ValueError(f"{declared[name]} and {path} are laid into one file, and both declare {name}")


def _names(source: str) -> Iterator[str]:
    """What a source declares at its top level, where lines begin without a space."""
    for declaration in DECLARATION.findall(source):
        yield from NAME.findall(declaration)
