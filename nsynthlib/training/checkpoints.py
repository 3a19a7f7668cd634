"""What a training run keeps, and how it fails: checkpoints that appear whole, faults told in one line."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch.optim.swa_utils import AveragedModel

from nsynthlib.errors import DataError, RunFailed
from nsynthlib.files import atomic, write_json
from nsynthlib.models.autoencoders import AE
from nsynthlib.training.precision import cuda_works
from nsynthlib.values import whole


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
def explain_full_gpu(run: Path, batch_size: int) -> Iterator[None]:
    """A GPU's memory that does not hold what is put into it, as RunFailed."""
    try:
        yield
    except torch.cuda.OutOfMemoryError:
        raise RunFailed(
            f"the GPU's memory does not hold a batch of {batch_size} beside the notes; {run} keeps its last good "
            "checkpoint; begin a new run with a smaller --batch-size"
        ) from None


@contextmanager
def explain_failures(run: Path, batch_size: int) -> Iterator[None]:
    """What ends a run from outside, as RunFailed: the GPU's memory, the disk."""
    try:
        with explain_full_gpu(run, batch_size):
            yield
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
        "cuda_random": [torch.cuda.get_rng_state()] if cuda_works() else [],  # of this process' GPU
        **asdict(progress),
    }
    packed = io.BytesIO()  # written by torch itself, a full disk would hide behind an error of its own
    torch.save(state, packed)
    with atomic(run / "latest.pt") as partial:
        partial.write_bytes(packed.getbuffer())
    write_json(run / "history.json", progress.history)


def load_latest(run: Path, model: AE, optimizer: Any, average: AveragedModel) -> Progress:
    """Put everything back as :func:`save_latest` found it. Nothing is unpickled.

    Raises DataError, which names the file, if it is broken or of another network, optimiser or form.
    """
    path = run / "latest.pt"
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a broken archive
        raise DataError(f"{path}: cannot be read ({type(error).__name__}); start a new run") from None
    try:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        average.load_state_dict(state["average"])
        torch.set_rng_state(state["random"])
        if cuda_works() and state["cuda_random"]:  # every process draws what the one that saved would have drawn
            torch.cuda.set_rng_state(state["cuda_random"][0])
        return Progress(whole("step", state["step"], 0), {part: state["history"][part] for part in Progress().history})
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError, IndexError) as error:
        raise DataError(
            f"{path}: does not fit the settings.json beside it ({_reason(error)}); put that run's own latest.pt back, "
            "or start a new run"
        ) from None


def _reason(error: Exception) -> str:
    """What was refused, in one line: of a list of tensors the first."""
    if isinstance(error, KeyError):
        return f"it lacks {error}"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = lines[1] if len(lines) > 1 else lines[0]
    return told if len(told) <= 160 else f"{told[:160]} …"
