"""Work spread over processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

import torch

from nsynthlib.errors import DataError
from nsynthlib.signals import ENDING

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(work: Callable[[Item], Result], items: Sequence[Item], workers: int | None) -> Iterator[Result]:
    """The results of ``work`` on each item, as they come; in this process if ``workers`` is 1.

    Without ``workers`` there are as many processes as cores. Raises DataError if one of them dies.

    >>> sorted(each(str.upper, ["organ", "flute"], workers=1))
    ['FLUTE', 'ORGAN']
    """
    workers = min(workers or _cores(), max(len(items), 1))
    if workers == 1:
        yield from map(work, items)
        return
    with _pool(workers) as pool:
        for future in as_completed([pool.submit(work, item) for item in items]):
            yield future.result()


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
