"""Sets of notes behind one class, wherever they lie: a folder in NSynth's layout or one packed file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
import torch
from torch import Tensor

from nsynthlib.audio.pitch import read_pitch
from nsynthlib.data import packing
from nsynthlib.data.index import GET_NOTES, LabelTable, read_table
from nsynthlib.data.labels import FAMILIES, SOURCES
from nsynthlib.data.notes import LABELS, Note
from nsynthlib.data.sound_files import SoundFiles
from nsynthlib.data.splits import SPLITS
from nsynthlib.errors import DataError, UsageError
from nsynthlib.files import read_json
from nsynthlib.values import one_of, whole

POCKET = Path(__file__).parent.parent / "pocket_notes"
UNSEEN_PITCHES = 0.04  # of the pitches of each training instrument are kept for judging


class NSynth(Sequence[Note]):
    """A set of notes; opening it reads labels only.

    Args:
        source: a folder that holds ``examples.json`` and ``audio/``, the path of another such index, or a file that
            :func:`~nsynthlib.data.pack` made.

    Raises:
        DataError: if it cannot be read, or an entry contradicts its own name.

    >>> notes = pocket()  # an NSynth; of a folder of yours: NSynth("my_notes")
    >>> len(notes), notes[0].family, notes.folder.name
    (62, 'bass', 'pocket_notes')
    >>> organs = notes.filter(family="organ", pitch=range(48, 73))
    >>> sorted({note.pitch for note in organs})
    [48, 60, 64, 72]
    >>> train, held = notes.split("instrument", fraction=0.2, seed=0)
    >>> {note.instrument for note in train} & {note.instrument for note in held}
    set()
    """

    def __init__(self, source: str | os.PathLike[str]) -> None:
        path = Path(source)
        if path.suffix.lower() == packing.SUFFIX:
            self._set(SoundFiles(path.parent), path, packing.read_table(path))
        else:
            index = path if path.suffix == ".json" else path / "examples.json"
            self._set(SoundFiles(index.parent), None, read_table(index))

    def _set(self, files: SoundFiles, packed: Path | None, table: LabelTable) -> None:
        self.files, self.packed, self.table = files, packed, table

    @property
    def folder(self) -> Path:
        """That holds the index, or the packed file."""
        return self.files.folder

    def _only(self, which: np.ndarray | slice) -> NSynth:
        """Some of this set's notes, as a set."""
        part = object.__new__(NSynth)
        part._set(self.files, self.packed, self.table.take(which))
        return part

    @overload
    def __getitem__(self, i: int) -> Note: ...
    @overload
    def __getitem__(self, i: slice) -> NSynth: ...
    def __getitem__(self, i: int | slice) -> Note | NSynth:
        if isinstance(i, slice):
            return self._only(i)
        table, name = self.table, self.table.name[i].decode()
        return Note(
            name,
            int(table.pitch[i]),
            int(table.velocity[i]),
            FAMILIES[table.family[i]],
            SOURCES[table.source[i]],
            table.instruments[table.instrument[i]],
            self.packed or self.files[name],
            int(table.row[i]) if self.packed else None,
        )

    def __len__(self) -> int:
        return len(self.table.name)

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same notes of the same source in the same order."""
        if not isinstance(other, NSynth):
            return NotImplemented
        places = (self.packed, self.folder) == (other.packed, other.folder)
        return places and np.array_equal(self.table.name, other.table.name)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        name = (self.packed or self.folder).name
        return f"NSynth({name!r}: {len(self)} notes, {len(np.unique(self.table.instrument))} instruments)"

    def filter(self, **labels: object) -> NSynth:
        """The notes whose labels equal those given, each a value or a collection of values.

        ``notes.filter(family="organ", pitch=range(48, 60))``. A pitch may be
        written as 60, 60.0 or ``"C4"``. Raises UsageError for an unknown label, family or source, or a number that is
        no pitch or velocity.
        """
        keep = np.ones(len(self), dtype=bool)
        for label, wanted in labels.items():
            if label not in LABELS:
                raise UsageError(f"notes have no label {label!r}; use {', '.join(LABELS[1:-1])} or {LABELS[-1]}")
            values = list(wanted) if isinstance(wanted, Iterable) and not isinstance(wanted, str) else [wanted]
            keep &= np.isin(getattr(self.table, label), self._codes(label, values))
        return self._only(keep)

    def _codes(self, label: str, values: list[Any]) -> np.ndarray:
        """Labels as the columns hold them; an instrument or a name that no note has is left out."""
        if label == "name":
            return np.array([str(v).encode() for v in values], dtype="S")
        if label == "instrument":
            at = {name: i for i, name in enumerate(self.table.instruments)}
            return np.array([at[v] for v in values if v in at], dtype="i8")
        read: dict[str, Callable[[Any], int]] = {
            "pitch": read_pitch,
            "velocity": lambda v: whole("velocity", v, 0, 127),
            "family": lambda v: FAMILIES.index(one_of("family", v, FAMILIES)),
            "source": lambda v: SOURCES.index(one_of("source", v, SOURCES)),
        }
        return np.array([read[label](v) for v in values], dtype="i8")

    def split(self, by: str = "instrument", fraction: float = 0.1, seed: int = 0) -> tuple[NSynth, NSynth]:
        """Notes to train on and notes held out, the same for the same seed.

        Args:
            by: ``"instrument"`` holds out about ``fraction`` of each family's instruments, at least one where a
                family has two: no instrument is on both sides. ``"pitch"`` holds out about ``fraction`` of each
                instrument's pitches at all their velocities: no (instrument, pitch) is on both sides.
            fraction: between 0 and 1.
            seed: of the choice.

        Raises:
            UsageError: for an unknown kind of split, or a fraction out of range.
        """
        if by not in SPLITS:
            raise UsageError(f"split by {by!r} is unknown; choose one of {', '.join(SPLITS)}")
        if not 0 < fraction < 1:
            raise UsageError(f"fraction {fraction} is out of range; choose one between 0 and 1")
        held_out = SPLITS[by](self.table, fraction, np.random.default_rng(seed))
        return self._only(~held_out), self._only(held_out)


def labels_of(notes: Sequence[Note]) -> dict[str, Tensor]:
    """Conditions of many notes: ``pitch``, ``family`` (index into ``FAMILIES``) and ``velocity``, int64 ``[n]``.

    >>> labels_of(pocket()[:2])["pitch"]
    tensor([28, 40])
    """
    if isinstance(notes, NSynth):
        return {k: torch.from_numpy(getattr(notes.table, k).astype(np.int64)) for k in ("pitch", "family", "velocity")}
    return {
        "pitch": torch.tensor([n.pitch for n in notes]),
        "family": torch.tensor([FAMILIES.index(n.family) for n in notes]),
        "velocity": torch.tensor([n.velocity for n in notes]),
    }


def pack(notes: NSynth, path: Path, progress: bool = False) -> Path:
    """Write ``notes`` to the new file ``path``, one that opens at once, and return it; whole or not at all.

    Raises:
        UsageError: if ``path`` does not end in ``.safetensors``, or its folder is missing.
        DataError: if there are no notes, one cannot be read, ``path`` holds others, or the disk is too full.

    >>> from pathlib import Path
    >>> packed = pack(pocket().filter(family="organ"), Path("organs.safetensors"))
    >>> len(NSynth(packed)), NSynth(packed)[0].audio.shape
    (5, torch.Size([64000]))
    """
    if not len(notes):
        raise DataError(f"{notes.folder}: there are no notes to pack")
    return packing.write_packed(notes.table, (note.samples for note in notes), path, progress)


def official(folder: str | os.PathLike[str]) -> dict[str, NSynth]:
    """The official splits ``train``, ``valid`` and ``test`` below ``folder``: those that are there, perhaps none.

    Each is a folder or a packed file of that name, or of that name with ``nsynth-`` before it.

    >>> import shutil
    >>> _ = shutil.copytree(pocket().folder, "data/nsynth-test")
    >>> list(official("data"))
    ['test']
    """
    found = {}
    for split in ("train", "valid", "test"):
        for name in (f"{split}{packing.SUFFIX}", f"nsynth-{split}{packing.SUFFIX}", split, f"nsynth-{split}"):
            path = Path(folder) / name
            if path.is_file() or (path / "examples.json").exists():
                found[split] = NSynth(path)
                break
    return found


def train_and_valid(*sources: str | os.PathLike[str]) -> tuple[Sequence[Note], Sequence[Note]]:
    """Notes to train on and to validate on, of one source or of several together.

    They are the train and valid splits where a source holds them; a source without a valid split is parted by
    instrument. Of a train split a few pitches of every instrument are left out, see :func:`held_out`.

    Raises DataError where there are no notes.

    >>> train, valid = train_and_valid(pocket().folder)
    >>> len(train) > len(valid) > 0
    True
    """
    parts = [_sets(Path(source)) for source in sources]
    if len(parts) == 1:
        return parts[0]["train"], parts[0]["valid"]
    return tuple([note for part in parts for note in part[name]] for name in ("train", "valid"))  # type: ignore[return-value]


def held_out(source: str | os.PathLike[str]) -> dict[str, NSynth]:
    """What a run on ``source`` does not learn from: ``valid``, and ``test`` where there is one, both of instruments it
    never hears; and beside official splits ``unseen_pitches``, left out of the training instruments.

    >>> import shutil
    >>> _ = shutil.copytree(pocket().folder, "mine")
    >>> {name: len(notes) for name, notes in held_out("mine").items()}
    {'valid': 18}
    """
    return {name: notes for name, notes in _sets(Path(source)).items() if name != "train"}


def _sets(root: Path) -> dict[str, NSynth]:
    """``train``, ``valid``, and perhaps ``unseen_pitches`` and ``test``."""
    if root.suffix.lower() in (packing.SUFFIX, ".json") or (root / "examples.json").exists():
        return dict(zip(("train", "valid"), NSynth(root).split(), strict=True))
    if not root.is_dir():
        raise DataError(f"there is no folder {root}; {GET_NOTES}")
    splits = official(root)
    if "train" not in splits:
        raise DataError(f"{root}: holds neither examples.json nor a train set; {GET_NOTES}")
    if "valid" not in splits:
        splits["train"], splits["valid"] = splits["train"].split()
    train, unseen = splits.pop("train").split("pitch", UNSEEN_PITCHES)
    return {"train": train, "unseen_pitches": unseen, **splits}


def pocket_instruments() -> dict[str, str]:
    """The names that soundfonts give the instruments of :func:`pocket`, by what NSynth would call them."""
    names: dict[str, str] = read_json(POCKET / "pocket.json")["presets"]
    return names


def pocket() -> NSynth:
    """The pocket set that comes with the package: about 60 notes of sampled instruments, all 11 families, as FLAC.

    >>> notes = pocket()
    >>> len(notes), len({note.family for note in notes})
    (62, 11)
    """
    return NSynth(POCKET)
