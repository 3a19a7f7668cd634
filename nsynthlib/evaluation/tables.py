"""Results as tables: each number with its 95 % interval and how many notes stand behind it."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


class Measure(NamedTuple):
    """How a measure is written: its name, its unit, its decimals; a share is given in per cent."""

    name: str
    unit: str = ""
    digits: int = 1

    @property
    def heading(self) -> str:
        return f"{self.name} ({self.unit})" if self.unit else self.name

    def written(self, value: float) -> str:
        """A value as tables show it, without its unit."""
        shown = round(100 * value if self.unit == "%" else value, self.digits) + 0.0  # which makes 0 of -0
        return f"{shown:.{self.digits}f}".replace("-", "−")


#: Every measure of an ``evaluation.json``.
MEASURES = {
    "rmse_db": Measure("RMSE", "dB"),
    "rmse_above_floor_db": Measure("RMSE above the floor", "dB"),
    "loud_rmse_db": Measure("error of loud bins", "dB"),
    "loud_bias_db": Measure("bias of loud bins", "dB"),
    "log_spectral_distance_db": Measure("log-spectral distance", "dB"),
    "spectral_convergence": Measure("spectral convergence", digits=2),
    "energy_db": Measure("energy", "dB"),
    "seam_ratio": Measure("seam ratio", digits=2),
    "in_tune": Measure("in tune", "%", 0),
    "in_tune_pesto": Measure("in tune, PESTO", "%", 0),
    "in_tune_real": Measure("in tune, real notes", "%", 0),
    "in_tune_pesto_real": Measure("in tune, PESTO, real notes", "%", 0),
    "pitch_accuracy": Measure("pitch", "%", 0),
    "family_accuracy": Measure("family", "%", 0),
    "velocity_accuracy": Measure("velocity", "%", 0),
    "velocity_by_level": Measure("velocity by level", "%", 0),
    "velocity_127_louder_than_25": Measure("127 louder than 25", "%", 0),
    "pitch_entropy": Measure("pitch entropy", digits=2),
    "frechet_distance": Measure("Fréchet distance"),
    "inception_score": Measure("inception score"),
    "ndb": Measure("NDB"),
    "diversity": Measure("diversity", digits=2),
    "modulation_distance": Measure("modulation distance"),
    "key_spread": Measure("spread over keys", digits=2),
    "nearest_new_db": Measure("nearest, new notes", "dB"),
    "nearest_real_db": Measure("nearest, unseen notes", "dB"),
    "nearest_training_db": Measure("nearest, training notes", "dB"),
    "nearest_ratio": Measure("new over unseen", digits=2),
    "damage_db": Measure("damage", "dB"),
    "mended_db": Measure("from damaged ones", "dB"),
    "kl_nats": Measure("KL", "nats"),
    "active_dimensions": Measure("active dimensions", digits=0),
    "aggregate_distance": Measure("aggregate distance", digits=2),
    "off_cents": Measure("off its pitch", "cents", 0),
    "harmonics_to_noise_db": Measure("tone over noise", "dB"),
    "nearest_db": Measure("nearest learned note", "dB"),
    "apart_db": Measure("notes of one pitch apart", "dB"),
    "seconds": Measure("a note takes", "s", 2),
    "minutes": Measure("training", "minutes", 0),
    "kilobytes": Measure("weights", "kB", 0),
}
ROWS = {
    "real": "real notes",
    "copy_synthesis": "copy-synthesis",
    "smoothed_copy": "smoothed copy",
    "refined": "model, z refined",
    "without_texture": "model, without breath",
    "plain_prior": "model, z from N(0, I)",
    "reconstructed": "model, z of real notes",
    "training": "other training notes",
    "different": "different instruments",
}


@dataclass(frozen=True)
class Table:
    """Rows of text under a caption; text in a notebook's file, a table of the page where there is one."""

    caption: str
    head: tuple[str, ...]
    body: tuple[tuple[str, ...], ...]

    def __repr__(self) -> str:
        widths = [max(map(len, column)) for column in zip(self.head, *self.body, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (self.head, *self.body)
        ]
        return "\n".join([self.caption, *lines])

    def _repr_html_(self) -> str:
        caption = html.escape(self.caption)
        head = "".join(f'<th scope="col">{html.escape(cell)}</th>' if cell else "<td></td>" for cell in self.head)
        body = "".join(
            f'<tr><th scope="row">{html.escape(row[0])}</th>'
            + "".join(f"<td>{html.escape(cell)}</td>" for cell in row[1:])
            + "</tr>"
            for row in self.body
        )
        return (
            # Reached by the keyboard, because on a narrow page it scrolls sideways.
            f'<div class="nn-table" role="region" tabindex="0" aria-label="{caption}" style="overflow-x: auto">'
            f'<table class="table"><caption style="caption-side: top; text-align: left">{caption}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )


def table(
    rows: Mapping[str, Mapping[str, Any]], measures: Sequence[str] | None = None, caption: str = "", first: str = ""
) -> Table:
    """A table of measured rows.

    Args:
        rows: for each name a mapping of measure to ``{"value", "n", "interval"}`` or to a plain number. That of a
            difference is named ``"one - other"``.
        measures: which, in this order; without, all that any row has. A row that has none of them is left out.
        caption: what is shown; how many notes stand behind the numbers and what the brackets hold is added to it.
        first: heading of the names.
    """
    if measures is None:
        found = {measure for row in rows.values() for measure in row}
        measures = [*(m for m in MEASURES if m in found), *sorted(found - MEASURES.keys())]
    known = {measure: MEASURES.get(measure, Measure(measure.replace("_", " "), digits=2)) for measure in measures}
    shown = {name: row for name, row in rows.items() if not measures or row.keys() & set(measures)}
    cells = [row[measure] for row in shown.values() for measure in measures if isinstance(row.get(measure), Mapping)]
    usual = Counter(cell["n"] for cell in cells).most_common(1)[0][0] if cells else 0
    body = tuple(
        (_row_name(name), *(_cell(row.get(m), known[m], usual) for m in measures)) for name, row in shown.items()
    )
    notes = "95 % intervals in brackets" if any("[" in cell for row in body for cell in row) else ""
    told = "; ".join(part for part in (notes, _sample(cells, usual)) if part)
    caption = f"{caption} ({told})" if told and caption else caption or told
    return Table(caption, (first, *(known[m].heading for m in measures)), body)


def _row_name(name: str) -> str:
    """What a row is called, and a difference of two rows."""
    return " − ".join(ROWS.get(part, part.replace("_", " ")) for part in name.split(" - "))


def _sample(cells: Sequence[Mapping[str, Any]], usual: int) -> str:
    """How many notes stand behind most of the numbers, and of how many instruments where that is the same for all."""
    if not usual:
        return ""
    instruments = {cell.get("instruments") for cell in cells if cell["n"] == usual}
    told = instruments.pop() if len(instruments) == 1 else None
    return f"n = {usual}, of {told} instruments" if told and told != usual else f"n = {usual}"


def _cell(value: Any, measure: Measure, usual: int) -> str:
    if value is None:
        return "–"
    if not isinstance(value, Mapping):
        return measure.written(value)
    low, high = map(measure.written, value["interval"])
    text = measure.written(value["value"])
    if low != high:
        text += f" [{low}, {high}]"
    return text if value["n"] == usual else f"{text}, n = {value['n']}"


def lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Every row of an evaluation as a line of its values, without their intervals."""
    for name, rows in (*result["reconstruction"].items(), ("new notes", result.get("generation", {}))):
        for row, measures in rows.items():
            yield f"{name} {row:15}" + "".join(f"  {what} {entry['value']:.3f}" for what, entry in measures.items())
