"""An atlas of errors: a table of families by models, of which every cell can be looked at and heard."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import anywidget
import numpy as np
import traitlets

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.colours import level_colours
from nsynthlib.data import parse_name
from nsynthlib.errors import DataError
from nsynthlib.evaluation.atlas import ORIGINAL, Atlas
from nsynthlib.evaluation.distances import COMMON, FLOOR_DB
from nsynthlib.evaluation.stored import ANote, Cell
from nsynthlib.plots import MEL_TICKS_HZ
from nsynthlib.widgets.modules import WEB, one_file

PARTS = {"attack": "in the first quarter of a second", "middle": "while the key is down", "end": "after three seconds"}
TICKS_HZ = [hz for hz in MEL_TICKS_HZ if 500 <= hz <= SAMPLE_RATE / 2]


class ErrorAtlas(anywidget.AnyWidget):
    """Made by :func:`error_atlas`; all of it happens in the page, ``web/views/atlas.mjs``.

    >>> from nsynthlib.data import read_json
    >>> from nsynthlib.evaluation.atlas import Atlas, atlas_cells
    >>> from nsynthlib.models import PRETRAINED
    >>> kept = PRETRAINED / "comparison"
    >>> cells = atlas_cells({"cvae": read_json(PRETRAINED / "cvae" / "evaluation.json")})
    >>> errors = read_json(kept / "atlas.json")["errors"]
    >>> atlas = error_atlas(cells, errors, Atlas.load(kept / "atlas.safetensors"), {"cvae": "CVAE"})
    >>> atlas.models, len(atlas.families)
    (['CVAE'], 11)
    """

    _esm = one_file(WEB / "views/atlas.mjs")
    _css = WEB / "views/atlas.css"
    models = traitlets.List(traitlets.Unicode()).tag(sync=True)  # names of the columns
    families = traitlets.List(traitlets.Unicode()).tag(sync=True)  # names of the rows
    cells: Any = traitlets.List().tag(sync=True)  # of each family a list of {"value", "n", "notes"}, one for each model
    pictures = traitlets.Dict().tag(sync=True)  # name -> data URL of a grey PNG
    sounds = traitlets.Dict().tag(sync=True)  # name -> data URL
    colours = traitlets.Bytes().tag(sync=True)  # 256 times red, green, blue
    floor_db = traitlets.Float().tag(sync=True)  # what black stands for in a picture; white is 0
    ticks: Any = traitlets.List().tag(sync=True)  # [part of the axis, label] of frequencies

    def __repr__(self) -> str:
        return f"ErrorAtlas({len(self.families)} families by {', '.join(self.models)})"


def error_atlas(
    cells: Mapping[str, Mapping[str, Cell]],
    errors: Mapping[str, Mapping[str, Mapping[str, Any]]],
    atlas: Atlas,
    titles: Mapping[str, str],
) -> ErrorAtlas:
    """A table of errors, a row for each family and a column for each model; every cell opens its two notes.

    Args:
        cells: by model and family, see :func:`~nsynthlib.evaluation.atlas.atlas_cells`.
        errors: by model and note where a copy errs most, as ``atlas.json`` holds it.
        atlas: pictures and sounds of all these notes and their copies.
        titles: what the models' columns are called, in order.

    Raises:
        DataError: if the atlas lacks a note of some cell: it was made for other evaluations.

    >>> from nsynthlib.data import read_json
    >>> from nsynthlib.evaluation.atlas import Atlas, atlas_cells
    >>> from nsynthlib.models import PRETRAINED
    >>> kept = PRETRAINED / "comparison"
    >>> cells = atlas_cells({"cvae": read_json(PRETRAINED / "cvae" / "evaluation.json")})
    >>> errors = read_json(kept / "atlas.json")["errors"]
    >>> error_atlas(cells, errors, Atlas.load(kept / "atlas.safetensors"), {"cvae": "CVAE"})
    ErrorAtlas(11 families by CVAE)
    """
    models = list(titles)
    families = list(dict.fromkeys(family for model in models for family in cells[model]))
    rows = [
        [_cell(model, titles[model], cells[model][family], errors[model], atlas) for model in models]
        for family in families
    ]
    return ErrorAtlas(
        models=list(titles.values()),
        families=[family.replace("_", " ") for family in families],
        cells=rows,
        pictures=_urls(atlas.pictures, models, "image/png"),
        sounds=_urls(atlas.sounds, models, "audio/mpeg"),
        colours=level_colours(),
        floor_db=FLOOR_DB,
        ticks=[
            [float((place + 0.5) / COMMON.n_mels), f"{hz / 1000:g}"]
            for hz, place in zip(TICKS_HZ, COMMON.bands(np.array(TICKS_HZ, float)), strict=True)
        ],
    )


def _cell(model: str, title: str, cell: Cell, errors: Mapping[str, Mapping[str, Any]], atlas: Atlas) -> dict[str, Any]:
    ranks = (("Median", cell.median), ("Worst", cell.worst))
    notes = [_note(rank, model, title, note, errors, atlas) for rank, note in ranks]
    return {"value": cell.median.value, "n": cell.n, "notes": notes}


def _note(
    rank: str, model: str, title: str, note: ANote, errors: Mapping[str, Mapping[str, Any]], atlas: Atlas
) -> dict[str, Any]:
    keys = [(ORIGINAL, note.name), (model, note.name)]
    if note.name not in errors or not all(key in atlas.pictures and key in atlas.sounds for key in keys):
        raise DataError(f"the atlas lacks {note.name} by {title}; make it anew by tools/keep_atlas.py")
    known, where = parse_name(note.name), errors[note.name]
    return {
        "title": f"{rank} note: {note.value:.1f} dB",
        "about": f"{note.name}: MIDI {known.pitch}, velocity {known.velocity}",
        "where": _in_words(where),
        "original": "/".join(keys[0]),
        "copy": "/".join(keys[1]),
    }


def _in_words(where: Mapping[str, Any]) -> str:
    low, high = where["low_hz"], where["high_hz"]
    span = f"from {low} to {high} Hz" if low else f"below {high} Hz"
    bias = f"{abs(where['bias_db']):.1f} dB too {'soft' if where['bias_db'] < 0 else 'loud'}"
    share = f"{where['share']:.0%} of the squared error"
    return f"It errs most {span}, {PARTS[where['part']]}: {share} lies there, on average {bias}."


def _urls(data: Mapping[tuple[str, str], bytes], models: Sequence[str], kind: str) -> dict[str, str]:
    """Of the notes and of these models' copies of them, addresses that hold the data."""
    return {
        "/".join(key): f"data:{kind};base64,{base64.b64encode(some).decode()}"
        for key, some in data.items()
        if key[0] in (ORIGINAL, *models)
    }
