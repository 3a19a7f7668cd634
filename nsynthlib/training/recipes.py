"""The training runs of the chapters: under a minute on a CPU with the pocket notes, the real thing on a GPU."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch

from nsynthlib.data import NSynth, pocket, train_and_valid
from nsynthlib.errors import DataError
from nsynthlib.models.autoencoders import KINDS
from nsynthlib.models.networks import PRESET
from nsynthlib.models.sources import PRETRAINED
from nsynthlib.training.settings import Settings
from nsynthlib.values import one_of

NOTES = Path("data/soundfont")


class Recipe(NamedTuple):
    """What :func:`~nsynthlib.training.train` needs: notes to learn from and to check by, and how."""

    notes: tuple[NSynth, NSynth]
    settings: Settings

    def __repr__(self) -> str:
        train, valid = self.notes
        s = self.settings
        return (
            f"{len(train)} notes to learn from, {len(valid)} of other instruments to check by;\n"
            f"{s.kind}, preset {s.preset}: {s.epochs} epochs in batches of {s.batch_size}"
        )


def recipe(
    kind: str,
    preset: str = PRESET,
    *,
    real: bool | None = None,
    source: str | os.PathLike[str] = NOTES,
    epochs: int = 6,
) -> Recipe:
    """Notes and settings of one training run.

    Args:
        kind: ``ae``, ``vae`` or ``cvae``.
        preset: of the network.
        real: the run that made the shipped weights, on the notes in ``source``; without, wherever there is a GPU. A run
            that is not real takes the pocket notes and ``epochs`` epochs, and ends within a minute on two cores.
        source: a folder of notes, searched from here upwards.
        epochs: of a run that is not real.

    Raises:
        UsageError: for a kind or a preset that is unknown.
        DataError: if a real run is asked for and ``source`` is not there.
    """
    if real is None:
        real = torch.cuda.is_available()
    if not real:
        rate = 1e-2 if preset == "thesis" else 2e-3  # in a run this short; the residual network's gains bear no more
        settings = Settings(kind=kind, preset=preset, epochs=epochs, batch_size=4, learning_rate=rate)
        return Recipe(pocket().split("instrument", 0.2), settings)
    shipped = Settings.read(PRETRAINED / one_of("model", kind, KINDS) / "training.json")
    return Recipe(train_and_valid(_find(Path(source))), replace(shipped, preset=preset))


def _find(source: Path) -> Path:
    """``source`` itself, or the same path below one of this folder's parents: chapters run in a folder of their own."""
    for folder in (Path(), *Path.cwd().parents):
        if (folder / source).exists():
            return folder / source
    raise DataError(f"{source}: there are no such notes; make them with `nsynthlib data soundfont {source}`")
