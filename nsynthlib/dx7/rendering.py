"""The set: the voices of the banks at many pitches and velocities, in NSynth's layout, variants on one side."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nsynthlib import rendering
from nsynthlib.data import VELOCITIES
from nsynthlib.dx7.banks import find_banks
from nsynthlib.dx7.choosing import Chosen, choose
from nsynthlib.dx7.clustering import clusters
from nsynthlib.dx7.engine import Synth, version
from nsynthlib.errors import UsageError
from nsynthlib.rendering import (
    PITCHES,
    Cell,
    cells,
    checked,
    grid,
    need_new,
    partial_of,
    render_notes,
    render_set,
    split_clusters,
)

GAIN = 0.145  # the loudest of all notes of hexter's banks, pitches 24-96, peaks at -0.1 dB of full scale


@dataclass(frozen=True)
class Job(rendering.Job):
    """The notes of one voice, and how they are played."""

    packed: bytes
    sounds: int  # semitones from the key to the pitch that is heard
    gain: float


def render(
    out: str | os.PathLike[str],
    banks: Sequence[str | os.PathLike[str]] | None = None,
    *,
    pitches: Iterable[int] = PITCHES,
    velocities: Iterable[int] = VELOCITIES,
    notes: int | None = None,
    seed: int = 0,
    gain: float = GAIN,
    workers: int | None = None,
) -> dict[str, Any]:
    """Render a new folder ``out`` with the sets ``train``, ``valid`` and ``test``, and what is known of them.

    A pitch is what is heard: where a voice does not sound at its key, another key is pressed. Voices whose name does
    not tell their family, whose pitch is not clear, or that sound like another are left out. A voice that velocity does
    not change has one note at each pitch, with a velocity drawn by ``seed``. Levels are the voices' own, so one gain
    holds for all notes; a note that would still pass full scale is clipped, and counted.

    Args:
        out: new folder; until it is complete its notes lie in ``.<name>.partial`` beside it. What was interrupted goes
            on there, after it has listened to the voices anew.
        banks: files of DX7 voices; those that come with hexter without it.
        pitches: MIDI numbers, 0-127.
        velocities: 1-127.
        notes: at most this many, the same number of each voice, at pitches and velocities drawn by ``seed``; a larger
            number holds the notes of a smaller one.
        seed: of the split and of all that is drawn.
        gain: factor on Dexed's sound.
        workers: processes; as many as there are cores without it. One renders in this process.

    Returns:
        What ``out/dx7.json`` holds: ``settings``, ``banks`` (name, file, voices, SHA-256), ``dexed-py`` (its version),
        ``left_out`` (why, by the titles of the voices), ``notes`` (of each split), ``peak`` (the highest, of full
        scale), ``clipped`` and ``silent`` (numbers of notes), ``instruments`` (by name: bank, place, voice, cluster,
        split, notes, peak, ``sounds``, the semitones from key to pitch, and ``responds``, whether to velocity).

    Raises:
        UsageError: if dexed-py or hexter is not installed, a value is out of range, ``out`` exists, no voice is left,
            or a rendering was begun there with other settings.
        DataError: if a bank holds no voices, or the disk has too little room.

    >>> from pathlib import Path
    >>> voices = find_banks()[0].voices[10:14]
    >>> _ = Path("four.dx7").write_bytes(b"".join(voice.packed for voice in voices))
    >>> record = render("voices", ["four.dx7"], pitches=[60], velocities=[100], workers=1)
    >>> record["notes"]
    {'train': 3, 'valid': 0, 'test': 0}
    """
    out = Path(out)
    need_new(out)
    about: dict[str, Any] = {"dexed-py": version()}
    found = find_banks(banks)
    settings = {
        "pitches": checked(pitches, "pitches", range(128)),
        "velocities": checked(velocities, "velocities", range(1, 128)),
        "notes": notes,
        "seed": seed,
        "gain": gain,
    }
    chosen, left_out = choose([voice for bank in found for voice in bank.voices], workers)
    if not chosen:
        raise UsageError(f"{' and '.join(str(bank.path) for bank in found)}: no voice can be used; choose other banks")
    about |= {"settings": settings, "banks": [bank.describe() for bank in found], "left_out": left_out}
    instruments, jobs = _plan(chosen, settings, partial_of(out))
    return render_set(out, "dx7.json", about, instruments, jobs, render_job, workers)


def _plan(
    chosen: Sequence[Chosen], settings: dict[str, Any], partial: Path
) -> tuple[dict[str, dict[str, Any]], list[Job]]:
    """What there is to know of each instrument, and what is to be rendered of it."""
    cluster = dict(zip((c.voice.number for c in chosen), clusters([c.voice for c in chosen]), strict=True))
    families = {c.voice.number: c.family for c in chosen}
    side = split_clusters(cluster, families, settings["seed"], by_instruments=True)
    drawn = cells({(c.voice.number,): _grid(c, settings) for c in chosen}, settings["notes"], settings["seed"])
    instruments, jobs = {}, []
    for c, notes in zip(chosen, drawn, strict=True):
        number = c.voice.number
        instruments[c.instrument] = {
            "instrument": number,
            "bank": c.voice.bank,
            "place": c.voice.place,
            "voice": c.voice.name,
            "cluster": cluster[number],
            "sounds": c.tuning.sounds,
            "responds": c.tuning.responds,
            "split": side[number],
        }
        folder = partial / side[number] / "audio"
        jobs.append(Job(c.instrument, folder, notes, c.voice.packed, c.tuning.sounds, settings["gain"]))
    return instruments, jobs


def _grid(chosen: Chosen, settings: dict[str, Any]) -> list[Cell]:
    """The notes that can be rendered of a voice, no two of which sound the same."""
    pitches = [pitch for pitch in settings["pitches"] if 0 <= pitch - chosen.tuning.sounds <= 127]
    if chosen.tuning.responds:
        return grid(pitches, settings["velocities"])
    drawn = np.random.default_rng([settings["seed"], chosen.voice.number]).choice(settings["velocities"], 128)
    return [(pitch, int(drawn[pitch])) for pitch in pitches]


def render_job(job: Job) -> int:
    """Render the notes of one voice and return how many there are, silent ones included."""
    synth = Synth(job.packed, job.gain)
    return render_notes(job, lambda pitch, velocity: synth.note(pitch - job.sounds, velocity))
