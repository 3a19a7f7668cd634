"""A widget's JavaScript as the one file that travels with it."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

WEB = Path(__file__).parent.parent / "web"
IMPORT = re.compile(r'^import \{[^}]*\} from "(\./|\.\./)([^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class)\b)", re.MULTILINE)


@lru_cache(maxsize=16)
def one_file(entry: Path) -> str:
    """The source of the module ``entry`` with every module that it imports laid before it, each once.

    A notebook has no address that a module could import another by. Imports are of names as they are, from files
    beside; so the files share one scope, and a name that two of them give away is an error when the page loads.
    """
    return "".join(_in_order(entry.resolve(), {}).values())


def _in_order(path: Path, placed: dict[Path, str]) -> dict[Path, str]:
    """Sources by path, what is imported before what imports it, with no export but the default one."""
    source = path.read_text(encoding="utf-8")
    for match in IMPORT.finditer(source):
        needed = (path.parent / (match[1] + match[2])).resolve()
        if needed not in placed:
            _in_order(needed, placed)
    placed[path] = EXPORT.sub("", IMPORT.sub("", source))
    return placed
