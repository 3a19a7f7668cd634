"""``examples.json``: each note's name and labels, read into columns that stay small for 289,205 notes."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nsynthlib.data.labels import FAMILIES, SOURCES, Labels, parse_name
from nsynthlib.errors import DataError
from nsynthlib.files import read_json

GET_NOTES = (
    "name a folder of notes, or get one: `nsynthlib data pocket`, `synthetic`, `soundfont`, `import` or `download`"
)
_FIELDS = ("instrument_str", "instrument_family_str", "instrument_source_str", "pitch", "velocity")


@dataclass(frozen=True)
class LabelTable:
    """Labels of many notes in columns ``[n]``; ``instrument`` counts into ``instruments``.

    ``name`` is ASCII bytes; ``family`` and ``source`` count into ``FAMILIES`` and ``SOURCES``; ``row`` is the note's
    place in the set as it was opened.
    """

    name: np.ndarray
    pitch: np.ndarray
    velocity: np.ndarray
    family: np.ndarray
    source: np.ndarray
    instrument: np.ndarray
    row: np.ndarray
    instruments: tuple[str, ...]

    @classmethod
    def from_labels(cls, named: list[tuple[str, Labels]]) -> LabelTable:
        """The table of named notes, in the order of their names."""
        named = sorted(named)
        instruments = tuple(sorted({labels.instrument for _, labels in named}))
        at, families, sources = ({v: i for i, v in enumerate(names)} for names in (instruments, FAMILIES, SOURCES))
        return cls(
            name=np.array([name for name, _ in named], "S"),
            pitch=np.array([labels.pitch for _, labels in named], "u1"),
            velocity=np.array([labels.velocity for _, labels in named], "u1"),
            family=np.array([families[labels.family] for _, labels in named], "u1"),
            source=np.array([sources[labels.source] for _, labels in named], "u1"),
            instrument=np.array([at[labels.instrument] for _, labels in named], "i4"),
            row=np.arange(len(named), dtype="i4"),
            instruments=instruments,
        )

    def take(self, which: np.ndarray | slice) -> LabelTable:
        """The table of some of its notes: a mask, their places, or a slice."""
        columns = ("name", "pitch", "velocity", "family", "source", "instrument", "row")
        return replace(self, **{column: getattr(self, column)[which] for column in columns})


class Entries(list[tuple[str, Any]]):
    """A JSON object as its pairs, so that a name that stands twice is seen."""


def read_entries(index: Path) -> Entries:
    """Names and entries of an index, each entry cut down to the labels: a tuple of five, ``None`` for a missing one.

    Raises:
        DataError: if there is no index, it is not JSON, or it is not an object with at least one entry.
    """
    if not index.parent.is_dir():
        raise DataError(f"there is no folder {index.parent}, so {index.name} is missing; {GET_NOTES}")
    if not os.path.lexists(index):
        raise DataError(f"{index} is missing, which stands beside audio/ and names its notes; {GET_NOTES}")
    # Each entry becomes a tuple as soon as it is parsed: as dictionaries, NSynth's would fill a gigabyte.
    content = read_json(index, pairs=_compact)
    if isinstance(content, tuple):  # it has the fields of one entry
        raise DataError(f"{index}: is one note's entry; it must map each note's name to its labels")
    if not isinstance(content, Entries) or not content:
        raise DataError(f"{index}: holds no notes; it must map each note's name to its labels")
    return content


def _compact(pairs: list[tuple[str, Any]]) -> tuple[Any, ...] | Entries:
    found = dict(pairs)
    if "instrument_str" not in found and "pitch" not in found:
        return Entries(pairs)
    return tuple(sys.intern(v) if isinstance(v := found.get(key), str) else v for key in _FIELDS)


def read_labels(name: str, entry: Any, index: Path) -> Labels:
    """Labels of one entry of ``index``; DataError if its name is wrong, or its fields lack or contradict it."""
    try:
        labels = parse_name(name)
    except ValueError as error:
        raise DataError(f"{index}: {name!r} {error}") from None
    if type(entry) is not tuple or None in entry:
        raise DataError(f"{index}: the entry {name!r} lacks labels; it needs {', '.join(_FIELDS)}")
    if entry != tuple(labels):
        key, told, stored = next((k, a, b) for k, a, b in zip(_FIELDS, labels, entry, strict=True) if a != b)
        raise DataError(f"{index}: the labels of {name!r} contradict its name: {key} is {stored!r}, not {told!r}")
    return labels


def duplicates(entries: Entries) -> Iterator[str]:
    """Names that stand in the index more than once."""
    return (name for name, count in Counter(name for name, _ in entries).items() if count > 1)


def read_table(index: Path) -> LabelTable:
    """The whole index as columns; DataError for the first entry that is wrong."""
    entries = read_entries(index)
    for name in duplicates(entries):
        raise DataError(f"{index}: the note {name!r} stands twice; drop one of the entries")
    return LabelTable.from_labels([(name, read_labels(name, entry, index)) for name, entry in entries])
