"""The set: every program of the soundfonts at many pitches and velocities, in NSynth's layout, split by recording.

Notes are written one by one into a hidden folder beside the one asked for, which takes its name only when all are
there. Begun again with the same settings, rendering goes on where it stopped.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from nsynthlib.data import VELOCITIES, index_entry, note_name, write_wav
from nsynthlib.errors import DataError, UsageError
from nsynthlib.files import need_space, read_json, read_settings, write_json
from nsynthlib.signals import ENDING
from nsynthlib.soundfont.fluid import Synth, version
from nsynthlib.soundfont.fonts import FONTS, TRAIN_ONLY, Font, find_fonts
from nsynthlib.soundfont.programs import PROGRAMS, instrument_of, sounds_at
from nsynthlib.soundfont.splitting import SPLITS, clusters, learnable, split
from nsynthlib.soundfont.tables import presets

GAIN = 1.0  # the loudest of all notes of FluidR3 and MuseScore_General peaks at -0.9 dB of full scale
PITCHES = range(24, 85)
SILENT = 33 / 32768  # a peak below -60 dB of full scale: a key that the program does not have
BYTES = 131_072  # of one note on the disk, in whole blocks

Cell = tuple[int, int]  # pitch and velocity


@dataclass(frozen=True)
class Job:
    """The notes of one instrument, and where they go."""

    font: Path
    program: int
    instrument: str
    sounds: int  # semitones from the key to the pitch that is heard
    gain: float
    folder: Path
    cells: tuple[Cell, ...]

    @property
    def record(self) -> Path:
        """Where the peaks are kept once all of its notes are there."""
        return self.folder / f"{self.instrument}.json"


def render(
    out: str | os.PathLike[str],
    fonts: Sequence[str | os.PathLike[str]] = FONTS,
    *,
    pitches: Iterable[int] = PITCHES,
    velocities: Iterable[int] = VELOCITIES,
    programs: Iterable[int] | None = None,
    notes: int | None = None,
    seed: int = 0,
    gain: float = GAIN,
    workers: int | None = None,
) -> dict[str, Any]:
    """Render a new folder ``out`` with the sets ``train``, ``valid`` and ``test``, and what is known of them.

    A pitch is what is heard: where a program does not sound at its key (``sounds_at``), another key is pressed. A
    program is left out at pitches where the soundfont has no sound for it. Levels are FluidSynth's throughout, so one
    gain holds for all notes; a note that would still pass full scale is clipped, and counted.

    Args:
        out: new folder; until it is complete its notes lie in ``.<name>.partial`` beside it.
        fonts: names in ``FONTS``, or paths of files.
        pitches: MIDI numbers, 0-127.
        velocities: 1-127.
        programs: of General MIDI, counted from 0; all of ``PROGRAMS`` without it. The split does not depend on it.
        notes: at most this many, the same number of each instrument, at pitches and velocities drawn by ``seed``; a
            larger number holds the notes of a smaller one.
        seed: of the split and of the choice of ``notes``.
        gain: factor on FluidSynth's sound.
        workers: processes; as many as there are cores without it. One renders in this process.

    Returns:
        What ``out/soundfont.json`` holds: ``settings``, ``fonts`` (file, size, SHA-256, licence), ``fluidsynth``
        (its version), ``notes`` (of each split), ``peak`` (the highest, of full scale), ``clipped`` and ``silent``
        (numbers of notes), ``instruments`` (by name: font, program, preset, cluster, split, notes, peak, and
        ``sounds``, the semitones from key to pitch).

    Raises:
        UsageError: if FluidSynth or a soundfont is not installed, a value is out of range, ``out`` exists, or a
            rendering was begun there with other settings.
        DataError: if a soundfont is broken, or the disk has too little room.
    """
    out = Path(out)
    if out.exists():
        raise UsageError(f"{out} exists already; name a new folder, or remove it first")
    found = find_fonts(fonts)
    settings = {
        "pitches": _checked(pitches, "pitches", range(128)),
        "velocities": _checked(velocities, "velocities", range(1, 128)),
        "programs": _checked(PROGRAMS if programs is None else programs, "programs", PROGRAMS),
        "notes": notes,
        "seed": seed,
        "gain": gain,
    }
    about = {"settings": settings, "fluidsynth": version(), "fonts": [font.describe() for font in found]}
    partial = out.with_name(f".{out.name}.partial")
    instruments, jobs = _plan(found, settings, partial)
    out.parent.mkdir(parents=True, exist_ok=True)
    _begin(partial, about)
    _run([job for job in jobs if not job.record.exists()], sum(len(job.cells) for job in jobs), workers)
    about |= _summary(instruments, jobs)
    _finish(partial, about, jobs)
    partial.rename(out)
    return about


def _checked(values: Iterable[int], name: str, allowed: Iterable[int]) -> list[int]:
    """``values`` sorted, each once; UsageError unless there is one and all are allowed."""
    chosen, known = sorted(set(values)), set(allowed)
    wrong = [v for v in chosen if v not in known]
    if not chosen or wrong:
        told = f"{wrong[0]} is not among them" if wrong else "none was given"
        raise UsageError(f"{name} are chosen from {min(known)}-{max(known)}: {told}")
    return chosen


def _plan(
    fonts: Sequence[Font], settings: dict[str, Any], partial: Path
) -> tuple[dict[str, dict[str, Any]], list[Job]]:
    """What there is to know of each instrument, and what is to be rendered of it."""
    tables = {font.name: presets(font.path) for font in fonts}
    parted = {name: found for name, found in tables.items() if name not in TRAIN_ONLY} or tables
    cluster = clusters(parted)
    side = split(cluster, settings["seed"])
    plays = {name: found.keys() if name in parted else learnable(name, tables, side) for name, found in tables.items()}
    chosen = [(f, p) for f in fonts for p in settings["programs"] if p in plays[f.name]]
    if not chosen:
        raise UsageError(f"none of the programs is in {' or '.join(str(font.path) for font in fonts)}; choose others")
    if settings["notes"] is not None and settings["notes"] < len(chosen):
        raise UsageError(f"notes must be at least {len(chosen)}, one for each instrument; or choose fewer programs")
    instruments, jobs = {}, []
    for (font, program), cells in zip(chosen, _cells(chosen, settings), strict=True):
        name, number = instrument_of(program, font.number)
        sounds = sounds_at(program, font.number)
        instruments[name] = {
            "instrument": number,
            "font": font.name,
            "program": program,
            "preset": tables[font.name][program].name,
            "cluster": cluster.get(program),
            "sounds": sounds,
            "split": side.get(program, "train"),
        }
        folder = partial / side.get(program, "train") / "audio"
        played = tuple((pitch, velocity) for pitch, velocity in cells if 0 <= pitch - sounds <= 127)
        jobs.append(Job(font.path, program, name, sounds, settings["gain"], folder, played))
    return instruments, jobs


def _cells(chosen: Sequence[tuple[Font, int]], settings: dict[str, Any]) -> Iterator[tuple[Cell, ...]]:
    """Pitches and velocities of each instrument, in order; a part of them by chance if there is a limit."""
    grid = [(pitch, velocity) for pitch in settings["pitches"] for velocity in settings["velocities"]]
    every, more = divmod(len(grid) * len(chosen) if settings["notes"] is None else settings["notes"], len(chosen))
    first = set(np.random.default_rng(settings["seed"]).permutation(len(chosen))[:more].tolist())
    for i, (font, program) in enumerate(chosen):
        order = np.random.default_rng([settings["seed"], font.number, program]).permutation(len(grid))
        yield tuple(sorted(grid[c] for c in order[: every + (i in first)]))


def _begin(partial: Path, about: dict[str, Any]) -> None:
    """Make the folders, or make sure that those there belong to the same settings, fonts and FluidSynth."""
    record = partial / "soundfont.json"
    if record.exists():
        begun = read_settings(record, about)
        settings = read_settings(record, about["settings"], "settings")
        other = [key for key in settings if settings[key] != about["settings"][key]]
        other += [key for key in about if key != "settings" and begun[key] != about[key]]
        if other:
            raise UsageError(f"{partial} was begun with other {' and '.join(other)}; go on with those, or remove it")
    for name in SPLITS:
        (partial / name / "audio").mkdir(parents=True, exist_ok=True)
    write_json(record, about)


def _run(jobs: Sequence[Job], total: int, workers: int | None) -> None:
    """Do the jobs, in this process or in several, with a bar that counts notes."""
    left = sum(len(job.cells) for job in jobs)
    if jobs:
        need_space(jobs[0].folder, left * BYTES, "rendering")
    workers = min(workers or _cores(), max(len(jobs), 1))
    with tqdm(total=total, initial=total - left, desc="rendering", unit="note") as bar:
        if workers == 1:
            for job in jobs:
                bar.update(render_job(job))
            return
        with _pool(workers) as pool:
            for future in as_completed([pool.submit(render_job, job) for job in jobs]):
                bar.update(future.result())


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that are begun afresh, since a fork of a process with threads may hang; stopped at the first error."""
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_begin_worker)
    try:
        yield pool
    except BrokenProcessPool:
        raise DataError(
            "a rendering process died; run the same again to go on, with fewer workers if memory ran out"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _begin_worker() -> None:
    for number in ENDING:  # Ctrl-C and a closed terminal are for the parent, which lets the jobs under way end
        if number != signal.SIGTERM:  # by which the parent ends a worker
            signal.signal(number, signal.SIG_IGN)
    torch.set_num_threads(1)


def render_job(job: Job) -> int:
    """Render the notes of one instrument and return how many it has, silent ones included.

    An instrument takes a second or two, and is what an interrupted rendering begins again.
    """
    peaks = {}
    with Synth(job.font, job.gain) as synth:
        for pitch, velocity in job.cells:
            name = note_name(job.instrument, pitch, velocity)
            samples = synth.note(job.program, pitch - job.sounds, velocity)
            peaks[name] = float(np.abs(samples).max())
            if peaks[name] >= SILENT:
                write_wav(job.folder / f"{name}.wav", torch.from_numpy(samples))
    write_json(job.record, peaks)
    return len(job.cells)


def _summary(instruments: dict[str, dict[str, Any]], jobs: Sequence[Job]) -> dict[str, Any]:
    """What the finished jobs add to the record; fills in the notes and the peak of each instrument."""
    notes, peaks = dict.fromkeys(SPLITS, 0), []
    for job in jobs:
        found = list(read_json(job.record).values())
        about = instruments[job.instrument]
        about["notes"] = sum(peak >= SILENT for peak in found)
        about["peak"] = round(max(found), 4)
        notes[about["split"]] += about["notes"]
        peaks += found
    return {
        "notes": notes,
        "peak": round(max(peaks), 4),
        "clipped": sum(peak > 1 for peak in peaks),
        "silent": sum(peak < SILENT for peak in peaks),
        "instruments": instruments,
    }


def _finish(partial: Path, about: dict[str, Any], jobs: Sequence[Job]) -> None:
    """Write the indexes and the record, and remove what only a rendering under way needs."""
    number = {name: instrument["instrument"] for name, instrument in about["instruments"].items()}
    peaks = [(job, read_json(job.record)) for job in jobs]
    for split_name in SPLITS:
        folder = partial / split_name
        names = sorted(
            (name, number[job.instrument])
            for job, found in peaks
            if job.folder.parent == folder
            for name, peak in found.items()
            if peak >= SILENT
        )
        if names:
            write_json(folder / "examples.json", {name: index_entry(name, i, n) for i, (name, n) in enumerate(names)})
        else:
            shutil.rmtree(folder)
    write_json(partial / "soundfont.json", about)
    for job in jobs:
        job.record.unlink(missing_ok=True)
    for stray in partial.glob("*/audio/.*.partial"):
        stray.unlink()
