"""Every fault of a set of notes, by name: what reading would refuse, and what it would take but should not learn."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from nsynthlib.audio.levels import CLIPPED, longest_run
from nsynthlib.data import packing
from nsynthlib.data.audio import Conversion, read_samples
from nsynthlib.data.index import Entries, duplicates, read_entries, read_labels
from nsynthlib.data.labels import is_note_name
from nsynthlib.data.sets import NSynth
from nsynthlib.data.sound_files import SoundFiles, is_sound, visible_files
from nsynthlib.errors import DataError

SILENT = 3  # steps of 16 bits: a peak of -80 dBFS
SILENCE = "is silent (its peak is below -80 dBFS); drop it"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: a line that names the file or entry, what is wrong and what to do.

    ``harmless`` for what reading mends by itself: a note of another width, which is converted to 16 bits.

    >>> Fault("a.wav: is silent").harmless, Fault("a.wav: is of 24 bits", harmless=True).harmless
    (False, True)
    """

    text: str
    harmless: bool = False

    def __str__(self) -> str:
        return self.text


def check(source: str | os.PathLike[str], progress: bool = False) -> Iterator[Fault]:
    """Every fault of a folder in NSynth's layout or of a packed set; nothing where all is well.

    Reads every note. The index: missing, not JSON, empty, an entry twice, without labels, with a name of another form
    or of an unknown family or source, or contradicting its name. The files: missing, orphaned, two for one note,
    unreadable, linked in a circle, not regular, empty, cut short, not audio, of another rate, length or number of
    channels, not numbers, beyond full scale. The sound: silent, clipped, or the same as another note's.

    What only follows from another fault is not told: no sound is orphaned where the index cannot be read.

    >>> from pathlib import Path
    >>> folder = Path("mine")
    >>> write_notes(folder, [NewNote("bass_synthetic_000", 0, 28, 100, pocket()[0].audio)])
    1
    >>> list(check(folder))
    []
    >>> (folder / "audio" / "bass_synthetic_000-028-100.wav").unlink()
    >>> len(list(check(folder)))
    1
    """
    path = Path(source)
    if path.suffix.lower() == packing.SUFFIX:
        yield from _packed(path, progress)
        return
    index = path if path.suffix == ".json" else path / "examples.json"
    try:
        entries = read_entries(index)
    except DataError as error:
        yield Fault(str(error))
        if not index.parent.is_dir():
            return
        entries = Entries()
    yield from _entries(entries, index)
    names = {name for name, _ in entries}
    folder = index.parent / "audio"
    try:
        found = visible_files(folder)
    except FileNotFoundError:
        yield Fault(f"{folder} is missing; fetch the audio that belongs to this index")
        return
    except OSError as error:  # each of its notes would say so again
        yield Fault(f"{folder}: cannot be listed ({error.strerror}); mend its rights or its link")
        return
    yield from _files(folder, sorted(found), names, index.name)
    notes = sorted(_readable(names, {Path(name).stem for name in found if is_sound(name)}))
    files = SoundFiles(index.parent)
    yield from _sounds(((files[note], str(files[note])) for note in notes), len(notes), progress)


def _entries(entries: Entries, index: Path) -> Iterator[Fault]:
    for name in duplicates(entries):
        yield Fault(f"{index}: the note {name!r} stands twice; drop one of the entries")
    for name, entry in entries:
        try:
            read_labels(name, entry, index)
        except DataError as error:
            yield Fault(str(error))


def _files(folder: Path, found: list[str], names: set[str], index: str) -> Iterator[Fault]:
    """Faults of the listing: no sounds at all, files of no note, and two files of one note."""
    stems = Counter(Path(name).stem for name in found if is_sound(name))
    if names and not stems:
        yield Fault(f"{folder}: holds no sounds; fetch the audio that belongs to this index")
    for name in found:
        if names and not (is_sound(name) and Path(name).stem in names):
            yield Fault(f"{folder / name}: belongs to no entry of {index}; add the entry or remove the file")
    for stem in (stem for stem, count in stems.items() if count > 1):
        both = " and ".join(name for name in found if is_sound(name) and Path(name).stem == stem)
        yield Fault(f"{folder / stem}: has two files, {both}; remove one")


def _readable(names: set[str], sounds: set[str]) -> set[str]:
    """Notes to read: those of the index, or all sounds where there is no index.

    A note without a sound is read too, which tells that it is missing; but not where its name is wrong anyway, nor
    where no note has one.
    """
    if not names or not sounds:
        return sounds
    return {name for name in names if name in sounds or is_note_name(name)}


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
            yield _conversion(stored, where)
        faults = list(_content(samples, clipped=bool(stored and stored.clips)))
        yield from (Fault(f"{where}: {fault}") for fault in faults)
        digest = hashlib.blake2b(samples.tobytes(), digest_size=16).digest()
        if digest in seen:
            yield Fault(f"{where}: sounds the same as {seen[digest]}, sample by sample; drop one of them")
        elif SILENCE not in faults:  # which all silent notes have in common
            seen[digest] = where


def _conversion(stored: Conversion, where: str) -> Fault:
    line = f"{where}: holds {stored.width} samples, which are converted to 16-bit on reading"
    if not stored.clips:
        return Fault(line, harmless=True)
    return Fault(f"{line} and clipped: it reaches {stored.peak:.3g} times full scale; divide them by as much")


def _content(samples: np.ndarray, clipped: bool) -> Iterator[str]:
    """What is wrong with samples, int16 ``[64000]``; nothing more of clipping where that is told already."""
    magnitude = np.abs(samples.astype(np.int32))
    if magnitude.max() <= SILENT:
        yield SILENCE
    longest = longest_run(magnitude >= 32767)
    if longest >= CLIPPED and not clipped:
        yield f"is clipped ({longest} samples in a row at full scale); render it softer, or drop it"
