"""Work in a thread beside the kernel's own, so that the kernel goes on answering meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from IPython.core.getipython import get_ipython

from nsynthlib.spectral.phase import OnStep

Result = TypeVar("Result")

_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="nsynthlib-sound")  # one for all explorers


class Stopped(Exception):
    """Ends work that nobody waits for any more."""


def kernel_runs() -> bool:
    """Whether a front end asks by way of a kernel, whose event loop sends what is computed later."""
    return getattr(get_ipython(), "kernel", None) is not None


async def in_background(work: Callable[[OnStep], Result], report: OnStep) -> Result:
    """What ``work(on_step)`` gives, computed after all work that was given before it.

    ``report`` is called with what ``on_step`` is called with, in this event loop. Work that is cancelled here does not
    begin, or ends at its next step.
    """
    loop = asyncio.get_running_loop()
    stopped = threading.Event()

    def on_step(done: int, of: int) -> None:
        if stopped.is_set() or not loop.is_running():  # a loop ends with its kernel, which should not have to wait
            raise Stopped
        loop.call_soon_threadsafe(report, done, of)

    try:
        return await loop.run_in_executor(_THREAD, work, on_step)
    finally:
        stopped.set()
