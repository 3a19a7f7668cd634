"""What the models learned from, counted: notes and instruments of each source, part and family.

    python tools/count_notes.py data/soundfont data/dx7 data/recordings

Only labels are read. Writes `tools/notes.json`, which the book's data card shows; takes a minute.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nsynthlib.data import FAMILIES, Note, held_out, train_and_valid
from nsynthlib.evaluation.record import write_results
from nsynthlib.evaluation.sets import set_name


def count(notes: Iterable[Note]) -> dict[str, dict[str, Any]]:
    """Of each family that is there: notes, instruments, lowest and highest pitch, notes by velocity and source."""
    families: dict[str, list[Note]] = {family: [] for family in FAMILIES}
    for note in notes:
        families[note.family].append(note)
    return {
        family: {
            "notes": len(found),
            "instruments": len({note.instrument for note in found}),
            "lowest": min(note.pitch for note in found),
            "highest": max(note.pitch for note in found),
            "velocities": dict(sorted(Counter(note.velocity for note in found).items())),
            "sources": dict(sorted(Counter(note.source for note in found).items())),
        }
        for family, found in families.items()
        if found
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notes", type=Path, nargs="+", help="all sets that the models learned from")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "notes.json")
    options = parser.parse_args()
    found = {}
    for folder in options.notes:
        parts = {"train": train_and_valid(folder)[0], **held_out(folder)}
        found[set_name(folder)] = {name: count(notes) for name, notes in parts.items()}
    write_results(options.out, found)


if __name__ == "__main__":
    main()
