"""Evaluations that were written: models beside each other, and the notes behind a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from nsynthlib.data import parse_name
from nsynthlib.errors import DataError
from nsynthlib.evaluation.per_note import Values, between_name, difference_of
from nsynthlib.evaluation.statistics import Measurements
from nsynthlib.evaluation.tables import MEASURES

COMPARED = ("rmse_db", "loud_rmse_db", "log_spectral_distance_db", "in_tune")


class ByNote(NamedTuple):
    """What an evaluation keeps of every note of a set, in the order of ``names``."""

    names: list[str]
    values: Values
    sha256: str  #: of the notes

    @property
    def instruments(self) -> list[str]:
        return [parse_name(name).instrument for name in self.names]


class ANote(NamedTuple):
    """A note by its name, and its value."""

    name: str
    value: float


class Cell(NamedTuple):
    """One family by one model: how many notes there are, the one in the middle and the worst."""

    n: int
    median: ANote
    worst: ANote


def by_note(evaluation: Mapping[str, Any], notes: str, row: str = "model") -> ByNote:
    """The values of every note of the set ``notes``, of the row ``"model"`` or ``"refined"``.

    ``evaluation`` is what an ``evaluation.json`` holds. Raises DataError if it keeps none of these.
    """
    try:
        kept, sha256 = evaluation["notes"][notes], evaluation["sets"][notes]["sha256"]
        names, columns = kept["names"], kept[row]
    except KeyError as missing:
        raise DataError(
            f"the evaluation of a {evaluation.get('model', 'model')} keeps no notes of {notes!r} in the row {row!r} "
            f"(it lacks {missing}); judge it again by `nsynthlib evaluate`"
        ) from None
    kinds = {measure: bool if MEASURES[measure].unit == "%" else float for measure in columns}
    return ByNote(names, {m: np.array(column, dtype=kinds[m]) for m, column in columns.items()}, sha256)


def compare_models(
    evaluations: Mapping[str, Mapping[str, Any]],
    notes: str = "test",
    row: str = "model",
    measures: Sequence[str] = COMPARED,
) -> Measurements:
    """A row for each model, then how the last of them differs from each of the others, with intervals of their own.

    Args:
        evaluations: what each model's ``evaluation.json`` holds, by the name that its row is to have.
        notes: the set they were judged by.
        row: ``"model"`` or ``"refined"``.
        measures: some of those that are kept for every note.

    Returns:
        Rows for :func:`~nsynthlib.evaluation.tables.table`. ``"CVAE - AE"`` is the value of the CVAE less that of the
        AE; its interval is of the same notes of both, drawn by instruments.

    Raises:
        DataError: if an evaluation keeps no values of single notes, or two are of other notes.

    >>> from nsynthlib.data import read_json
    >>> from nsynthlib.models import PRETRAINED
    >>> stored = {name: read_json(PRETRAINED / name.lower() / "evaluation.json") for name in ("AE", "CVAE")}
    >>> list(compare_models(stored, measures=["rmse_db"]))
    ['AE', 'CVAE', 'CVAE - AE']
    """
    kept = {name: by_note(evaluation, notes, row) for name, evaluation in evaluations.items()}
    rows: Measurements = {}
    for name, evaluation in evaluations.items():
        found = evaluation["reconstruction"][notes][row]
        rows[name] = {measure: found[measure] for measure in measures if measure in found}
    *others, last = kept
    for name in others:
        one, other = kept[last], kept[name]
        if (one.names, one.sha256) != (other.names, other.sha256):
            raise DataError(f"{last} and {name} were judged by other notes of {notes!r}; judge both by the same")
        values = {measure: one.values[measure] for measure in measures}
        rows[between_name(last, name)] = difference_of(values, other.values, one.instruments)
    return rows


def notes_behind(
    evaluation: Mapping[str, Any], measure: str = "rmse_db", row: str = "model"
) -> dict[str, dict[str, ANote]]:
    """Of every set the notes with the ``best``, the ``median`` and the ``worst`` distance, to be looked at and heard.

    ``evaluation`` is what an ``evaluation.json`` holds, ``measure`` one of the distances that it keeps for every note.
    Raises DataError if it keeps none.

    >>> from nsynthlib.data import read_json
    >>> from nsynthlib.models import PRETRAINED
    >>> behind = notes_behind(read_json(PRETRAINED / "cvae" / "evaluation.json"))["test"]
    >>> behind["best"].value < behind["median"].value < behind["worst"].value
    True
    """
    found = {}
    for notes in evaluation.get("notes", {}):
        ranked = _ranked(by_note(evaluation, notes, row), measure)
        if ranked:
            found[notes] = {"best": ranked[0], "median": _middle(ranked), "worst": ranked[-1]}
    return found


def by_family(
    evaluation: Mapping[str, Any], notes: str = "test", measure: str = "rmse_db", row: str = "model"
) -> dict[str, Cell]:
    """For each family of the set ``notes`` the note with the median and the one with the worst distance.

    Of an even number the lower of the two in the middle is taken, so that the median is a note's. Otherwise as
    :func:`notes_behind`.

    >>> from nsynthlib.data import read_json
    >>> from nsynthlib.models import PRETRAINED
    >>> cells = by_family(read_json(PRETRAINED / "cvae" / "evaluation.json"))
    >>> organ = cells["organ"]
    >>> organ.median.value <= organ.worst.value, organ.median.name[:5]
    (True, 'organ')
    """
    ranked = _ranked(by_note(evaluation, notes, row), measure)
    families: dict[str, list[ANote]] = {}
    for note in ranked:
        families.setdefault(parse_name(note.name).family, []).append(note)
    return {family: Cell(len(some), _middle(some), some[-1]) for family, some in sorted(families.items())}


def _ranked(kept: ByNote, measure: str) -> list[ANote]:
    """All notes that have the measure, the best first."""
    if measure not in kept.values:
        raise DataError(f"{measure!r} is not kept for every note; choose one of {', '.join(kept.values)}")
    column = kept.values[measure]
    return [ANote(kept.names[i], float(column[i])) for i in np.argsort(column) if not np.isnan(column[i])]


def _middle(ranked: Sequence[ANote]) -> ANote:
    return ranked[(len(ranked) - 1) // 2]
