"""What runs on clips have in common: their folder, what is told of them, and that the best of their checks is kept."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn
from tqdm import tqdm

from nsynthlib.data.clips import Clips
from nsynthlib.errors import RunFailed, UsageError
from nsynthlib.files import write_json
from nsynthlib.models.pretrained import save_weights
from nsynthlib.signals import interrupts
from nsynthlib.training.processes import need_one_process
from nsynthlib.values import positive, whole

CHECKS = 8  # times that a run is checked
Learned = TypeVar("Learned")  # what a step tells of what it learned


def new_run(run: str | os.PathLike[str]) -> Path:
    """``run`` as a folder to train in; UsageError if something is in it already, or several processes were started."""
    need_one_process("this training")
    folder = Path(run)
    if (folder / "training.json").exists() or folder.is_file():
        raise UsageError(f"{folder} holds something already; name a new folder for the run")
    return folder


def begin_record(
    model: nn.Module, clips: tuple[Clips, Clips], *, steps: int, batch_size: int, learning_rate: float, seed: int
) -> dict[str, Any]:
    """The beginning of a run's ``training.json``; UsageError for a setting that is out of range."""
    settings = {
        "steps": whole("steps", steps, 1),
        "batch_size": whole("batch_size", batch_size, 1),
        "learning_rate": positive("learning_rate", learning_rate),
        "seed": whole("seed", seed, 0),
    }
    return {
        "kind": type(model).__name__,
        "settings": settings,
        "parameters": sum(p.numel() for p in model.parameters()),
        "torch": torch.__version__,
        "clips": [len(part.pitch) for part in clips],
        "sha256": [clips_sha256(part) for part in clips],
        "validation": [],
    }


def clips_sha256(clips: Clips) -> str:
    """What tells whether two runs learned from the same sounds."""
    return hashlib.sha256(clips.audio.numpy().tobytes() + clips.pitch.numpy().tobytes()).hexdigest()


def run_steps(
    run: Path,
    record: dict[str, Any],
    step: Callable[[int], Learned],
    check: Callable[[int, list[Learned]], dict[str, float]],
    *,
    kept: nn.Module,
    by: str,
    quiet: bool,
) -> dict[str, Any]:
    """Take the steps of a run, check it eight times and at its end, keep what does best, and write its record.

    Args:
        run: its folder.
        record: of :func:`begin_record`; it gets what is found.
        step: takes a step, which is told its number, from 1.
        check: what is measured after a step, from its number and what the steps since the last check told.
        kept: whose weights are kept where ``check`` gives less than ever before.
        by: the measure that says so.
        quiet: without a bar.

    Raises:
        RunFailed: if it was interrupted.
    """
    steps, name = record["settings"]["steps"], record["kind"]
    started, learned, best = time.monotonic(), [], float("inf")
    with tqdm(total=steps, desc=name, unit="step", disable=quiet) as bar, interrupts() as interrupted:
        for number in range(1, steps + 1):
            learned.append(step(number))
            bar.update()
            if number % max(1, steps // CHECKS) == 0 or number == steps:
                found = check(number, learned)
                learned.clear()
                record["validation"].append({"step": number, **found})
                record["seconds"] = round(time.monotonic() - started, 1)
                bar.set_postfix({by: f"{found[by]:.3f}"})
                if found[by] < best:
                    best, record["best_step"] = found[by], number
                    save_weights(kept, run)
            if interrupted():
                raise _stopped(number, run, record)
    write_json(run / "training.json", record)
    return record


def _stopped(number: int, run: Path, record: Mapping[str, Any]) -> RunFailed:
    """What an interrupt leaves."""
    left = f"{run} holds the best weights so far" if record["validation"] else "nothing of it is kept"
    return RunFailed(f"stopped after {number} of {record['settings']['steps']} steps; {left}")
