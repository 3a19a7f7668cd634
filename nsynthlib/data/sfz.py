"""Regions of an SFZ instrument: which sound file plays which pitch at which velocity (https://sfzformat.com).

Two libraries read SFZ: sfzlint, which rests on a parser of 2019 that has moved elsewhere, and sfzen, which is GPL and
far larger than what is needed here. These are the opcodes that tell a sample's pitch and velocity.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from nsynthlib.audio.pitch import read_pitch
from nsynthlib.data.labels import VELOCITIES
from nsynthlib.errors import DataError, UsageError

DEEPEST = 32  # files that include one another
_HEADERS = ("global", "master", "group", "region")  # each inherits from those before it
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_INCLUDE = re.compile(r'#include\s+"([^"]+)"')
_DEFINE = re.compile(r"#define\s+(\$\w+)\s+(\S+)")
# A header, or an opcode whose value reaches to the next opcode, header or line: names of samples hold spaces.
_PART = re.compile(r"<(\w+)>|(\w+)=([^\n<]*?)(?=\s+\w+=|\s*<|\s*\n|\s*$)")


@dataclass(frozen=True)
class Region:
    """A sample and what is played by it: ``pitch`` is the MIDI number at which it sounds as it was recorded, to the
    nearest semitone, ``None`` where nothing here tells it; ``velocity`` one of NSynth's where the region is
    limited to some; ``switch`` names the articulation that a key chooses."""

    sample: Path
    pitch: int | None
    velocity: int | None
    switch: str = ""


def read_sfz(path: Path) -> list[Region]:
    """The regions of an SFZ file that play a sample as a note; those that sound when a key is let go are left out, as
    are drums, which sound the same at every key.

    Raises DataError, which names the file, if it cannot be read, includes itself or a file that is missing, or gives a
    key or velocity that is none.
    """
    folder, found = path.parent, []
    inherited: dict[str, dict[str, str]] = {header: {} for header in _HEADERS}
    control: dict[str, str] = {}
    header, opcodes = "", {}
    for part in [*_PART.finditer(_text(path, path.parent)), None]:
        if part is not None and part[2]:
            opcodes[part[2].lower()] = part[3].strip()
            if part[2].lower() == "key":  # which stands for three: the lowest, the highest and the sample's own
                opcodes.setdefault("pitch_keycenter", opcodes["key"])
            continue
        if header == "region":
            found.append(_region({k: v for own in inherited.values() for k, v in own.items()}, control, folder, path))
        if part is not None:
            header, opcodes = part[1].lower(), {}
            if header in _HEADERS:
                for below in _HEADERS[_HEADERS.index(header) :]:
                    inherited[below] = {}
                inherited[header] = opcodes
            elif header == "control":
                opcodes = control
    return [region for region in found if region]


def _text(path: Path, root: Path, defined: dict[str, str] | None = None, depth: int = 0) -> str:
    """The file's text with what it includes and defines put in, without comments."""
    defined = {} if defined is None else defined
    if depth > DEEPEST:
        raise DataError(f"{path}: is included more than {DEEPEST} files deep; it may include itself")
    try:
        text = _COMMENT.sub(" ", path.read_bytes().decode("utf-8-sig", "replace"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read as SFZ ({error.strerror})") from None
    lines = []
    for line in text.splitlines():
        defined.update(_DEFINE.findall(line))
        line = _DEFINE.sub(" ", line)
        for name in sorted(defined, key=len, reverse=True):
            line = line.replace(name, defined[name])
        pieces = _INCLUDE.split(line)  # every second piece is a file's name
        lines += [
            _text(find_file(root, piece), root, defined, depth + 1) if i % 2 else piece
            for i, piece in enumerate(pieces)
        ]
    return "\n".join(lines)


def _region(opcodes: dict[str, str], control: dict[str, str], folder: Path, sfz: Path) -> Region | None:
    sample = opcodes.get("sample", "")
    release = opcodes.get("trigger", "attack") not in ("attack", "first")
    if not sample or sample.startswith("*") or release or _number(opcodes, "pitch_keytrack", 100, sfz) == 0:
        return None
    name = control.get("default_path", "") + sample
    switch = opcodes.get("sw_label") or opcodes.get("sw_last") or ""
    return Region(find_file(folder, name), _pitch(opcodes, control, sfz), _velocity(opcodes, sfz), switch)


def _pitch(opcodes: dict[str, str], control: dict[str, str], sfz: Path) -> int | None:
    centre = opcodes.get("pitch_keycenter", "sample")
    if centre == "sample":
        return None
    shift = (
        _number(opcodes, "transpose", 0, sfz) + _number(opcodes, "tune", _number(opcodes, "pitch", 0, sfz), sfz) / 100
    )
    offset = _number(control, "note_offset", 0, sfz) + 12 * _number(control, "octave_offset", 0, sfz)
    try:
        pitch = round(read_pitch(centre) + offset - shift)
    except UsageError:
        raise DataError(f"{sfz}: gives the key {centre!r}, which is no MIDI number and no note; mend it") from None
    if not 0 <= pitch <= 127:
        raise DataError(f"{sfz}: plays {opcodes['sample']} at {pitch}, which is no MIDI number from 0 to 127; mend it")
    return pitch


def _velocity(opcodes: dict[str, str], sfz: Path) -> int | None:
    """The highest of NSynth's velocities in the region's range, else its middle; ``None`` if it plays at all."""
    low, high = (round(_number(opcodes, name, value, sfz)) for name, value in (("lovel", 0), ("hivel", 127)))
    if low <= 1 and high >= 127:
        return None
    within = [velocity for velocity in VELOCITIES if low <= velocity <= high]
    return within[-1] if within else max(1, min(127, (low + high) // 2))


def _number(opcodes: dict[str, str], name: str, default: float, sfz: Path) -> float:
    try:
        return float(opcodes.get(name, default))
    except ValueError:
        raise DataError(f"{sfz}: gives {name} as {opcodes[name]!r}, which is no number; mend it") from None


def find_file(folder: Path, name: str) -> Path:
    """The file of that name below ``folder``, with slashes of either kind and letters of either size, as Windows has
    them; ``folder / name`` where there is none."""
    path = folder
    for part in name.replace("\\", "/").split("/"):
        if (path / part).exists() or not path.is_dir():
            path = path / part
            continue
        same = [other for other in path.iterdir() if other.name.lower() == part.lower()]
        path = min(same, default=path / part)
    return path
