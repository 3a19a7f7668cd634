"""The sets that a model is judged by, named after where they lie."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nsynthlib.data import NSynth, held_out, official
from nsynthlib.errors import UsageError

SPLITS = ("train", "valid", "test")  # a folder of such a name says only which part of its parent it is


def sets_to_judge(folders: Sequence[Path], real: Path | None = None, all_notes: bool = False) -> dict[str, NSynth]:
    """Notes to judge a model by.

    Args:
        folders: the first holds the notes that the model was trained on, of which those are taken that it did not learn
            from: ``valid``, and ``test`` and ``unseen_pitches`` where there are official splits. Of each of the others
            the official test split is taken, or all of it where there is none, named after the folder.
        real: real NSynth notes, named ``nsynth``.
        all_notes: take all notes of the first as well, those included that a training run would learn from.

    Raises:
        UsageError: if two sets would have one name.
        DataError: if there are no notes.
    """
    first, *others = folders
    named = [(set_name(first), NSynth(first))] if all_notes else list(held_out(first).items())
    named += [(set_name(folder), official(folder).get("test") or NSynth(folder)) for folder in others]
    named += [("nsynth", NSynth(real))] if real else []
    found: dict[str, NSynth] = {}
    for name, notes in named:
        if name in found:
            raise UsageError(f"two sets are called {name!r}; rename one of the folders, or judge by them one by one")
        found[name] = notes
    return found


def set_name(folder: Path) -> str:
    """The name of a folder or a packed file; with its parent's where it is that of a split: ``recordings_test``."""
    path = folder.resolve()
    return f"{path.parent.name}_{path.stem}" if path.stem in SPLITS else path.stem
