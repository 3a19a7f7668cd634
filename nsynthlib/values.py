"""Values as they are given: taken where their meaning is plain, refused in one line where it is not."""

from __future__ import annotations

import math
import reprlib
from numbers import Integral, Real
from typing import Any

from nsynthlib.errors import UsageError


def number(value: Any) -> int | float | None:
    """``value`` where it is a finite number, else ``None``; a truth value is none."""
    if getattr(value, "shape", None) == ():
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        return None
    return int(value) if isinstance(value, Integral) else float(value)


def whole(name: str, value: Any, low: int, high: int | None = None) -> int:
    """``value`` as an int: 60, 60.0, or one number of NumPy's or PyTorch's.

    Raises UsageError, which names it, for what is no whole number (60.5, True, text) or lies outside ``low`` to
    ``high``.
    """
    given = number(value)
    if given is None or given % 1 or given < low or (high is not None and given > high):
        needed = f"of at least {low}" if high is None else f"from {low} to {high}"
        raise UsageError(f"{name} {shown(value)} is no whole number {needed}; choose one that is")
    return int(given)


def share(name: str, value: Any) -> float:
    """``value`` as a float in [0, 1]; UsageError, which names it, for anything else."""
    given = number(value)
    if given is None or not 0 <= given <= 1:
        raise UsageError(f"{name} {shown(value)} is no number from 0 to 1; choose one that is")
    return float(given)


def positive(name: str, value: Any) -> float:
    """``value`` as a float above 0; UsageError, which names it, for anything else."""
    given = number(value)
    if given is None or given <= 0:
        raise UsageError(f"{name} {shown(value)} is no number greater than 0; choose one that is")
    return float(given)


def one_of(name: str, value: Any, known: Any) -> str:
    """``value``, which must be one of the names ``known``; UsageError lists them."""
    if not isinstance(value, str) or value not in known:
        raise UsageError(f"{name} {shown(value)} is unknown; choose one of {', '.join(known)}")
    return value


def shown(value: Any) -> str:
    """``value`` for one line: short, whatever it is."""
    return " ".join(reprlib.repr(value).split())


def printable(text: str) -> str:
    """``text`` with what no terminal shows written as escapes: a file's name may hold any bytes."""
    return text.encode("utf-8", "backslashreplace").decode()
