"""Gradient descent by hand: a polynomial learns how a note dies away, or learns its measurements by heart."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import ipywidgets
import numpy as np
import torch
from numpy.polynomial.legendre import legvander

from nsynthlib.constants import CONSTANTS
from nsynthlib.shared_random import uniform
from nsynthlib.spectral.phase import OnStep
from nsynthlib.widgets.base import ExplorerWidget, Settings
from nsynthlib.widgets.controls import LOOK, Explorer, check_within, choose, places_of
from nsynthlib.widgets.modules import WEB, one_file
from nsynthlib.widgets.sampling import faded
from nsynthlib.widgets.settings import Choice, Whole, setting

if TYPE_CHECKING:
    from torch import Tensor

_SHARED = CONSTANTS["learning"]
SECONDS: float = _SHARED["seconds"]
START_DB: float = _SHARED["start_db"]  # a level, flat, before the first step
STEPS, RATES = (tuple(_SHARED[name]) for name in ("steps", "learning_rates"))
POINTS: tuple[int, int] = tuple(_SHARED["points"])  # fewest and most
WEIGHTS: tuple[int, int] = tuple(_SHARED["weights"])
LOOKS: int = _SHARED["looks_per_decade"]


def level_of(time: np.ndarray) -> np.ndarray:
    """Level in dB, ``[n]``, of a note whose energy first leaves it fast and then slowly, at ``time`` in seconds."""
    fast, slow = (share * 10 ** (-rate * time / 20) for share, rate in _SHARED["decays"])
    return 20 * np.log10(fast + slow)


def measured(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Moments in seconds and levels in dB, ``[count]`` each; the levels are wrong by some decibels.

    The moments are spread over the note, and each is drawn within its own part of it.
    """
    drawn = uniform(4 * count, seed).reshape(count, 4)
    time = SECONDS * (np.arange(count) + drawn[:, 0]) / count
    noise = 2 * drawn[:, 1:].sum(1) - 3  # of variance 1
    return time, level_of(time) + _SHARED["noise_db"] * noise


def features(time: np.ndarray, weights: int) -> np.ndarray:
    """What each weight is multiplied by: Legendre polynomials of degree 0 and up, ``[n, weights]``, within -1 and 1."""
    return legvander(2 * time / SECONDS - 1, weights - 1)


class Run(NamedTuple):
    """What a run of gradient descent leaves."""

    weights: np.ndarray  #: at its end, ``[weights]``
    stopped: np.ndarray  #: where the held-out error was lowest, ``[weights]``
    steps: np.ndarray  #: at which the errors were looked at, from 0 on
    train_db: np.ndarray  #: root mean square error there
    valid_db: np.ndarray
    best: int  #: step of the lowest held-out error
    highest_rate: float  #: beyond it the loss grows without end
    diverged: int  #: step at which the run was given up, or 0


@lru_cache(maxsize=1)  # two sounds are asked for right after its figure
def descend(*, learning_rate: float, weights: int, steps: int, points: int) -> Run:
    """Gradient descent of the mean squared error over all training points, from a flat level on."""
    parts = [measured(points, 0), measured(_SHARED["held_out"], 1)]
    (x, y), valid = ((features(time, weights), level - START_DB) for time, level in parts)
    gram, moment = x.T @ x / len(x), x.T @ y / len(x)  # half the gradient is gram w - moment
    marks = _looks(steps)
    looks = set(marks)
    w = np.zeros(weights)
    kept, errors, diverged = [w], [[_rms(x, y, w), _rms(*valid, w)]], 0
    for step in range(1, steps + 1):
        w = w - 2 * learning_rate * (gram @ w - moment)
        if step not in looks:
            continue
        kept.append(w)
        errors.append([_rms(x, y, w), _rms(*valid, w)])
        if errors[-1][0] > _SHARED["diverged"] * errors[0][0]:
            diverged = step
            break
    looked_at = np.array([0, *marks[: len(kept) - 1]])
    train_db, valid_db = np.array(errors).T
    first = int(np.argmax(valid_db <= valid_db.min() * (1 + _SHARED["no_better"])))
    highest = 1 / float(np.linalg.eigvalsh(gram)[-1])
    return Run(w, kept[first], looked_at, train_db, valid_db, int(looked_at[first]), highest, diverged)


