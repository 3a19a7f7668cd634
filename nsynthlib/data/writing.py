"""A new set of notes in NSynth's layout."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from nsynthlib.data.audio import write_wav
from nsynthlib.data.labels import index_entry, note_name
from nsynthlib.errors import UsageError
from nsynthlib.files import write_json


@dataclass(frozen=True)
class NewNote:
    """A note that was made here and is to be written: its labels and its sound ``[64000]`` in [-1, 1]."""

    instrument: str
    instrument_id: int
    pitch: int
    velocity: int
    audio: Tensor

    @property
    def name(self) -> str:
        return note_name(self.instrument, self.pitch, self.velocity)


def write_notes(folder: Path, notes: Iterable[NewNote]) -> int:
    """Write ``notes`` to a new ``folder`` in NSynth's layout and return how many; all of them appear, or none.

    Raises:
        UsageError: if ``folder`` exists already, or two notes have one name.
    """
    folder = Path(folder)
    if folder.exists():
        raise UsageError(f"{folder} exists already; name a new folder, or remove it first")
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".partial", dir=folder.parent))
    try:
        (partial / "audio").mkdir()
        entries: dict[str, dict[str, Any]] = {}
        for note in notes:
            if note.name in entries:
                raise UsageError(f"two notes are named {note.name!r}")
            write_wav(partial / "audio" / f"{note.name}.wav", note.audio)
            entries[note.name] = index_entry(note.name, len(entries), note.instrument_id)
        write_json(partial / "examples.json", dict(sorted(entries.items())))
        partial.chmod(0o755)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return len(entries)
