"""The set: every program of the soundfonts at many pitches and velocities, in NSynth's layout, split by recording."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nsynthlib import rendering
from nsynthlib.data import VELOCITIES
from nsynthlib.errors import UsageError
from nsynthlib.rendering import PITCHES, cells, checked, grid, need_new, partial_of, render_notes, render_set
from nsynthlib.soundfont.fluid import Synth, version
from nsynthlib.soundfont.fonts import FONTS, TRAIN_ONLY, Font, find_fonts
from nsynthlib.soundfont.programs import PROGRAMS, instrument_of, sounds_at
from nsynthlib.soundfont.splitting import clusters, learnable, split
from nsynthlib.soundfont.tables import presets

GAIN = 1.0  # the loudest of all notes of FluidR3 and MuseScore_General peaks at -0.9 dB of full scale


@dataclass(frozen=True)
class Job(rendering.Job):
    """The notes of one program, and how they are played."""

    font: Path
    program: int
    sounds: int  # semitones from the key to the pitch that is heard
    gain: float


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

    >>> record = render("organs", ["FluidR3_GM"], programs=[19], pitches=[60], velocities=[100], workers=1)
    >>> record["notes"], record["silent"]
    ({'train': 0, 'valid': 1, 'test': 0}, 0)
    """
    out = Path(out)
    need_new(out)
    found = find_fonts(fonts)
    settings = {
        "pitches": checked(pitches, "pitches", range(128)),
        "velocities": checked(velocities, "velocities", range(1, 128)),
        "programs": checked(PROGRAMS if programs is None else programs, "programs", PROGRAMS),
        "notes": notes,
        "seed": seed,
        "gain": gain,
    }
    about = {"settings": settings, "fluidsynth": version(), "fonts": [font.describe() for font in found]}
    instruments, jobs = _plan(found, settings, partial_of(out))
    return render_set(out, "soundfont.json", about, instruments, jobs, render_job, workers)


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
    instruments, jobs = {}, []
    every = grid(settings["pitches"], settings["velocities"])
    drawn = cells({(font.number, program): every for font, program in chosen}, settings["notes"], settings["seed"])
    for (font, program), notes in zip(chosen, drawn, strict=True):
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
        played = tuple((pitch, velocity) for pitch, velocity in notes if 0 <= pitch - sounds <= 127)
        folder = partial / side.get(program, "train") / "audio"
        jobs.append(Job(name, folder, played, font.path, program, sounds, settings["gain"]))
    return instruments, jobs


def render_job(job: Job) -> int:
    """Render the notes of one program and return how many there are, silent ones included."""
    with Synth(job.font, job.gain) as synth:
        return render_notes(job, lambda pitch, velocity: synth.note(job.program, pitch - job.sounds, velocity))
