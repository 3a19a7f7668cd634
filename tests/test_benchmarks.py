"""The measurements' own arithmetic, and what they wrote down: no test here depends on time."""

import json
import math
import sys
from dataclasses import asdict, replace

import pytest

import benchmarks.__main__
import benchmarks.data
from benchmarks.__main__ import RESULTS, SUITES, line
from benchmarks.common import Row, met, side_by_side

FIELDS = ["name", "unit", "ours", "goal", "peer", "peer_name", "ratio", "circumstances"]


@pytest.mark.parametrize(
    ("goal", "ours", "ratio", "expected"),
    [
        ("ratio >= 5", 100.0, 4.9, False),
        ("ratio >= 5", 1.0, 5.0, True),
        ("<= 0.4", 0.41, 9.0, False),
        ("<= 0.4", 0.4, None, True),
        ("< 2", 2.0, None, False),
        (">= 200", 201.0, None, True),
        (">= 200", None, None, False),
        ("", 5.0, None, None),
    ],
)
def test_a_goal_is_read_as_it_is_written(goal, ours, ratio, expected):
    assert met(Row("row", "s", ours, goal, ratio=ratio, circumstances={})) is expected


def test_a_row_that_could_not_be_measured_says_why():
    assert line(Row("row", "s", None, "< 2", circumstances={"why": "no GPU"})).endswith("not measured: no GPU")


def test_both_sides_take_turns():
    calls = []
    _, _, ratio = side_by_side(lambda: calls.append("ours"), lambda: calls.append("peer"), repeats=3)
    assert calls == ["ours", "peer"] * 4
    assert ratio > 0


def test_results_are_whole():
    rows = json.loads(RESULTS.read_text())
    assert len({row["name"] for row in rows}) == len(rows) >= len(SUITES)
    for row in rows:
        assert list(row) == FIELDS
        assert row["circumstances"]["cores"] > 0
        if row["ours"] is None:
            assert row["circumstances"]["why"]
            continue
        assert math.isfinite(row["ours"])
        assert (row["ratio"] is None) == (row["peer"] is None) == (row["peer_name"] is None)
        assert str(met(Row(**row))) in ("True", "False", "None")


def test_what_only_another_machine_can_measure_stays(tmp_path, monkeypatch):
    measured = Row("on a GPU", "s", 0.02, "", circumstances={"cores": 16})
    path = tmp_path / "results.json"
    path.write_text(json.dumps([asdict(measured), asdict(replace(measured, name="here"))]))
    lacking = [replace(measured, name=name, ours=None, circumstances={"why": "no GPU"}) for name in ("on a GPU", "new")]
    monkeypatch.setattr(benchmarks.__main__, "RESULTS", path)
    monkeypatch.setattr(benchmarks.__main__, "ROOT", tmp_path)
    monkeypatch.setattr(benchmarks.data, "rows", lambda: [*lacking, replace(measured, name="here", ours=0.5)])
    monkeypatch.setattr(sys, "argv", ["benchmarks", "data"])
    benchmarks.__main__.main()
    assert {row["name"]: row["ours"] for row in json.loads(path.read_text())} == {
        "on a GPU": 0.02,
        "here": 0.5,
        "new": None,
    }
