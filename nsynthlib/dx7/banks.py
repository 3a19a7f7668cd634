"""The voices of a DX7, read from the files that hold them.

A voice is 128 bytes in Yamaha's packed format: six operators of 17 bytes, the sixth first, 16 bytes for the whole, and
a name of ten characters. A bank is a file of nothing but voices, or a bulk dump (``.syx``) of 32, which has a head of
six bytes, a sum of the voices' bytes, and an end.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nsynthlib.errors import DataError, UsageError

PACKED = 128  # bytes of a voice
NAMED = 118  # of them, before its name
DUMP = 4104  # bytes of a bulk dump

FOLDERS = (Path("/usr/share/hexter"), Path("/usr/local/share/hexter"), Path("/opt/homebrew/share/hexter"))
#: The banks that come with hexter and how many voices each has. Append, never reorder: their places make the numbers.
BANKS = {
    "dx7_roms": 128,
    "fb01_roms_converted_12": 96,
    "fb01_roms_converted_34": 96,
    "fb01_roms_converted_5": 48,
    "tx7_roms": 64,
}
# Of the instruments' numbers, in BANKS and in banks of one's own. Lower ones are taken: NSynth's go up to 1005,
# soundfonts' are 128 for each, and sets of recordings begin at 2000.
FIRST, FIRST_OTHER = 3000, 4000
INSTALL = "Debian: sudo apt-get install hexter; Colab: !apt-get install -y hexter; or name banks of your own by --bank"


@dataclass(frozen=True)
class Voice:
    """One voice.

    Attributes:
        name: as it is stored, without spaces around it.
        bank: its bank's name.
        place: in the bank, from 1.
        number: tells its instrument from all others.
        packed: its 128 bytes.

    >>> voice = find_banks()[0].voices[10]
    >>> voice.name, voice.title, len(voice.packed)
    ('E.PIANO 1', 'dx7_roms 11 E.PIANO 1', 128)
    """

    name: str
    bank: str
    place: int
    number: int
    packed: bytes

    @property
    def title(self) -> str:
        """What it is called in a record, such as ``dx7_roms 11 E.PIANO 1``."""
        return f"{self.bank} {self.place} {self.name}"


@dataclass(frozen=True)
class Bank:
    """A file of voices.

    >>> bank = find_banks()[0]
    >>> bank.name, len(bank.voices), sorted(bank.describe())
    ('dx7_roms', 128, ['file', 'name', 'sha256', 'voices'])
    """

    name: str
    path: Path
    voices: tuple[Voice, ...]

    def describe(self) -> dict[str, object]:
        """What identifies the file: its name, how many voices it has, and its SHA-256."""
        digest = hashlib.sha256(self.path.read_bytes()).hexdigest()
        return {"name": self.name, "file": self.path.name, "voices": len(self.voices), "sha256": digest}


def find_banks(paths: Sequence[str | os.PathLike[str]] | None = None) -> list[Bank]:
    """The banks in the files ``paths``; those that come with hexter without them.

    Voices of hexter's banks are numbered from 3000 in the order of ``BANKS``, whichever of them are named; all others
    from 4000 in the order given.

    Raises:
        UsageError: if there is no such file (the line says how to get hexter's), or two banks have one name.
        DataError: if a file holds no voices.

    >>> [(bank.name, len(bank.voices)) for bank in find_banks()[:2]]
    [('dx7_roms', 128), ('fb01_roms_converted_12', 96)]
    """
    files = [_installed(name) for name in BANKS] if paths is None else [Path(path) for path in paths]
    banks: list[Bank] = []
    other = FIRST_OTHER
    for path in files:
        packed = read_bank(path)
        if BANKS.get(path.stem) == len(packed):
            first = FIRST + sum(list(BANKS.values())[: list(BANKS).index(path.stem)])
        else:
            first, other = other, other + len(packed)
        voices = (Voice(_name(data), path.stem, i + 1, first + i, data) for i, data in enumerate(packed))
        banks.append(Bank(path.stem, path, tuple(voices)))
    if not banks or len({bank.name for bank in banks}) < len(banks):
        raise UsageError("name at least one bank, and none twice")
    return banks


def _installed(name: str) -> Path:
    for folder in FOLDERS:
        if (folder / f"{name}.dx7").is_file():
            return folder / f"{name}.dx7"
    raise UsageError(f"hexter, which brings the DX7's voices, is not installed. {INSTALL}")


def read_bank(path: Path) -> list[bytes]:
    """The packed voices of a file; UsageError if there is no such file, DataError if it holds anything else.

    >>> packed = read_bank(find_banks()[0].path)
    >>> len(packed), len(packed[0])
    (128, 128)
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"there is no bank {path}; name a file of DX7 voices") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read as a bank of DX7 voices ({error.strerror})") from None
    if data[:1] == b"\xf0":
        data = _voices_of_dump(data, path)
    if not data or len(data) % PACKED:
        raise DataError(f"{path}: is no bank of DX7 voices, which have {PACKED} bytes each: it has {len(data)}")
    return [data[start : start + PACKED] for start in range(0, len(data), PACKED)]


def _voices_of_dump(data: bytes, path: Path) -> bytes:
    head = data[:2] + data[3:6]  # without the third byte, which holds the channel
    if len(data) != DUMP or head != b"\xf0\x43\x09\x20\x00" or data[-1] != 0xF7:
        raise DataError(f"{path}: is no bulk dump of 32 DX7 voices, which has {DUMP} bytes; name another bank")
    voices, told = data[6:-2], data[-2]
    if -sum(voices) & 0x7F != told:
        raise DataError(f"{path}: is damaged: the sum of its voices is not the one it tells; get the file anew")
    return voices


def _name(packed: bytes) -> str:
    """The stored name, a space for what is no sign of ASCII."""
    return "".join(chr(byte) if 32 <= byte < 127 else " " for byte in packed[NAMED:]).strip()
