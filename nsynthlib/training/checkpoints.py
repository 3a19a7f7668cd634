"""What a training run keeps, and how it ends: checkpoints that appear whole, interrupts, faults told in one line."""

from __future__ import annotations

import io
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch.optim.swa_utils import AveragedModel

from nsynthlib.errors import DataError, RunFailed
from nsynthlib.files import atomic, write_json
from nsynthlib.models.autoencoders import AE


@dataclass
class Progress:
    """How far a run is, and what happened."""

    step: int = 0
    history: dict[str, Any] = field(
        default_factory=lambda: {"train": [], "validation": [], "best": math.inf, "seconds": 0.0}
    )

    def log(self, row: dict[str, float], run: Path, settings: Any) -> None:
        """Keep a look at the losses; RunFailed if the loss is no number."""
        if not math.isfinite(row["loss"]):
            raise RunFailed(
                f"the loss is {row['loss']} at step {self.step}; {run} keeps its last good checkpoint; "
                f"try a lower learning rate than {settings.learning_rate}"
            )
        self.history["train"].append({"step": self.step, **row})

    def validated(self, result: dict[str, float], seconds: float, run: Path) -> bool:
        """Keep a validation; whether it is the best so far. RunFailed if its error is no number."""
        if not math.isfinite(result["rmse_db"]):
            raise RunFailed(
                f"the validation error is {result['rmse_db']} at step {self.step}; {run} keeps its last good checkpoint"
            )
        self.history["validation"].append({"step": self.step, **result})
        self.history["seconds"] = seconds
        better = result["rmse_db"] <= self.history["best"]
        self.history["best"] = min(self.history["best"], result["rmse_db"])
        return better

    def stale(self, patience: int) -> bool:
        """Whether the last ``patience`` validations brought nothing better than the one before them."""
        errors = [row["rmse_db"] for row in self.history["validation"]]
        return 0 < patience < len(errors) and min(errors[-patience:]) > min(errors[:-patience])


class Clock:
    """Seconds of a run, those before it was resumed included."""

    def __init__(self, before: float) -> None:
        self.started = time.monotonic() - before

    def seconds(self) -> float:
        return time.monotonic() - self.started


@contextmanager
def interrupts() -> Iterator[Callable[[], bool]]:
    """Within the block Ctrl-C only sets a flag, so that a step is finished and saved; a second one stops at once."""
    if threading.current_thread() is not threading.main_thread():  # signals belong to the main thread
        yield lambda: False
        return
    asked = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def ask(*_: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def explain_failures(run: Path, batch_size: int) -> Iterator[None]:
    """What ends a run from outside, as RunFailed: the GPU's memory, the disk."""
    try:
        yield
    except torch.cuda.OutOfMemoryError:
        raise RunFailed(
            f"the GPU's memory does not hold a batch of {batch_size} beside the notes; {run} keeps its last good "
            "checkpoint; begin a new run with a smaller --batch-size"
        ) from None
    except OSError as error:
        raise RunFailed(
            f"{error.filename or run}: cannot be written ({error.strerror}); the last good checkpoint stays; "
            "make room and resume"
        ) from None


def save_latest(run: Path, model: AE, optimizer: Any, average: AveragedModel, progress: Progress) -> None:
    """``latest.pt``, all that a resumed run needs, and ``history.json``."""
    state = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "average": average.state_dict(),
        "random": torch.get_rng_state(),
        "cuda_random": torch.cuda.get_rng_state_all(),
        **asdict(progress),
    }
    packed = io.BytesIO()  # written by torch itself, a full disk would hide behind an error of its own
    torch.save(state, packed)
    with atomic(run / "latest.pt") as partial:
        partial.write_bytes(packed.getbuffer())
    write_json(run / "history.json", progress.history)


def load_latest(run: Path, model: AE, optimizer: Any, average: AveragedModel) -> Progress:
    """Put everything back as :func:`save_latest` found it; DataError if the file is broken. Nothing is unpickled."""
    try:
        state = torch.load(run / "latest.pt", map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a broken archive
        raise DataError(f"{run / 'latest.pt'}: cannot be read ({type(error).__name__}); start a new run") from None
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    average.load_state_dict(state["average"])
    torch.set_rng_state(state["random"])
    for device, random in enumerate(state["cuda_random"][: torch.cuda.device_count()]):  # there may be fewer GPUs now
        torch.cuda.set_rng_state(random, device)
    return Progress(state["step"], state["history"])
