"""What a soundfont's own tables say: its presets, and the samples that each of them plays.

The layout is that of the SoundFont Technical Specification 2.04, chapters 4 and 7. SF3 files, whose samples are Ogg
Vorbis, have the same tables, so one reader serves both. (``sf2utils`` reads them too, but leans on ``audioop``, which
Python 3.13 no longer has.)
"""

from __future__ import annotations

import itertools
import mmap
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nsynthlib.errors import DataError

_LINKS = [("first", "<u2"), ("modulator", "<u2")]
_GENERATORS = [("operator", "<u2"), ("amount", "<u2")]
_TABLES = {
    b"phdr": np.dtype(
        [
            ("name", "S20"),
            ("program", "<u2"),
            ("bank", "<u2"),
            ("zone", "<u2"),
            ("library", "<u4"),
            ("genre", "<u4"),
            ("morphology", "<u4"),
        ]
    ),
    b"pbag": np.dtype(_LINKS),
    b"pgen": np.dtype(_GENERATORS),
    b"inst": np.dtype([("name", "S20"), ("zone", "<u2")]),
    b"ibag": np.dtype(_LINKS),
    b"igen": np.dtype(_GENERATORS),
    b"shdr": np.dtype(
        [
            ("name", "S20"),
            ("start", "<u4"),
            ("end", "<u4"),
            ("loop_start", "<u4"),
            ("loop_end", "<u4"),
            ("rate", "<u4"),
            ("pitch", "u1"),
            ("correction", "i1"),
            ("link", "<u2"),
            ("kind", "<u2"),
        ]
    ),
}
_INSTRUMENT, _SAMPLE = 41, 53  # the generators that name an instrument and a sample


@dataclass(frozen=True)
class Preset:
    """One program of a soundfont: its name and the samples it plays.

    ``samples`` holds ``(start, name)``: where the sample's data begins in the file's pool, and its normalised name.
    Two headers with one start are one recording. The headers' links between left and right are not followed: players
    do not follow them, and FluidR3's point at unrelated samples.
    """

    name: str
    samples: frozenset[tuple[int, str]]


def presets(path: Path, bank: int = 0) -> dict[int, Preset]:
    """The presets of one bank by program number, 0-127; bank 0 holds General MIDI's melodic programs.

    Raises:
        DataError: if the file cannot be read, or is no soundfont, or is cut short.
    """
    tables = read_tables(path)
    try:
        return _presets(tables, bank)
    except IndexError:
        raise DataError(f"{path}: cannot be read as a soundfont (its tables contradict each other)") from None


def read_tables(path: Path) -> dict[bytes, np.ndarray]:
    """The tables by which presets name their samples, each an array of records; errors as for :func:`presets`."""
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _read(data)
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise DataError(f"{path}: cannot be read as a soundfont ({error}); install the file anew") from None


def _read(data: mmap.mmap) -> dict[bytes, np.ndarray]:
    if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
        raise ValueError("it does not begin as one")
    start, end = _find_list(data, b"pdta")
    tables = {}
    while start + 8 <= end:
        name, size = struct.unpack_from("<4sI", data, start)
        if name in _TABLES:
            tables[name] = np.frombuffer(data[start + 8 : start + 8 + size], _TABLES[name])
        start += 8 + size
    missing = sorted(set(_TABLES) - set(tables))
    if missing:
        raise ValueError(f"its table {missing[0].decode()} is missing")
    return tables


def _find_list(data: mmap.mmap, kind: bytes) -> tuple[int, int]:
    """Where the chunks of one LIST begin and end."""
    position = 12
    while position + 12 <= len(data):
        if data[position] == 0:  # RIFF pads an odd chunk with a zero; some writers of SF3 do not
            position += 1
        size = struct.unpack_from("<I", data, position + 4)[0]
        if data[position + 8 : position + 12] == kind:
            if position + 8 + size > len(data):
                raise ValueError("it is cut short")
            return position + 12, position + 8 + size
        position += 8 + size
    raise ValueError(f"its list {kind.decode()} is missing")


def _presets(tables: dict[bytes, np.ndarray], bank: int) -> dict[int, Preset]:
    headers, instruments, samples = tables[b"phdr"], tables[b"inst"], tables[b"shdr"]
    played = [
        _named(tables[b"ibag"], tables[b"igen"], _SAMPLE, a, b)
        for a, b in zip(instruments["zone"], instruments["zone"][1:], strict=False)
    ]
    found = {}
    for header, following in itertools.pairwise(headers):
        if header["bank"] == bank:
            used = {
                int(sample)
                for instrument in _named(
                    tables[b"pbag"], tables[b"pgen"], _INSTRUMENT, header["zone"], following["zone"]
                )
                for sample in played[instrument]
            }
            keys = frozenset((int(samples["start"][i]), normalise(_text(samples["name"][i]))) for i in used)
            found[int(header["program"])] = Preset(_text(header["name"]), keys)
    return found


def _named(zones: np.ndarray, generators: np.ndarray, operator: int, first: int, last: int) -> np.ndarray:
    """What the zones ``first`` to ``last`` name by one generator."""
    part = generators[zones["first"][first] : zones["first"][last]]
    return part["amount"][part["operator"] == operator]


def _text(name: bytes) -> str:
    return name.split(b"\0")[0].decode("latin-1").strip()


def normalise(name: str) -> str:
    """A sample's name without its channel, case, spaces and signs, so that "Oboe C5(L)" and "oboe-C5" are one."""
    return re.sub(r"[^a-z0-9#]", "", re.sub(r"[\s_(-]+[lr]\)?$", "", name.lower().strip()))
