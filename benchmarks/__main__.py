"""Run every comparison side by side, print a table, write `benchmarks/results.json`: `python -m benchmarks [NAME ...]`.

With names, only those are measured; the others' rows stay as they were.
"""

from __future__ import annotations

import argparse
import importlib
import json
from dataclasses import asdict

from benchmarks.common import ROOT, Row, met

SUITES = ("data", "spectral", "synthesis", "soundfont", "generation", "training")
VERDICT = {True: "met   ", False: "MISSED", None: "      "}
RESULTS = ROOT / "benchmarks" / "results.json"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="NAME", help=f"of {', '.join(SUITES)}; all without one")
    chosen = parser.parse_args().suites or list(SUITES)
    for name in chosen:
        if name not in SUITES:
            parser.error(f"comparison {name!r} is unknown; choose from {', '.join(SUITES)}")
    stored = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    kept = {row["name"]: Row(**row) for row in stored}
    for name in chosen:
        for row in importlib.import_module(f"benchmarks.{name}").rows():
            if row.ours is not None or row.name not in kept:  # what a machine cannot measure, another one did
                kept[row.name] = row
            print(line(row), flush=True)
    RESULTS.write_text(json.dumps([asdict(row) for row in kept.values()], indent=1) + "\n")
    print(f"{RESULTS.relative_to(ROOT)}: {len(kept)} rows")


def line(row: Row) -> str:
    if row.ours is None:
        return f"{row.name:44} not measured: {row.circumstances['why']}"
    peer = f"{row.peer:10.3g} {row.peer_name}, {row.ratio:.2f} times" if row.peer is not None else ""
    return f"{row.name:44} {row.ours:10.4g} {row.unit:8} goal {row.goal or '-':16} {VERDICT[met(row)]} {peer}"


if __name__ == "__main__":
    main()