def _looks(steps: int) -> list[int]:
    """The steps at which errors are looked at: some in each power of ten, and the last."""
    count = int(np.ceil(LOOKS * np.log10(max(STEPS)))) + 1
    marks = {int(np.floor(10 ** (i / LOOKS) + 0.5)) for i in range(count)} | {steps}
    return sorted(mark for mark in marks if mark <= steps)


def _rms(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> float:
    return float(np.sqrt(np.mean((x @ w - y) ** 2)))


def _fitted(time: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Level in dB at ``time``, ``[n]``."""
    return START_DB + features(time, len(weights)) @ weights


class LearningWidget(ExplorerWidget):
    """Measured levels of a note, the polynomial fitted to them, and its errors while it learned."""

    _esm = one_file(WEB / "views/learning.mjs")
    learning_rate = setting(Choice(RATES))
    weights = setting(Whole(*WEIGHTS, WEIGHTS[0]))
    points = setting(Whole(*POINTS, POINTS[0]))
    steps = setting(Choice(STEPS))

    def figure(self, settings: Settings, note: Tensor) -> dict[str, Any]:
        """Points, curves and errors; all levels in dB, times in seconds, curves evenly spaced over the note."""
        run = descend(**settings)
        time = np.linspace(0, SECONDS, _SHARED["curve_points"])
        (train_x, train_y), (valid_x, valid_y) = measured(settings["points"], 0), measured(_SHARED["held_out"], 1)
        arrays = {
            "train_x": train_x,
            "train_y": train_y,
            "valid_x": valid_x,
            "valid_y": valid_y,
            "truth": level_of(time),
            "fit": _fitted(time, run.weights),
            "stopped": _fitted(time, run.stopped),
            "steps": run.steps,
            "train_db": run.train_db,
            "valid_db": run.valid_db,
        }
        told = {"best": run.best, "highest_rate": run.highest_rate, "diverged": run.diverged}
        return told | {name: values.astype(np.float32) for name, values in arrays.items()}

    def audio(self, want: str, settings: Settings, note: Tensor, on_step: OnStep | None = None) -> tuple[Tensor, int]:
        """A tone that dies away as the fit says, as an early ``"stopped"`` one says, or as the ``"original"`` does."""
        time = np.arange(round(SECONDS * self.sample_rate)) / self.sample_rate
        if want == "original":
            level = level_of(time)
        else:
            run = descend(**settings)
            level = _fitted(time, run.stopped if want == "stopped" else run.weights)
        turns = 2 * np.pi * _SHARED["hz"] * time
        tone = sum(np.sin(k * turns) / k for k in range(1, _SHARED["partials"] + 1))
        gain = _SHARED["gain"] * 10 ** (np.clip(level, _SHARED["floor_db"], 0) / 20)
        return torch.from_numpy(faded(gain * tone, self.sample_rate)), self.sample_rate


class LearningExplorer(Explorer):
    """Made by :func:`learning_explorer`.

    >>> learning_explorer(weights=4).controls["weights"].value
    4
    """

    def __repr__(self) -> str:
        return f"LearningExplorer({WEIGHTS[0]} to {WEIGHTS[1]} weights, up to {STEPS[-1]} steps)"


def learning_explorer(
    *, learning_rate: float = 0.3, weights: int = 12, steps: int = 1000, points: int = 10
) -> LearningExplorer:
    """A polynomial fitted by gradient descent to the noisy level of a dying note: too little, well, by heart, or not.

    Args:
        learning_rate: at first, one of ``RATES``.
        weights: of the polynomial at first, 1 to 24.
        steps: at first, one of ``STEPS``.
        points: to learn from at first, 6 to 40; 24 others are held out.

    Raises:
        ValueError: for a value that the controls do not have.

    >>> learning_explorer(weights=4)
    LearningExplorer(1 to 24 weights, up to 10000 steps)
    """
    at = places_of({"learning_rate": RATES, "steps": STEPS}, {"learning_rate": learning_rate, "steps": steps})
    chosen = {
        "weights": check_within("weights", weights, *WEIGHTS, "weights"),
        "points": check_within("points", points, *POINTS, "points"),
    }
    controls = {
        "learning_rate": choose("Learning rate", RATES, at["learning_rate"]),
        "weights": ipywidgets.IntSlider(weights, *WEIGHTS, description="Weights", **LOOK),
        "steps": choose("Steps", [(f"{n:,}", n) for n in STEPS], at["steps"]),
        "points": ipywidgets.IntSlider(points, *POINTS, description="Training points", **LOOK),
    }
    return LearningExplorer(controls, LearningWidget(kind="learning", **chosen, **at))
