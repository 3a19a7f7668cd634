"""What an ``evaluation.json`` says of itself: the weights, the judge and the notes it speaks of; and how it is written.

Results outlive what they were measured with. With these hashes it can be seen whether they still speak of the weights
beside them, and whether two models were judged by the same notes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import nsynthlib
from nsynthlib.data import Note
from nsynthlib.evaluation.per_note import Values
from nsynthlib.evaluation.targets import instruments_of
from nsynthlib.files import atomic
from nsynthlib.models.pretrained import CONFIG, WEIGHTS
from nsynthlib.models.prior import FILE as PRIOR
from nsynthlib.models.sources import PRETRAINED, find

HUB = {"revision": None, "token": None, "cache_dir": None, "force_download": False, "local_files_only": False}
SIGNIFICANT = 5  # digits of a result
DECIMALS = 3  # of one note's value
KEPT_ROWS = ("model", "refined")
KEPT = ("rmse_db", "loud_rmse_db", "log_spectral_distance_db", "in_tune")  # of each note; about 60 kB for 900 notes


def weights_sha256(name: str | os.PathLike[str]) -> dict[str, str]:
    """The sha256 of a model's files, by their names: its weights, and its prior where it has one.

    ``name`` is one that ``from_pretrained`` reads: of shipped weights, a folder, or a repository on the hub.
    """
    source = find(name, CONFIG, HUB)
    paths = {file: source.file(file) for file in (WEIGHTS, PRIOR)}
    return {file: hashlib.sha256(path.read_bytes()).hexdigest() for file, path in paths.items() if path}


def set_record(notes: Sequence[Note], of: int) -> dict[str, Any]:
    """What is told of the notes drawn from a set of ``of``: how many, of how many instruments, and their sha256.

    That is the hash of their names, a line each, followed by their samples, int16.
    """
    digest = hashlib.sha256("\n".join(note.name for note in notes).encode())
    for note in notes:
        digest.update(note.samples.tobytes())
    instruments = len(np.unique(instruments_of(notes)))
    return {"notes": of, "drawn": len(notes), "instruments": instruments, "sha256": digest.hexdigest()}


def note_record(notes: Sequence[Note], values: Mapping[str, Values]) -> dict[str, Any]:
    """One value a note, to be compared with another model's: ``names``, and a list for each measure of each row.

    Rows are ``"model"`` and, where there is one, ``"refined"``.
    """
    rows = {
        row: {measure: [_short(value) for value in values[row][measure].tolist()] for measure in KEPT}
        for row in KEPT_ROWS
        if row in values
    }
    return {"names": [note.name for note in notes], **rows}


def _short(value: float | bool) -> float | int | None:
    """A yes or no as 1 or 0; what is no number as ``null``."""
    if isinstance(value, bool):
        return int(value)
    return None if np.isnan(value) else round(value, DECIMALS)


def write_evaluation(
    path: Path,
    result: Mapping[str, Any],
    *,
    kind: str,
    data: str,
    judge: str | os.PathLike[str] | None,
    weights: str | os.PathLike[str] | None = None,
    **more: Any,
) -> None:
    """Write what :func:`~nsynthlib.evaluation.evaluate` found, with what it speaks of, a line for each measurement.

    Args:
        path: where to.
        result: of ``evaluate``.
        kind: of model.
        data: the name of the notes.
        judge: the name of the classifier; ``None`` is the shipped one.
        weights: the name of the model that was judged; ``None`` is the shipped one of that kind.
        more: whatever else is to be told.

    >>> from pathlib import Path
    >>> from nsynthlib.data import read_json
    >>> result = {"reconstruction": {"test": {"model": {"rmse_db": summarise([5.0, 6.0])}}}}
    >>> write_evaluation(Path("evaluation.json"), result, kind="ae", data="two notes", judge=None)
    >>> sorted(read_json(Path("evaluation.json")))
    ['data', 'judge_weights', 'model', 'nsynthlib', 'reconstruction', 'weights']
    """
    head = {
        "model": kind,
        "data": data,
        "nsynthlib": nsynthlib.__version__,
        **more,
        "weights": weights_sha256(PRETRAINED / kind.lower() if weights is None else weights),
        "judge_weights": weights_sha256(PRETRAINED / "classifier" if judge is None else judge),
    }
    write_results(path, head | dict(result))


def write_results(path: Path, results: Mapping[str, Any]) -> None:
    """Write results as JSON, atomically, a line for each measurement."""
    with atomic(path) as partial:
        partial.write_text(_text(dict(results)) + "\n", encoding="utf-8")


def _text(node: Any, depth: int = 0) -> str:
    """JSON of which every measurement, list and plain record is one line; floats are rounded, NaN is refused."""
    if isinstance(node, dict) and "value" not in node and any(isinstance(v, (dict, list)) for v in node.values()):
        indent = " " * (depth + 1)
        inner = ",\n".join(f"{indent}{json.dumps(key)}: {_text(value, depth + 1)}" for key, value in node.items())
        return f"{{\n{inner}\n{' ' * depth}}}"
    return json.dumps(_rounded(node), separators=(",", ":") if isinstance(node, list) else None, allow_nan=False)


def _rounded(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _rounded(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_rounded(value) for value in node]
    return float(f"{node:.{SIGNIFICANT}g}") if isinstance(node, float) else node
