"""What every comparison here shares: rows, and timing two ways of doing a thing side by side."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).resolve().parent.parent


def circumstances(**more: Any) -> dict[str, Any]:
    """The machine and the libraries, with whatever else decides how a measurement ends."""
    return {
        "machine": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "device": "cpu",
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        **more,
    }


@dataclass(frozen=True)
class Row:
    """One line of ``results.json``.

    ``goal`` is in words, as in ``"ratio >= 5"``; empty where there is none. ``ratio`` is how many times better ours is
    than the peer's, larger is better; ``peer`` and ``ratio`` are ``None`` where there is nothing to compare with.
    ``ours`` is ``None`` where a measurement cannot be made here; then ``circumstances["why"]`` says why.
    """

    name: str
    unit: str
    ours: float | None
    goal: str
    peer: float | None = None
    peer_name: str | None = None
    ratio: float | None = None
    circumstances: dict[str, Any] = field(default_factory=circumstances)


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def side_by_side(
    ours: Callable[[], object], peer: Callable[[], object], repeats: int = 7
) -> tuple[float, float, float]:
    """Median seconds of each, taken in turn after one warm-up, and the median of the pairs' ratios peer / ours.

    Taking turns lets a busy moment of the machine fall on both.
    """
    ours(), peer()
    pairs = [(seconds(ours), seconds(peer)) for _ in range(repeats)]
    return (
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(b / a for a, b in pairs),
    )


def met(row: Row) -> bool | None:
    """Whether a row reaches its goal: ``"<= 0.4"`` of ours, ``"ratio >= 5"`` of the ratio; ``None`` without a goal."""
    if not row.goal:
        return None
    sign, limit = row.goal.removeprefix("ratio").split()
    value = row.ratio if row.goal.startswith("ratio") else row.ours
    if value is None:
        return False
    return {"<": value < float(limit), "<=": value <= float(limit), ">=": value >= float(limit)}[sign]
