"""The book's table of faults: it speaks of every fault, and of the tests that are there now."""

import json
import os

import fault_table
import pytest
from helpers import ROOT, in_python

LIST = """
import json, sys
import fault_table, pytest
record = fault_table.Record()
code = pytest.main(["--collect-only", "-qq", "-m", "fault", *sys.argv[1:]], plugins=[record])
print("ROWS" + json.dumps(record.sorted()))
sys.exit(code)
"""


def told(rows: list[fault_table.Row]) -> list[tuple[str, str, str]]:
    """Fault, test and what is kept."""
    return [(row["fault"], row["test"], row["kept"]) for row in rows]


def test_the_table_holds_the_tests_that_are_there():
    """One that is renamed, taken away or added makes it another table."""
    paths = os.pathsep.join(map(str, (ROOT / "tools", ROOT)))
    done = in_python("-c", LIST, *fault_table.files(), cwd=ROOT, env=os.environ | {"PYTHONPATH": paths})
    there = json.loads(done.stdout.partition("ROWS")[2])
    assert told(there) == told(fault_table.stored()), fault_table.AGAIN


def test_each_fault_has_a_test_that_passed_and_a_line():
    shown = {fault: [] for fault in fault_table.FAULTS}
    for row in fault_table.stored():
        assert row["outcome"] == "passed", row["test"]
        shown[row["fault"]] += row["shows"]
    assert [fault for fault, lines in shown.items() if not lines] == []
    assert all("\n" not in line for lines in shown.values() for line in lines)


def test_a_fault_that_the_table_does_not_know_is_refused():
    with pytest.raises(KeyError, match="flood"):
        fault_table.by_fault([fault_table.Row(fault="flood", test="t", shows=[], kept="", outcome="passed")])
