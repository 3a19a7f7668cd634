"""Run the tests that make faults happen, and store what they show: ``python tools/fault_table.py``, two minutes.

The page of faults is made from what is stored, `book/faults.json`.
"""

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict, cast

import pytest

from nsynthlib.files import write_json

ROOT = Path(__file__).resolve().parent.parent
STORED = ROOT / "book" / "faults.json"
AGAIN = "make it again: python tools/fault_table.py"

# Each fault, in the table's order, and what happens. A test says by its mark `fault` which one it makes happen.
FAULTS = {
    "Ctrl-C": "You press Ctrl-C while a command works or a model trains.",
    "SIGTERM": "A scheduler, or the command `kill`, asks the program to end.",
    "SIGKILL": "The system ends the program, which can do nothing more: so it does when memory runs out.",
    "full disk": "The disk fills up while a file is written.",
    "read-only folder": "You may not write to the folder that you named.",
    "missing browser": "The pages are to be tested, and there is no Chromium.",
    "missing FluidSynth": "Notes of soundfonts are to be rendered, and FluidSynth is not there or cannot be loaded.",
    "no GPU": "A model is to be trained on a machine without a GPU.",
    "GPU out of memory": "The GPU's memory does not hold a batch.",
    "corrupted weights": "A file of weights is cut short or overwritten.",
    "weights of another version": "Weights or a training run were written by another version of the package.",
    "a pickle offered as weights": "A pickle, a file of Python's that can run a program, stands in place of weights.",
    "a tar with ../": "An archive holds a file that would be written outside its folder.",
    "a download that stalls": "The server stops sending, but does not close the connection.",
    "a download that lies about its length": "The server announces more or fewer bytes than it sends.",
    "a notebook run from another folder": "A chapter runs outside the repository, with the package or without it.",
    "two builds at once": "`make book` is started in a folder in which another one runs.",
    "a path with spaces and non-ASCII letters": "Folders have names such as `Töne 1/día ü`.",
    "HTML served in place of the wasm": "A login page comes in place of the program that runs the models.",
    "storage refused by the browser": "The browser keeps nothing for this site: cookies and site data are blocked.",
    "audio refused by the browser": "The browser lets no page sound before it is touched.",
}


class Row(TypedDict):
    """A test: its fault, its name, the lines that it has seen, what is kept, and how it ended."""

    fault: str
    test: str
    shows: list[str]
    kept: str
    outcome: str


def stored() -> list[Row]:
    """The rows as they are stored, in the order of `FAULTS`; none if there are none yet."""
    faults = json.loads(STORED.read_text(encoding="utf-8")) if STORED.exists() else []
    return [cast(Row, {"fault": fault["fault"], **row}) for fault in faults for row in fault["tests"]]


def store(rows: Iterable[Row]) -> None:
    """Write them for the page: of each fault what happens, and its tests."""
    about = [
        {
            "fault": fault,
            "happens": FAULTS[fault],
            "tests": [{k: v for k, v in row.items() if k != "fault"} for row in rows],
        }
        for fault, rows in by_fault(rows).items()
    ]
    write_json(STORED, about)


def plain(line: str, folder: Path) -> str:
    """The same line without what differs by run and fork: folders, ports, numbers of processes, repositories."""
    for place in (folder, ROOT):
        line = line.replace(f"{place}/", "").replace(str(place), "the folder")
    line = re.sub(r"git\+https://[\w./-]+", "git+https://example.org/repository", line)
    line = re.sub(r"127\.0\.0\.1:\d+", "example.org", line)
    return re.sub(r"\(process \d+\)", "(process 1234)", line)


def by_fault(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows of each fault, in the order of `FAULTS`; KeyError for one that is not among them."""
    found: dict[str, list[Row]] = {fault: [] for fault in FAULTS}
    for row in rows:
        found[row["fault"]].append(row)
    return found


def files() -> list[Path]:
    """Those that hold tests of faults."""
    paths = sorted((ROOT / "tests").glob("test_*.py"))
    return [path for path in paths if "mark.fault(" in path.read_text(encoding="utf-8")]


class Record:
    """A plugin of pytest that keeps a row of each test marked `fault`."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Begin the rows."""
        for item in items:
            for mark in item.iter_markers("fault"):
                (fault,), kept = mark.args, mark.kwargs["kept"]
                test = item.nodeid.removeprefix("tests/")
                self.rows[item.nodeid] = Row(fault=fault, test=test, shows=[], kept=kept, outcome="not run")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Fill in what a test has shown, and whether it and its set-up passed."""
        row = self.rows.get(report.nodeid)
        if row and (report.when == "call" or report.outcome != "passed"):
            row["outcome"] = report.outcome
            row["shows"] = [str(value) for name, value in report.user_properties if name == "shows"]

    def sorted(self) -> list[Row]:
        """The rows in the order of `FAULTS`."""
        return [row for rows in by_fault(self.rows.values()).values() for row in rows]


def main() -> int:
    record = Record()
    code = pytest.main(["-q", "-m", "fault", *map(str, files())], plugins=[record])
    if code == 0:
        store(record.rows.values())
        print(f"{STORED}: {len(record.rows)} tests of {len(FAULTS)} faults")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
