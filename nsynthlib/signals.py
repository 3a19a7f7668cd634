"""Being asked to end: by Ctrl-C, by a scheduler or ``kill`` (SIGTERM), by a terminal that is closed (SIGHUP)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def interrupts() -> Iterator[Callable[[], bool]]:
    """Within the block such a signal only sets a flag, so that a step is finished and saved; a second one ends at once.

    A signal that is ignored, as SIGHUP is under ``nohup``, stays so.
    """
    if threading.current_thread() is not threading.main_thread():  # signals belong to the main thread
        yield lambda: False
        return
    asked = threading.Event()
    before = {number: signal.getsignal(number) for number in ENDING}
    mine = [number for number, handler in before.items() if handler not in (signal.SIG_IGN, None)]

    def restore() -> None:
        for number in mine:
            signal.signal(number, before[number])

    def ask(*_: object) -> None:
        asked.set()
        restore()

    for number in mine:
        signal.signal(number, ask)
    try:
        yield asked.is_set
    finally:
        restore()


def end_like_ctrl_c() -> None:
    """From now on every such signal raises KeyboardInterrupt in this process, so that all is left in order."""
    for number in ENDING:
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
