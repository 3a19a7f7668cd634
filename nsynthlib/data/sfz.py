"""Regions of an SFZ instrument: which sound file plays which pitch at which velocity (https://sfzformat.com).

Read are the opcodes that tell a sample's pitch and velocity, and whether a key plays it at all. (Of the libraries for
SFZ, sfzlint rests on a parser that has moved elsewhere, and sfzen is GPL and many times larger than this.)
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nsynthlib.audio.pitch import read_pitch
from nsynthlib.data.labels import VELOCITIES
from nsynthlib.errors import DataError, UsageError

DEEPEST = 32  # files that include one another
_HEADERS = ("global", "master", "group", "region")  # each inherits from those before it
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_INCLUDE = re.compile(r'#include\s+"([^"]+)"')
_CONTROLLER = re.compile(r"(on_lo|lo|hi)cc(\d+)")
_DEFINE = re.compile(r"#define\s+(\$\w+)\s+(\S+)")
# A header, or an opcode whose value reaches to the next opcode, header or line: names of samples hold spaces.
_PART = re.compile(r"<(\w+)>|(\w+)=([^\n<]*?)(?=\s+\w+=|\s*<|\s*\n|\s*$)")


@dataclass(frozen=True)
class Region:
    """A sample and what is played by it: ``pitch`` is the MIDI number at which it sounds as it was recorded, to the
    nearest semitone, ``None`` where nothing here tells it; ``low`` and ``high`` are the velocities that play it;
    ``switch`` names the articulation that a key chooses."""

    sample: Path
    pitch: int | None
    low: int
    high: int
    switch: str = ""


def included_files(path: Path) -> set[Path]:
    """Files that an SFZ file includes, and which are parts of it rather than instruments."""
    included: set[Path] = set()
    with suppress(DataError):  # which reading it will tell
        _text(path, path.parent, {}, included)
    return included - {path}


def read_sfz(path: Path) -> list[Region]:
    """The regions of an SFZ file that a key plays as a note. Left out are those that sound when a key is let go or
    slurred, that wait for a pedal or a wheel, and drums, which sound the same at every key.

    Raises DataError, which names the file, if it cannot be read, includes itself or a file that is missing, or gives a
    key or velocity that is none.
    """
    found: list[Region | None] = []
    inherited: dict[str, dict[str, str]] = {header: {} for header in _HEADERS}
    control: dict[str, str] = {}
    header, opcodes = "", dict[str, str]()
    for part in [*_PART.finditer(_text(path, path.parent, {}, set())), None]:
        if part is not None and part[2]:
            opcodes[part[2].lower()] = part[3].strip()
            if part[2].lower() == "key":  # which stands for three: the lowest, the highest and the sample's own
                opcodes.setdefault("pitch_keycenter", opcodes["key"])
            continue
        if header == "region":
            found.append(_region({k: v for own in inherited.values() for k, v in own.items()}, control, path))
        if part is not None:
            header, opcodes = part[1].lower(), {}
            if header in _HEADERS:
                for below in _HEADERS[_HEADERS.index(header) :]:
                    inherited[below] = {}
                inherited[header] = opcodes
            elif header == "control":
                opcodes = control
    return [region for region in found if region]


def _text(path: Path, root: Path, defined: dict[str, str], included: set[Path], depth: int = 0) -> str:
    """The file's text with what it includes and defines put in, without comments."""
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
        for i, piece in enumerate(_INCLUDE.split(line)):  # every second piece is a file's name
            if i % 2:
                included.add(find_file(root, piece))
                piece = _text(find_file(root, piece), root, defined, included, depth + 1)
            lines.append(piece)
    return "\n".join(lines)


def _region(opcodes: dict[str, str], control: dict[str, str], sfz: Path) -> Region | None:
    sample = opcodes.get("sample", "")
    played = opcodes.get("trigger", "attack") in ("attack", "first") and _at_rest(opcodes, control, sfz)
    if not played or not sample or sample.startswith("*") or _number(opcodes, "pitch_keytrack", 100, sfz) == 0:
        return None
    low = max(_number(opcodes, name, 0, sfz) for name in ("lovel", "xfin_lovel"))
    high = min(_number(opcodes, name, 127, sfz) for name in ("hivel", "xfout_hivel"))
    switch = opcodes.get("sw_label") or opcodes.get("sw_last") or ""
    file = find_file(sfz.parent, control.get("default_path", "") + sample)
    return Region(file, _pitch(opcodes, control, sfz), round(low), round(high), switch)


def _at_rest(opcodes: dict[str, str], control: dict[str, str], sfz: Path) -> bool:
    """Whether a region sounds while all controllers are where the file sets them, at 0 if it does not."""
    for opcode in opcodes:
        if match := _CONTROLLER.fullmatch(opcode):
            limit, controller = match.groups()
            finer = 127 * _number(control, f"set_hdcc{controller}", 0, sfz)
            value, bound = _number(control, f"set_cc{controller}", finer, sfz), _number(opcodes, opcode, 0, sfz)
            if limit == "on_lo" or (limit == "lo" and value < bound) or (limit == "hi" and value > bound):
                return False
    return True


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


def velocity_of_range(low: int, high: int) -> int | None:
    """The highest of NSynth's velocities within ``low`` and ``high``, else their middle; ``None`` for a sample that is
    played at all velocities."""
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
    return Path(os.path.normpath(path))
