"""Which file of a folder holds which note."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

ENDINGS = (".wav", ".flac")  # of sound files; where a note has two, the first counts


def visible_files(folder: Path) -> list[str]:
    """Names in ``folder`` but for hidden files, which count for nothing. Raises OSError as listing does."""
    return [name for name in os.listdir(folder) if not name.startswith(".")]


def is_sound(name: str) -> bool:
    """Whether a file's name ends as a sound's does, in small letters or capitals."""
    return os.path.splitext(name)[1].lower() in ENDINGS


class SoundFiles:
    """The sound files in ``audio/`` of a set's folder: each note has its own, WAV or FLAC, whatever the others have."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __getitem__(self, note: str) -> Path:
        """The file of the note of that name; ``<note>.wav`` where there is none."""
        return self.folder / "audio" / self._others.get(note, f"{note}.wav")

    @cached_property
    def _others(self) -> dict[str, str]:
        """File names of the notes that have no ``<note>.wav``; listed once, when the first note is asked for."""
        try:
            names = visible_files(self.folder / "audio")
        except OSError:  # reading the first note will say what is wrong
            return {}
        others = [name for name in names if is_sound(name) and not name.endswith(".wav")]
        wavs = {name for name in names if name.endswith(".wav")} if others else set()
        others.sort(key=lambda name: ENDINGS.index(os.path.splitext(name)[1].lower()), reverse=True)
        stems = ((os.path.splitext(name)[0], name) for name in others)
        return {stem: name for stem, name in stems if f"{stem}.wav" not in wavs}
