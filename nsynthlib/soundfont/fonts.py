"""The soundfonts that are known here, and where they lie."""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nsynthlib.errors import UsageError

_PACKAGES = "fluidsynth fluid-soundfont-gm musescore-general-soundfont-small csound-soundfont timgm6mb-soundfont"
INSTALL = (
    f"Debian: sudo apt-get install {_PACKAGES}; Colab: !apt-get install -y {_PACKAGES}; "
    "macOS: brew install fluid-synth, and put FluidR3_GM.sf2 and MuseScore_General.sf3, from "
    "https://musescore.org/en/handbook/3/soundfonts-and-sfz-files, into ~/.local/share/soundfonts; "
    "--font renders from those that are there"
)

LICENCES = {
    "FluidR3_GM": "MIT, copyright 2000-2002, 2008 Frank Wen; 2008 Toby Smithe",
    "MuseScore_General": "MIT, copyright 2018-2021 S. Christian Collins; 2014-2017 Michael Cowgill; 2000-2002, 2008 "
    "Frank Wen; parts public domain or CC0",
    "sf_GMbank": "public domain",
    "TimGM6mb": "GPL-2, copyright 2004 Tim Brechbill; 2010 David Bolton",  # rendered from, never shipped
}
FONTS = tuple(LICENCES)  # a font's place here is the number in its instruments' names: append, never reorder
#: Small fonts whose recordings go by names too plain to tell them apart, so none of them is held out.
TRAIN_ONLY = ("sf_GMbank", "TimGM6mb")

FOLDERS = (
    Path.home() / ".local/share/sounds/sf2",
    Path.home() / ".local/share/soundfonts",
    Path("/usr/share/sounds/sf2"),
    Path("/usr/share/sounds/sf3"),
    Path("/usr/share/soundfonts"),
    Path("/usr/local/share/soundfonts"),
    Path("/usr/local/share/fluid-synth/sf2"),
    Path("/opt/homebrew/share/soundfonts"),
    Path("/opt/homebrew/share/fluid-synth/sf2"),
)
_NAMES = {
    "FluidR3_GM": ("FluidR3_GM.sf2",),
    "MuseScore_General": ("MuseScore_General.sf3", "MuseScore_General.sf2", "MuseScore_General_Lite.sf3"),
    "sf_GMbank": ("sf_GMbank.sf2",),
    "TimGM6mb": ("TimGM6mb.sf2",),
}


@dataclass(frozen=True)
class Font:
    """A soundfont's file; ``number`` tells its instruments from another's (see ``instrument_of``).

    >>> from pathlib import Path
    >>> _ = Path("mine.sf2").write_bytes(b"RIFF")
    >>> font = find_fonts(["mine.sf2"])[0]
    >>> font.name, font.number == len(FONTS), font.describe()["bytes"]
    ('mine', True, 4)
    """

    name: str
    number: int
    path: Path

    def describe(self) -> dict[str, object]:
        """What identifies the file: name, size in bytes, SHA-256, and its licence where it is known."""
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            digest = hashlib.sha256(data).hexdigest()
        return {
            "name": self.name,
            "file": self.path.resolve().name,
            "bytes": self.path.stat().st_size,
            "sha256": digest,
            "licence": LICENCES.get(self.name, "unknown"),
        }


def find_fonts(fonts: Sequence[str | os.PathLike[str]] = FONTS) -> list[Font]:
    """The soundfonts asked for, each by a name in ``FONTS`` or by the path of a file.

    A file whose name begins like a known font's is that font; others are numbered from ``len(FONTS)`` in their order.

    Raises:
        UsageError: if there is no such file (the line says how to get the known ones), or two have one name.

    >>> from pathlib import Path
    >>> _ = Path("FluidR3_GM.sf2").write_bytes(b"RIFF"), Path("mine.sf2").write_bytes(b"RIFF")
    >>> [(font.name, font.number) for font in find_fonts(["FluidR3_GM.sf2", "mine.sf2"])]
    [('FluidR3_GM', 0), ('mine', 4)]
    """
    found: list[Font] = []
    for font in fonts:
        path = _find(str(font)) if str(font) in FONTS else Path(font)
        if not path.is_file():
            raise UsageError(f"there is no soundfont {path}; name one of {', '.join(FONTS)}, or the path of a file")
        name = next((known for known in FONTS if path.name.startswith(known)), path.stem)
        unknown = len(FONTS) + sum(other.name not in FONTS for other in found)
        found.append(Font(name, FONTS.index(name) if name in FONTS else unknown, path))
    if not found or len({font.name for font in found}) < len(found):
        raise UsageError("name at least one soundfont, and none twice")
    return found


def _find(name: str) -> Path:
    for folder in FOLDERS:
        for file in _NAMES[name]:
            if (folder / file).is_file():
                return folder / file
    raise UsageError(f"the soundfont {name} is not installed. {INSTALL}")
