"""What runs on clips have in common: their folder, and what is told of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from nsynthlib.data.clips import Clips
from nsynthlib.errors import RunFailed, UsageError

CHECKS = 8  # times that a run is checked


def new_run(run: str | os.PathLike[str]) -> Path:
    """``run`` as a folder to train in; UsageError if something is in it already."""
    folder = Path(run)
    if (folder / "training.json").exists() or folder.is_file():
        raise UsageError(f"{folder} holds something already; name a new folder for the run")
    return folder


def begin_record(model: nn.Module, clips: tuple[Clips, Clips], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The beginning of a run's ``training.json``."""
    return {
        "kind": type(model).__name__,
        "settings": dict(settings),
        "parameters": sum(p.numel() for p in model.parameters()),
        "torch": torch.__version__,
        "clips": [len(part.pitch) for part in clips],
        "sha256": [clips_sha256(part) for part in clips],
        "validation": [],
    }


def clips_sha256(clips: Clips) -> str:
    """What tells whether two runs learned from the same sounds."""
    return hashlib.sha256(clips.audio.numpy().tobytes() + clips.pitch.numpy().tobytes()).hexdigest()


def to_be_checked(step: int, steps: int) -> bool:
    """Whether a run of ``steps`` is checked after ``step``, counted from 1: eight times, and at its end."""
    return step % max(1, steps // CHECKS) == 0 or step == steps


def stopped(step: int, steps: int, run: Path, record: Mapping[str, Any]) -> RunFailed:
    """What an interrupt leaves."""
    left = f"{run} holds the best weights so far" if record["validation"] else "nothing of it is kept"
    return RunFailed(f"stopped after {step} of {steps} steps; {left}")
