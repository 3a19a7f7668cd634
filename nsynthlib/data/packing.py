"""A whole set in one file: labels and int16 samples side by side, mapped into memory rather than read.

The file is safetensors (little-endian, nothing executable): ``samples`` int16 ``[n, 64000]``, one column for each
label, and the instruments' names in the header. Many processes can read it at once; the pages are shared.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from safetensors import SafetensorError, safe_open
from tqdm import tqdm

from nsynthlib.audio.format import SAMPLES
from nsynthlib.data.index import LabelTable
from nsynthlib.errors import DataError, UsageError
from nsynthlib.files import atomic, check_ending, need_space

SUFFIX = ".safetensors"
FORMAT = "nsynthlib-notes-1"
COLUMNS = {"instrument": "i4", "name": "u1", "pitch": "u1", "velocity": "u1", "family": "u1", "source": "u1"}
_KINDS = {"u1": "U8", "i2": "I16", "i4": "I32"}


def write_packed(table: LabelTable, samples: Iterable[np.ndarray], path: Path, progress: bool = False) -> Path:
    """Write the notes of ``table``, whose sounds are ``samples`` int16 ``[64000]`` each, to the new file ``path``.

    Several processes may ask for the same file at once: one writes, the others wait for it.

    Raises:
        UsageError: if ``path`` does not end in ``.safetensors``, or its folder is missing.
        DataError: if ``path`` holds other notes already, a note cannot be read, or the disk is too full.
    """
    path = Path(path)
    check_ending(path, SUFFIX)
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no folder; make it first, or name another")
    with FileLock(path.with_name(f".{path.name}.lock")):
        if path.exists():
            _check_same(path, table)
        else:
            _write(path, table, samples, progress)
    return path


def _check_same(path: Path, table: LabelTable) -> None:
    if not np.array_equal(read_table(path).name, table.name):
        raise DataError(f"{path}: holds other notes than these; name a new file, or remove it first")


def _write(path: Path, table: LabelTable, samples: Iterable[np.ndarray], progress: bool) -> None:
    header, columns = layout(table)
    notes = len(table.name)
    need_space(path.parent, len(header) + 2 * SAMPLES * notes + len(columns), "packing")
    try:
        with atomic(path) as partial, partial.open("wb") as file:
            file.write(header)
            for one in tqdm(samples, total=notes, desc="packing", unit="note", disable=not progress):
                file.write(one.astype("<i2").tobytes())
            file.write(columns)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}); nothing was left behind") from None


def layout(table: LabelTable) -> tuple[bytes, bytes]:
    """What stands before and after the samples in a packed set of these notes.

    Samples come first in safetensors' data, so that they lie at an even place; then the columns.
    """
    notes, width = len(table.name), table.name.dtype.itemsize
    letters = np.frombuffer(table.name.tobytes(), "u1").reshape(notes, width)
    columns = {k: letters if k == "name" else getattr(table, k) for k in COLUMNS}
    shapes = {"samples": ("i2", (notes, SAMPLES))} | {k: (COLUMNS[k], columns[k].shape) for k in COLUMNS}
    entries: dict[str, Any] = {"__metadata__": {"format": FORMAT, "instruments": json.dumps(table.instruments)}}
    end = 0
    for name, (kind, shape) in shapes.items():
        start, end = end, end + np.dtype(kind).itemsize * math.prod(shape)
        entries[name] = {"dtype": _KINDS[kind], "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % 8)
    header = len(text).to_bytes(8, "little") + text
    return header, b"".join(columns[k].astype(f"<{kind}").tobytes() for k, kind in COLUMNS.items())


def read_table(path: Path) -> LabelTable:
    """The labels of a packed set.

    Raises:
        DataError: if the file is missing, cut short, or not a packed set.
    """
    packed_samples.cache_clear()
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise DataError(f"{path}: is not a packed set of notes; make one with `nsynthlib data pack`")
            columns = {name: file.get_tensor(name) for name in COLUMNS}
    except FileNotFoundError:
        raise DataError(f"{path} is missing; make it with `nsynthlib data pack`") from None
    except (OSError, SafetensorError) as error:
        raise DataError(f"{path}: cannot be read as a packed set ({error}); pack the notes again") from None
    name = columns.pop("name")
    names = np.frombuffer(name.tobytes(), f"S{name.shape[1]}")
    instruments = tuple(json.loads(metadata["instruments"]))
    return LabelTable(names, row=np.arange(len(names), dtype="i4"), instruments=instruments, **columns)


@lru_cache(maxsize=8)
def packed_samples(path: Path) -> np.ndarray:
    """The sound of a packed set, int16 ``[n, 64000]``, mapped into memory; reading a row reads that row only.

    Mapped once a process; opening the set anew maps it anew. Raises DataError if the file is gone.
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            notes, _ = json.loads(file.read(length))["samples"]["shape"]
        return np.asarray(np.memmap(path, "<i2", "r", offset=8 + length, shape=(notes, SAMPLES)))
    except OSError as error:
        raise DataError(f"{path}: cannot be opened ({error.strerror}); pack the notes again") from None
