"""Traits that are settings of an explorer: each knows what it offers, and refuses the rest when it is assigned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import traitlets

Limit = float | Callable[[Any], float]  # the same for all explorers, or what one explorer's is
ROUNDING = 1e-9  # part of a limit by which a slider along a logarithm may miss it


def refusal(name: str, value: object, offered: str) -> str:
    """The one line that says what a setting cannot be, and what it can."""
    return f"{name} {value} is not offered; choose one {offered}"


def setting(trait: traitlets.TraitType, **about: Any) -> Any:
    """``trait`` as one of an explorer's settings, with what else is to be known about it."""
    return trait.tag(sync=True, setting=True, **about)


class Choice(traitlets.Int):
    """The place of the chosen one among ``values``."""

    def __init__(self, values: Sequence[Any], default: int = 0) -> None:
        super().__init__(default)
        self.values = tuple(values)

    def validate(self, obj: Any, value: Any) -> int:
        place = super().validate(obj, value)
        last = len(self.values) - 1
        if not 0 <= place <= last:
            offered = f"from 0 to {last}, the places of {', '.join(map(str, self.values))}"
            raise traitlets.TraitError(refusal(f"{self.name}", place, offered))
        return place


def _within(trait: Whole | Real, explorer: Any, number: float) -> Any:
    """``number``, which lies between the limits of the trait; raises TraitError for one that does not."""
    low, high = (limit(explorer) if callable(limit) else limit for limit in (trait.low, trait.high))
    if not low - abs(low) * ROUNDING <= number <= high + abs(high) * ROUNDING:
        raise traitlets.TraitError(refusal(f"{trait.name}", number, f"from {low} to {high}"))
    return number


class Whole(traitlets.Int):
    """A whole number from ``low`` to ``high``."""

    def __init__(self, low: Limit, high: Limit, default: int = 0) -> None:
        super().__init__(default)
        self.low, self.high = low, high

    def validate(self, obj: Any, value: Any) -> int:
        return _within(self, obj, super().validate(obj, value))


class Real(traitlets.Float):
    """A number from ``low`` to ``high``, and no NaN."""

    def __init__(self, low: Limit, high: Limit, default: float = 0.0) -> None:
        super().__init__(default)
        self.low, self.high = low, high

    def validate(self, obj: Any, value: Any) -> float:
        return _within(self, obj, super().validate(obj, value))
