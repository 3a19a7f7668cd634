"""Reading notes: the packed form beside a loop of `librosa.load`, and the first note of a set as large as NSynth's."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import librosa
import numpy as np
import torch

from benchmarks.common import Row, circumstances, side_by_side
from nsynthlib.audio.format import SAMPLES
from nsynthlib.data import FAMILIES, VELOCITIES, NSynth, index_entry, load_samples, note_name, pack, packing, write_wav

READ = 1000
BATCH = 32
WHOLE = 289_205  # notes of NSynth's training split

FIRST_NOTE = """
import sys, time
import nsynthlib.data
start = time.perf_counter()
note = nsynthlib.data.NSynth(sys.argv[1])[-1]
assert abs(note.audio).max() > 0.1
print(time.perf_counter() - start)
"""


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        return [*_reading(Path(folder)), _opening(Path(folder))]


def _names(count: int) -> list[str]:
    """Names of notes over all families, pitches 24-84 and velocities."""
    cells = [(p, v) for p in range(24, 85) for v in VELOCITIES]
    instruments = -(-count // len(cells))
    family = [f"{FAMILIES[i % len(FAMILIES)]}_synthetic_{i:04d}" for i in range(instruments)]
    return [note_name(i, p, v) for i in family for p, v in cells][:count]


def _index(folder: Path, count: int) -> NSynth:
    (folder / "audio").mkdir(parents=True)
    entries = {name: index_entry(name, n, 0) for n, name in enumerate(_names(count))}
    (folder / "examples.json").write_text(json.dumps(entries))
    return NSynth(folder)


def _reading(folder: Path) -> list[Row]:
    notes = _index(folder / "notes", READ)
    generator = torch.Generator().manual_seed(0)
    for note in notes:
        write_wav(note.path, torch.rand(SAMPLES, generator=generator) - 0.5)
    packed = NSynth(pack(notes, folder / "set.safetensors"))

    def as_training_does() -> None:
        for start in range(0, READ, BATCH):
            load_samples(packed[start : start + BATCH])

    def one_by_one() -> None:
        for note in packed:
            assert note.audio.shape == (SAMPLES,)

    def peer() -> None:
        for note in notes:
            assert librosa.load(note.path, sr=16_000)[0].shape == (SAMPLES,)

    rows = []
    for name, goal, ours, form in (
        ("reading packed notes, as training does", "ratio >= 10", as_training_does, f"int16, batches of {BATCH}"),
        ("reading packed notes, one by one", "ratio >= 5", one_by_one, "float32"),
    ):
        a, b, ratio = side_by_side(ours, peer)
        how = circumstances(notes=READ, form=form, cached="by the system", librosa=version("librosa"))
        rows.append(Row(name, "notes/s", READ / a, goal, READ / b, "librosa.load", ratio, how))
    return rows


def _opening(folder: Path) -> Row:
    """In a new process each time. The file's silent notes are holes: the disk need not hold 37 GB."""
    notes = _index(folder / "whole", WHOLE)
    path = folder / "whole.safetensors"
    header, columns = packing.layout(notes.table)
    with path.open("wb") as file:
        file.write(header)
        file.seek(2 * SAMPLES * (WHOLE - 1), 1)
        file.write(np.random.default_rng(0).integers(-20000, 20000, SAMPLES, dtype="<i2").tobytes())
        file.write(columns)
    run = [sys.executable, "-c", FIRST_NOTE, str(path)]
    times = sorted(float(subprocess.run(run, capture_output=True, text=True, check=True).stdout) for _ in range(5))
    how = circumstances(notes=WHOLE, file_bytes=path.stat().st_size, repeats=len(times))
    return Row("first note of a packed NSynth", "s", times[len(times) // 2], "< 2", circumstances=how)
