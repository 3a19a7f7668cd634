"""The table of faults, from what `tools/fault_table.py` has stored: a directive ``{fault-table}``."""

import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from in_markdown import in_markdown
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

STORED = Path(__file__).resolve().parent.parent / "faults.json"
HEAD = """```{list-table}
:header-rows: 1
:class: nn-faults
:widths: 22 30 24 24

* - What happens
  - What you see
  - What is kept
  - Shown by"""


def cell(parts: list[str]) -> str:
    """Paragraphs as one cell of a list table; each once."""
    return "\n\n    ".join(dict.fromkeys(parts))


def row(fault: dict[str, Any]) -> str:
    """A fault and its tests as a row."""
    name = fault["fault"][0].upper() + fault["fault"][1:]
    tests = fault["tests"]
    lines = [f"`` {line} ``" for test in tests for line in test["shows"]]
    kept = [test["kept"] for test in tests]
    return "\n".join(
        (
            f"* - {cell([f'**{name}.** ' + fault['happens']])}",
            f"  - {cell(lines)}",
            f"  - {cell(kept)}",
            f"  - {cell([in_words(test['test']) for test in tests])}",
        )
    )


def in_words(test: str) -> str:
    """A test's file, and its name as the sentence it is."""
    file, name = re.sub(r"\[.*", "", test).split("::")
    return f"`{file}`: {name.removeprefix('test_').replace('_', ' ')}"


class FaultTable(SphinxDirective):
    """All faults, a row each."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(STORED))
        faults = json.loads(STORED.read_text(encoding="utf-8"))
        return in_markdown(self, "\n".join([HEAD, *map(row, faults), "```"]).splitlines())


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the directive known."""
    app.add_directive("fault-table", FaultTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
