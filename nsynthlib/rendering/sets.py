"""A folder with the sets ``train``, ``valid`` and ``test``, which appears when it is complete.

Notes are written one by one into a hidden folder beside the one asked for, which takes its name only when all are
there. Begun again with the same settings, rendering goes on where it stopped.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

from nsynthlib.data import index_entry
from nsynthlib.errors import UsageError
from nsynthlib.files import need_space, read_json, read_settings, write_json
from nsynthlib.rendering.jobs import SILENT, Job
from nsynthlib.rendering.pool import each
from nsynthlib.rendering.splitting import SPLITS

BYTES = 131_072  # of one note on the disk, in whole blocks

SomeJob = TypeVar("SomeJob", bound=Job)


def need_new(out: Path) -> None:
    """Raise UsageError if ``out`` is there already.

    >>> from pathlib import Path
    >>> Path("mine").mkdir()
    >>> need_new(Path("mine"))
    Traceback (most recent call last):
        ...
    nsynthlib.errors.UsageError: mine exists already; name a new folder, or remove it first
    """
    if out.exists():
        raise UsageError(f"{out} exists already; name a new folder, or remove it first")


def partial_of(out: Path) -> Path:
    """Where the notes lie until all of them are there.

    >>> from pathlib import Path
    >>> partial_of(Path("data/mine")).name
    '.mine.partial'
    """
    return out.with_name(f".{out.name}.partial")


def render_set(
    out: Path,
    record: str,
    about: dict[str, Any],
    instruments: dict[str, dict[str, Any]],
    jobs: Sequence[SomeJob],
    render_job: Callable[[SomeJob], int],
    workers: int | None,
) -> dict[str, Any]:
    """Do the jobs and return what ``out/<record>`` then holds.

    Args:
        out: the new folder.
        record: name of the JSON file of all that is known of the set.
        about: what the notes depend on, ``settings`` among it; a rendering begun with anything else does not go on.
        instruments: what is known of each by name, its ``split`` and its number, ``instrument``, among it; ``notes``
            and ``peak`` are added.
        jobs: of each instrument, in ``partial_of(out)/<split>/audio``.
        render_job: renders a job and returns how many notes it has; a function that processes can import.
        workers: see :func:`nsynthlib.rendering.pool.each`.

    >>> import numpy as np
    >>> from pathlib import Path
    >>> def hiss(pitch, velocity):
    ...     return np.random.default_rng(pitch).uniform(-0.1, 0.1, 64_000).astype(np.float32)
    >>> def render_job(job):
    ...     return render_notes(job, hiss)
    >>> out, name = Path("hisses"), "organ_synthetic_000"
    >>> job = Job(name, partial_of(out) / "train" / "audio", cells=((60, 100), (64, 100)))
    >>> about = {name: {"split": "train", "instrument": 0}}
    >>> render_set(out, "set.json", {"settings": {"seed": 0}}, about, [job], render_job, workers=1)["notes"]
    {'train': 2, 'valid': 0, 'test': 0}
    """
    partial = partial_of(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    begin(partial / record, about)
    left = [job for job in jobs if not job.record.exists()]
    total, missing = (sum(len(job.cells) for job in some) for some in (jobs, left))
    if left:
        need_space(partial, missing * BYTES, "rendering")
    with tqdm(total=total, initial=total - missing, desc="rendering", unit="note") as bar:
        for done in each(render_job, left, workers):
            bar.update(done)
    about = about | _summary(instruments, jobs)
    _finish(partial / record, about, jobs)
    partial.rename(out)
    return about


def begin(record: Path, about: dict[str, Any]) -> None:
    """Make the folders beside ``record``, or make sure that those there belong to all that is in ``about``.

    Raises UsageError if they belong to other settings, and DataError if another version of the package began them.

    >>> from pathlib import Path
    >>> begin(Path("new/set.json"), {"settings": {"seed": 0}})
    >>> begin(Path("new/set.json"), {"settings": {"seed": 1}})
    Traceback (most recent call last):
        ...
    nsynthlib.errors.UsageError: new was begun with other seed; go on with those, or remove it
    """
    partial = record.parent
    if record.exists():
        begun = read_settings(record, about)
        settings = read_settings(record, about["settings"], "settings")
        other = [key for key in settings if settings[key] != about["settings"][key]]
        other += [key for key in about if key != "settings" and begun[key] != about[key]]
        if other:
            raise UsageError(f"{partial} was begun with other {' and '.join(other)}; go on with those, or remove it")
    for split in SPLITS:
        (partial / split / "audio").mkdir(parents=True, exist_ok=True)
    write_json(record, about)


def _summary(instruments: dict[str, dict[str, Any]], jobs: Sequence[Job]) -> dict[str, Any]:
    """What the finished jobs add to the record; fills in the notes and the peak of each instrument."""
    notes, peaks = dict.fromkeys(SPLITS, 0), []
    for job in jobs:
        found = list(read_json(job.record).values())
        about = instruments[job.instrument]
        about["notes"] = sum(peak >= SILENT for peak in found)
        about["peak"] = round(max(found, default=0.0), 4)
        notes[about["split"]] += about["notes"]
        peaks += found
    return {
        "notes": notes,
        "peak": round(max(peaks, default=0.0), 4),
        "clipped": sum(peak > 1 for peak in peaks),
        "silent": sum(peak < SILENT for peak in peaks),
        "instruments": instruments,
    }


def _finish(record: Path, about: dict[str, Any], jobs: Sequence[Job]) -> None:
    """Write the indexes and the record, and remove what only a rendering under way needs."""
    number = {name: instrument["instrument"] for name, instrument in about["instruments"].items()}
    peaks = [(job, read_json(job.record)) for job in jobs]
    for split in SPLITS:
        folder = record.parent / split
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
    write_json(record, about)
    for job in jobs:
        job.record.unlink(missing_ok=True)
    for stray in record.parent.glob("*/audio/.*.partial"):
        stray.unlink()
