"""Every fault of a set of notes, by name: what reading would refuse, and what it would take but should not learn."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from nsynthlib.data import packing
from nsynthlib.data.audio import read_samples
from nsynthlib.data.index import Entries, duplicates, read_entries, read_labels
from nsynthlib.data.sets import NSynth
from nsynthlib.errors import DataError

SILENT = 3  # steps of 16 bits: a peak of -80 dBFS
CLIPPED = 8  # samples in a row at full scale; music reaches it for one or two


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: a line that names the file or entry, what is wrong and what to do.

    ``harmless`` for what reading mends by itself: a note of another width, which is converted to 16 bits.
    """

    text: str
    harmless: bool = False

    def __str__(self) -> str:
        return self.text


def check(source: str | os.PathLike[str], progress: bool = False) -> Iterator[Fault]:
    """Every fault of a folder in NSynth's layout or of a packed set; nothing where all is well.

    Reads every note. The index: missing, not JSON, empty, an entry twice, without labels, with a name of another form
    or of an unknown family or source, or contradicting its name. The files: missing, orphaned, unreadable, linked in
    a circle, not regular, empty, cut short, not audio, of another rate, length or number of channels, not numbers.
    The sound: silent, clipped, or the same as another note's.
    """
    path = Path(source)
    if path.suffix == packing.SUFFIX:
        yield from _packed(path, progress)
        return
    index = path if path.suffix == ".json" else path / "examples.json"
    try:
        entries = read_entries(index)
    except DataError as error:
        yield Fault(str(error))
        entries = Entries()
    yield from _entries(entries, index)
    files, faults = _listing(index.parent / "audio")
    yield from map(Fault, faults)
    if faults:
        return  # a folder that cannot be read: each of its notes would say so again
    names = {name for name, _ in entries}
    ending = ".flac" if any(p.suffix == ".flac" for p in files) else ".wav"
    for stray in sorted(p for p in files if p.suffix != ending or p.stem not in names):
        yield Fault(f"{stray}: belongs to no entry of {index.name}; add the entry or remove the file")
    paths = [index.parent / "audio" / f"{name}{ending}" for name in sorted(names)]
    yield from _sounds(((p, str(p)) for p in paths), len(paths), progress)


def _entries(entries: Entries, index: Path) -> Iterator[Fault]:
    for name in duplicates(entries):
        yield Fault(f"{index}: the note {name!r} stands twice; drop one of the entries")
    for name, entry in entries:
        try:
            read_labels(name, entry, index)
        except DataError as error:
            yield Fault(str(error))


def _listing(folder: Path) -> tuple[list[Path], list[str]]:
    """Everything in ``folder``, or why it cannot be listed."""
    try:
        return [folder / name for name in os.listdir(folder) if not name.startswith(".")], []
    except FileNotFoundError:
        return [], [f"{folder} is missing; fetch the audio that belongs to this index"]
    except OSError as error:
        return [], [f"{folder}: cannot be listed ({error.strerror}); mend its rights or its link"]


def _packed(path: Path, progress: bool) -> Iterator[Fault]:
    try:
        notes = NSynth(path)
    except DataError as error:
        yield Fault(str(error))
        return
    sounds = ((note, f"{path}: {note.name}") for note in notes)
    yield from _sounds(sounds, len(notes), progress)


def _sounds(sounds: Iterable[tuple[Any, str]], count: int, progress: bool) -> Iterator[Fault]:
    """Faults of each sound, given as a path or a packed note beside what to call it."""
    seen: dict[bytes, str] = {}
    for sound, where in tqdm(sounds, total=count, desc="check", unit="note", disable=not progress):
        try:
            samples, stored = read_samples(sound) if isinstance(sound, Path) else (sound.samples, None)
        except DataError as error:
            yield Fault(str(error))
            continue
        if stored:
            yield Fault(f"{where}: holds {stored} samples, which are converted to 16-bit on reading", harmless=True)
        yield from (Fault(f"{where}: {fault}") for fault in _content(samples))
        digest = hashlib.blake2b(samples.tobytes(), digest_size=16).digest()
        if digest in seen:
            yield Fault(f"{where}: sounds the same as {seen[digest]}, sample by sample; drop one of them")
        seen.setdefault(digest, where)


def _content(samples: np.ndarray) -> Iterator[str]:
    magnitude = np.abs(samples.astype(np.int32))
    if magnitude.max() <= SILENT:
        yield "is silent (its peak is below -80 dBFS); drop it"
    longest = _longest_run(magnitude >= 32767)
    if longest >= CLIPPED:
        yield f"is clipped ({longest} samples in a row at full scale); render it softer, or drop it"


def _longest_run(true: np.ndarray) -> int:
    edges = np.flatnonzero(np.diff(true, prepend=False, append=False))
    return int((edges[1::2] - edges[::2]).max(initial=0))
