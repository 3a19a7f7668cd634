"""Short trainings that differ in one thing, each from several seeds: what `tools/run_experiments.py` left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from statistics import median
from typing import Any

from nsynthlib.evaluation.tables import MEASURES, Measure, Table
from nsynthlib.files import read_json
from nsynthlib.models.sources import PRETRAINED

Run = Mapping[str, Any]


def read_runs(experiment: str) -> list[Run]:
    """All runs of an experiment that comes with the package, such as ``"architectures"``, in its own order.

    Each tells its ``name``, ``settings``, ``device``, ``cpu_seconds``, how many ``parameters`` it trained, which notes
    it ``learned`` and was ``judged`` by, and what was measured.
    """
    runs: list[Run] = read_json(PRETRAINED / "experiments" / f"{experiment}.json")["runs"]
    return runs


def describe_runs(runs: Sequence[Run]) -> str:
    """How long each of the runs learned, and on what all of them were computed, in a line each."""
    settings, learned = runs[0]["settings"], runs[0]["learned"]["drawn"]
    steps = settings["epochs"] * (learned // settings["batch_size"])
    lines = [f"{steps} steps of {settings['batch_size']} notes, drawn from {learned}"]
    for device in dict.fromkeys(run["device"] for run in runs):
        seconds = [run["cpu_seconds"] for run in runs if run["device"] == device]
        lines.append(f"{len(seconds)} trainings on {device}: {sum(seconds) / 60:.0f} minutes of a core")
    return "\n".join(lines)


def over_seeds(runs: Sequence[Run], *path: str) -> dict[str, list[float]]:
    """One measure of all runs of each name, from the least to the largest.

    >>> over_seeds(read_runs("architectures"), "reconstruction", "soundfont", "rmse_db")["AE"]
    [4.1493, 4.1688, 4.2096]
    """
    found: dict[str, list[float]] = {}
    for run in runs:
        value: Any = reduce(lambda place, key: place[key], path, run)
        found.setdefault(run["name"], []).append(value["value"] if isinstance(value, Mapping) else value)
    return {name: sorted(values) for name, values in found.items()}


def ahead(runs: Sequence[Run], one: str, other: str, *path: str) -> bool:
    """Whether ``one`` has less of a measure with each of its seeds than ``other`` with any.

    >>> ahead(read_runs("architectures"), "AE", "CVAE", "reconstruction", "soundfont", "rmse_db")
    True
    """
    tries = over_seeds(runs, *path)
    return tries[one][-1] < tries[other][0]


def seeds_table(runs: Sequence[Run], columns: Mapping[str, Sequence[str]], caption: str, first: str = "") -> Table:
    """The middle of each name's seeds, between the least and the largest.

    Args:
        columns: for each heading the path of a measure, as for :func:`over_seeds`. Decibels get two decimals.
        caption: what is shown; how many seeds there are is added to it.
        first: heading of the names.
    """
    found = [over_seeds(runs, *path) for path in columns.values()]
    written = [_finely(MEASURES.get(path[-1], Measure(path[-1], digits=0))) for path in columns.values()]
    names = tuple(dict.fromkeys(run["name"] for run in runs))
    seeds = len(found[0][names[0]])
    body = tuple((name, *(_spread(m, one[name]) for m, one in zip(written, found, strict=True))) for name in names)
    return Table(f"{caption} (the middle of {seeds} seeds, and the least and the largest)", (first, *columns), body)


def _finely(measure: Measure) -> Measure:
    return measure._replace(digits=2) if measure.unit == "dB" else measure


def _spread(measure: Measure, values: Sequence[float]) -> str:
    """Of values from the least to the largest."""
    least, middle, largest = map(measure.written, (values[0], median(values), values[-1]))
    return middle if least == largest else f"{middle} [{least}, {largest}]"
