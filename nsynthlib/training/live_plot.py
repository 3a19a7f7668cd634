"""The losses of a run that is under way, drawn in a notebook."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from nsynthlib.plots import loss_curves

FIRST, EVERY = 60.0, 10.0  # seconds until the first picture, which a short run does without, and between two


class LivePlot:
    """Called with a run's history, draws it in the output of the cell that trains, in place of what it drew before.

    Args:
        total: steps of the whole run.
        clock: seconds that only ever grow.
    """

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.total, self.clock = total, clock
        self.began = clock()
        self.first_step: int | None = None  # that was logged since: a resumed run has done others before
        self.due = self.began + FIRST
        self.handle: Any = None

    def __call__(self, history: Mapping[str, Any]) -> None:
        step, now = history["train"][-1]["step"], self.clock()
        self.first_step = step if self.first_step is None else self.first_step
        if now < self.due:
            return
        self.due = now + EVERY
        self._show(history, step, now)

    def _show(self, history: Mapping[str, Any], step: int, now: float) -> None:
        from IPython.display import display
        from matplotlib import pyplot

        assert self.first_step is not None
        left = (now - self.began) / max(1, step - self.first_step) * (self.total - step) / 60
        figure = loss_curves(history)
        figure.suptitle(f"step {step:,} of {self.total:,}, about {left:.0f} minutes left")
        if self.handle is None:
            self.handle = display(figure, display_id=True)
        else:
            self.handle.update(figure)
        pyplot.close(figure)  # or the cell would show the last one again at its end
