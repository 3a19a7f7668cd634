"""Every result in a table of the chapters stands in a results file that is committed, and no other number does."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Set
from functools import cache
from statistics import median
from typing import Any

import nbformat
import pytest
from store_chapters import CHAPTERS

from nsynthlib.evaluation import compare_models
from nsynthlib.evaluation.stored import COMPARED
from nsynthlib.evaluation.tables import MEASURES
from nsynthlib.models import PRETRAINED

SHOWING = sorted(CHAPTERS.glob("0[6-9]_*.ipynb"))
HEADINGS = {measure.heading: name for name, measure in MEASURES.items()}
PUBLISHED = ("GANSynth", "WaveNet", "WaveGAN")  # rows of others' numbers, cited beside the table
CELL = re.compile(r"(?P<value>[−\d.]+)(?: \[(?P<low>[−\d.]+), (?P<high>[−\d.]+)\])?(?:, n = (?P<n>\d+))?$")
Shown = tuple[str, str, str, int]  # value, both ends of its interval, notes


def written(value: float, measure: str, digits: int | None = None) -> str:
    about = MEASURES[measure]
    text = f"{value * (100 if about.unit == '%' else 1):.{about.digits if digits is None else digits}f}"
    return re.sub(r"^-(?=[0.]*$)", "", text).replace("-", "−")


def measurements(node: Any, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every measurement in a results file, with the name of its measure; a plain number is of no notes."""
    if isinstance(node, dict):
        if {"value", "n", "interval"} <= node.keys():
            yield name, node
        for key, value in node.items():
            if key in MEASURES and isinstance(value, (int, float)):
                yield key, {"value": value, "n": 0, "interval": [value, value]}
            yield from measurements(value, key)


def leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], float]]:
    """Every measure of one run, with the way there."""
    if isinstance(node, dict):
        if path and path[-1] in MEASURES:
            yield path, node["value"]
        for key, value in node.items():
            yield from leaves(value, (*path, key))


def over_seeds(runs: list[dict[str, Any]]) -> Iterator[tuple[str, Shown]]:
    """The middle, the least and the largest of the runs of each name; decibels with two decimals."""
    found = defaultdict(list)
    for run in runs:
        for path, value in leaves(run):
            found[run["name"], path].append(value)
    for (_, (*_, measure)), values in found.items():
        digits = 2 if MEASURES[measure].unit == "dB" else None
        three = median(values), min(values), max(values)
        yield measure, (*(written(value, measure, digits) for value in three), 0)


@cache
def held() -> Set[tuple[str, Shown]]:
    """All that files hold, and the differences of models that follow from the values they hold of each note."""
    files = {path: json.loads(path.read_text()) for path in PRETRAINED.glob("*/*.json")}
    found = [one for content in files.values() for one in measurements(content)]
    judged = {name: files[PRETRAINED / name / "evaluation.json"] for name in ("ae", "vae", "cvae_thesis", "cvae")}
    judged = files[PRETRAINED / "comparison" / "pca.json"]["sizes"] | judged
    for notes in ("test", "recordings", "nsynth"):
        found += measurements(compare_models(judged, notes, measures=COMPARED))
    seeds = {one for content in files.values() for one in over_seeds(content.get("runs", []))}
    return seeds | frozenset(
        (measure, (*(written(number, measure) for number in (one["value"], *one["interval"])), one["n"]))
        for measure, one in found
        if measure in MEASURES
    )


def tables(path) -> Iterator[list[str]]:
    """The lines of each table that a stored chapter shows."""
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            lines = output.get("data", {}).get("text/plain", "").splitlines()
            if len(lines) > 2 and any(heading in lines[1] for heading in HEADINGS):
                yield lines


def cells_of(lines: list[str]) -> Iterator[tuple[str, str, str, int]]:
    """Row, measure, text and the usual number of notes of each cell of a table whose column is a measure."""
    caption, head, *rows = lines
    usual = int(found[1]) if (found := re.search(r"n = (\d+)", caption)) else 0
    starts = [match.start() for match in re.finditer(r"(?:(?<=  )|^)\S", head)]
    for row in rows:
        for at, end in zip(starts, [*starts[1:], None], strict=True):
            heading = head[at:end].strip().rpartition(": ")[2]  # "copies: RMSE (dB)" are those of copies
            if at and heading in HEADINGS and row[at:end].strip():
                yield row[: starts[0] or starts[1]].strip(), HEADINGS[heading], row[at:end].strip(), usual


def strangers(lines: list[str]) -> list[str]:
    """Cells of a table that no file holds."""
    found = []
    for row, measure, text, usual in cells_of(lines):
        if row.startswith(PUBLISHED) or text == "–":
            continue
        match = CELL.match(text)
        if match:
            value, n = match["value"], int(match["n"] or usual)
            ends = (match["low"] or value, match["high"] or value)
        if not match or not {(measure, (value, *ends, of)) for of in (n, 0)} & held():
            found.append(f"{row}, {measure}: {text}")
    return found


@pytest.mark.parametrize("path", SHOWING, ids=lambda path: path.stem)
def test_every_result_in_a_table_is_in_a_file(path):
    shown = list(tables(path))
    assert sum(1 for lines in shown for _ in cells_of(lines)) > 50
    assert [f"{lines[0][:40]}: {cell}" for lines in shown for cell in strangers(lines)] == []


def test_a_changed_number_is_noticed():
    """In each of three places of a cell, and in the number of notes."""
    lines = next(tables(SHOWING[-1]))
    row, _, text, usual = next(one for one in cells_of(lines) if "[" in one[2])
    assert strangers(lines) == []
    for number in re.findall(r"[\d.]+", text):
        other = text.replace(number, f"{float(number) + 0.3:.1f}", 1)
        assert other != text
        at = next(i for i, line in enumerate(lines) if line.startswith(row) and text in line)
        changed = [*lines[:at], lines[at].replace(text, other.ljust(len(text)), 1), *lines[at + 1 :]]
        assert strangers(changed), other
    assert strangers([lines[0].replace(f"n = {usual}", f"n = {usual + 1}"), *lines[1:]])
