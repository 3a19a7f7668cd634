"""The training runs of the chapters: seconds with the pocket notes, or, asked for, the real thing."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from nsynthlib.data import Note, download, pocket, train_and_valid
from nsynthlib.errors import UsageError
from nsynthlib.files import read_json
from nsynthlib.models.autoencoders import KINDS
from nsynthlib.models.sources import PRETRAINED
from nsynthlib.soundfont import render
from nsynthlib.training.settings import Settings
from nsynthlib.values import one_of

NOTES = Path("data/soundfont")
BESIDE = ("dx7", "recordings")  # further sets, learned from where they lie beside the first
RENDERED = 36_000  # notes, those of the shipped weights
HIGHEST = 96  # MIDI number
LEARNING_RATES = {"thesis": 1e-2}  # of a run of seconds; other networks bear less
SHORT_LEARNING_RATE = 4e-3


class Recipe(NamedTuple):
    """What :func:`~nsynthlib.training.train` needs: notes to learn from and to validate on, and how.

    >>> notes, settings = recipe("vae")
    >>> settings.kind, settings.preset
    ('vae', 'small')
    """

    notes: tuple[Sequence[Note], Sequence[Note]]
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
    preset: str | None = None,
    *,
    real: bool = False,
    source: str | os.PathLike[str] = NOTES,
    epochs: int = 6,
) -> Recipe:
    """Notes and settings of one training run, on a GPU where there is one.

    Args:
        kind: ``ae``, ``vae`` or ``cvae``.
        preset: of the network; ``None`` takes ``small``, or in a real run the one of the shipped weights.
        real: the run that made the shipped weights. Without, it is one of seconds on the pocket notes: it shows that
            learning begins.
        source: folder of the notes of a real run, searched from here upwards. Where it is not there, it is made:
            rendered from soundfonts by FluidSynth, or, where that is not installed, NSynth's own validation set is
            downloaded beside it. Both show their progress and are kept. Folders ``dx7`` and ``recordings`` beside it
            are learned from as well.
        epochs: of a run that is not real.

    Raises:
        UsageError: for an unknown kind or preset.
        DataError: if the notes of a real run cannot be had.

    >>> chosen = recipe("cvae", epochs=3)
    >>> chosen.settings.epochs, len(chosen.notes[0]) > len(chosen.notes[1])
    (3, True)
    """
    if not real:
        rate = LEARNING_RATES.get(preset or "", SHORT_LEARNING_RATE)
        # After so few steps nothing is sure, and what is unsure would come out far too loud if counted by level.
        settings = Settings(kind, preset or "small", epochs=epochs, batch_size=4, learning_rate=rate, level_share=0.0)
        return Recipe(pocket().split("instrument", 0.2), settings)
    path = PRETRAINED / one_of("model", kind, KINDS) / "training.json"
    shipped, record = Settings.read(path), read_json(path)
    _tell(f"the shipped weights took {record['seconds'] / 60:.0f} minutes of training on a {record['device'].upper()}")
    settings = shipped if preset is None else replace(shipped, preset=preset)
    found = _find_or_make(Path(source))
    more = [found.parent / name for name in BESIDE if (found.parent / name).is_dir()]
    return Recipe(train_and_valid(found, *more), settings)


def _find_or_make(source: Path) -> Path:
    """``source`` here or below a parent of this folder, since chapters run in a folder of their own; or made here."""
    downloaded = source.parent / "nsynth-valid"
    places = [folder / notes for notes in (source, downloaded) for folder in (Path(), *Path.cwd().parents)]
    found = next((place for place in places if place.exists()), None)
    if found:
        return found
    try:
        _tell(f"there are no notes in {source}: {RENDERED:,} are rendered now, some minutes")
        render(source, pitches=range(24, HIGHEST + 1), notes=RENDERED)
        return source
    except UsageError as missing:
        _tell(f"{missing}")
        _tell("instead NSynth's validation set is downloaded now, 1 GB")
        return download("valid", source.parent, progress=True).folder


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
