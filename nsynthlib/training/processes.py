"""One batch on several processes: which notes each takes, and what is the same as if there were but one.

Random numbers are drawn for the whole batch on every process, from the same seed, and each takes those of its notes.
Means are over all notes of all processes. So losses do not depend on how many processes there are, but for rounding.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from torch import Tensor
from torch.overrides import TorchFunctionMode

from nsynthlib.errors import DataError, UsageError

# What launchers tell each process: torchrun and accelerate, Intel's MPI, Open MPI, MVAPICH.
SIZES = ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")


def need_one_process(task: str) -> None:
    """Raise UsageError if this program was started as one of several that are to work together."""
    count = next((value for name in SIZES if (value := os.environ.get(name))), "1")
    if count != "1":
        raise UsageError(f"{task} works in one process, not in {count}; start it without `accelerate launch`")


class Share:
    """What one process does of batches of ``batch_size`` notes: every ``count``-th of them, from its own index on.

    Attributes:
        index, count: of the process, and how many there are.
        rows: places of its notes in a batch.

    Raises:
        UsageError: if a batch has fewer notes than there are processes.
    """

    def __init__(self, accelerator: Accelerator, batch_size: int) -> None:
        self.accelerator, self.batch_size = accelerator, batch_size
        self.index, self.count = accelerator.process_index, accelerator.num_processes
        if batch_size < self.count:
            raise UsageError(
                f"a batch of {batch_size} cannot be shared by {self.count} processes; start fewer, or choose a "
                f"batch_size of {self.count} or more"
            )
        self.rows = slice(self.index, None, self.count)

    def mean_of_batch(self, mean: Tensor) -> Tensor:
        """Of the whole batch, from this process' ``mean`` ``[]``: the same number on all.

        Its gradient counts this process' notes ``count`` times, since gradients are averaged over the processes; so
        each note weighs the same where one process has a note more than another.
        """
        if self.count == 1:
            return mean
        own = mean * (self.count * len(range(self.batch_size)[self.rows]) / self.batch_size)
        everywhere = cast(Tensor, self.accelerator.reduce(own.detach(), "mean"))
        return everywhere + (own - own.detach())

    def error_of_batch(self, error: Tensor) -> Tensor:
        """Errors ``[notes, bands, frames]`` with the mean of the whole batch, see :meth:`mean_of_batch`."""
        return error if self.count == 1 else self.mean_of_batch(error.mean()).expand(1, *error.shape[1:])

    def sum(self, values: Tensor) -> Tensor:
        """Over all processes; ``values`` and what comes back are on the CPU."""
        if self.count == 1:
            return values
        return cast(Tensor, self.accelerator.reduce(values.to(self.accelerator.device), "sum")).cpu()

    def drawn_for_batch(self) -> AbstractContextManager[Any]:
        """A context in which what a model draws for its notes is drawn for the whole batch."""
        return nullcontext() if self.count == 1 else _WholeBatch(self)

    def check_same(self, seen: Sequence[Any], what: str) -> None:
        """Raise DataError unless ``seen``, numbers and words, is the same on all processes."""
        if self.count > 1 and any(other != list(seen) for other in gather_object([list(seen)])):
            raise DataError(
                f"the {self.count} processes do not see the same {what}; "
                "put it where all machines see it, under one path"
            )


class _WholeBatch(TorchFunctionMode):
    """Within it, ``torch.rand`` and ``torch.randn_like`` draw for a whole batch and give one process' rows of it."""

    def __init__(self, share: Share) -> None:
        super().__init__()
        self.share = share

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is torch.randn_like:
            whole = args[0].new_empty(self.share.batch_size, *args[0].shape[1:])
            return func(whole, *args[1:], **kwargs)[self.share.rows]
        if func is torch.rand:
            return func(self.share.batch_size, *args[1:], **kwargs)[self.share.rows]
        return func(*args, **kwargs)
