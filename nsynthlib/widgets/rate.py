"""One note along the rate-distortion curve: a slider from dear to cheap nats."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import Any

import anywidget
import torch
import traitlets
from safetensors import SafetensorError, safe_open
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.colours import level_colours
from nsynthlib.data import Note, pocket
from nsynthlib.errors import DataError
from nsynthlib.models import PRETRAINED
from nsynthlib.spectral import FLOOR_DB, LogMel
from nsynthlib.widgets.base import level_cells
from nsynthlib.widgets.latent_space import beginning_url, label_of
from nsynthlib.widgets.mel import corners_of
from nsynthlib.widgets.modules import WEB, one_file

FILE = PRETRAINED / "experiments" / "rate_distortion.safetensors"
GRIFFIN_LIM_STEPS = 16


class RateExplorer(anywidget.AnyWidget):
    """Made by :func:`rate_explorer`; all that it shows travels with it, and a page is all it needs.

    >>> explorer = rate_explorer()
    >>> len(explorer.beta), explorer.hop
    (5, 0.032)
    """

    _esm = one_file(WEB / "views/rate.mjs")
    _css: Any = "".join((WEB / f"page/{name}.css").read_text(encoding="utf-8") for name in ("explorer", "live"))
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)  # of each note
    beta = traitlets.List(traitlets.Float()).tag(sync=True)  # of each model, ascending
    rmse_db = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)  # of each note, by model
    kl = traitlets.Bytes().tag(sync=True)  # nats, float32 [notes, models, latent_dim]
    originals = traitlets.Bytes().tag(sync=True)  # levels from -80 to 0 dB, uint8 [notes, rows, cols]
    copies = traitlets.Bytes().tag(sync=True)  # uint8 [notes, models, rows, cols]
    sounds = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)  # of each note: its own, the copies'
    shape = traitlets.List(traitlets.Int()).tag(sync=True)  # rows and cols
    corners = traitlets.List(traitlets.Float()).tag(sync=True)  # of the mel bands, in hertz
    hop = traitlets.Float().tag(sync=True)  # seconds from one column to the next
    sample_rate = traitlets.Int(SAMPLE_RATE).tag(sync=True)
    floor_db = traitlets.Float(FLOOR_DB).tag(sync=True)
    colours = traitlets.Bytes().tag(sync=True)  # red, green, blue of 256 levels

    def __repr__(self) -> str:
        return f"RateExplorer({len(self.labels)} notes, {len(self.beta)} weights)"


def rate_explorer(path: str | PathLike[str] = FILE) -> RateExplorer:
    """Notes as models draw them that were trained with different weights of the KL divergence.

    For the chosen weight: picture, sound, error in decibels, and the nats of every latent dimension.

    Args:
        path: a file that ``tools/curve_notes.py`` has written; the one that comes with the package without.

    Raises:
        DataError: for a file that is missing or no such one.

    >>> rate_explorer()
    RateExplorer(2 notes, 5 weights)
    """
    about, tensors = _read(Path(path))
    known = {note.name: note for note in pocket()}
    notes = [known[name] for name in about["notes"]]
    bands = LogMel()
    original, copy = (_decibels(tensors[name]) for name in ("original", "copy"))
    return RateExplorer(
        labels=[label_of(note) for note in notes],
        beta=tensors["beta"].tolist(),
        rmse_db=tensors["rmse_db"].tolist(),
        kl=tensors["kl"].float().numpy().tobytes(),
        originals=level_cells(original).tobytes(),
        copies=level_cells(copy).tobytes(),
        sounds=[_sounds(bands, note, made) for note, made in zip(notes, copy, strict=True)],
        shape=list(bands.shape),
        corners=corners_of(bands.n_mels, 0, SAMPLE_RATE / 2, bands.mel_scale).tolist(),
        hop=bands.hop_length / SAMPLE_RATE,
        colours=level_colours(),
    )


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            names = ("original", "copy", "rmse_db", "kl", "beta")
            return json.loads(file.metadata()["about"]), {name: file.get_tensor(name) for name in names}
    except (OSError, SafetensorError, TypeError, KeyError) as error:
        raise DataError(f"{path}: holds no notes along a curve ({error}); write it by tools/curve_notes.py") from None


def _decibels(cells: Tensor) -> Tensor:
    """Decibels in [-100, 0] of a file's bytes."""
    return 100 * (cells.float() / 255 - 1)


@torch.inference_mode()
def _sounds(bands: LogMel, note: Note, copies: Tensor) -> list[str]:
    """The beginnings of a note and of its copies ``[models, n_mels, frames]``, as data URLs."""
    heard = bands.inverse(copies, GRIFFIN_LIM_STEPS)
    return [beginning_url(sound.numpy()) for sound in (note.audio, *heard.clamp(-1, 1))]
