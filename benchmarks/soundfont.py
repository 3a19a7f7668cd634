"""How many notes a second the soundfont set is rendered at, from the command's start to the last WAV file."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.common import Row, circumstances, seconds
from nsynthlib.errors import UsageError
from nsynthlib.files import read_json
from nsynthlib.soundfont import FONTS, find_fonts, render
from nsynthlib.soundfont.fluid import version

GOAL = ">= 150"
WORKERS = 2
NOTES = 12_000  # a fifth of all: starting processes and unpacking samples then count little, as in a whole set


def rows() -> list[Row]:
    """Notes a second with two processes: both fonts together, and each alone."""
    return [row("soundfont rendering", FONTS), *(row(f"soundfont rendering, {font}", (font,)) for font in FONTS)]


def row(name: str, fonts: tuple[str, ...]) -> Row:
    try:
        about = circumstances(
            workers=WORKERS, fonts=[font.path.name for font in find_fonts(fonts)], fluidsynth=version()
        )
    except UsageError as error:
        return Row(name, "notes/s", None, GOAL, circumstances=circumstances(why=str(error)))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "set"
        taken = seconds(lambda: render(out, fonts, notes=NOTES, workers=WORKERS))
        notes = sum(read_json(out / "soundfont.json")["notes"].values())
    return Row(name, "notes/s", round(notes / taken, 1), GOAL, circumstances=about | {"notes": notes})
