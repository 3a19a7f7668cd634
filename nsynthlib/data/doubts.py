"""Which files of a folder became no note, and why: a line for each cause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

NAMED = 3  # files of each cause; the rest are counted


@dataclass(frozen=True)
class LeftOut:
    """A file that became no note: its ``cause``, the same words for all files that share it, and its own ``detail``."""

    file: str
    cause: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.file} ({self.detail})" if self.detail else self.file


def by_cause(left_out: Iterable[LeftOut]) -> Iterator[str]:
    """A line for each cause, the commonest first: how many files, and the first of them by name."""
    causes: dict[str, list[LeftOut]] = {}
    for file in left_out:
        causes.setdefault(file.cause, []).append(file)
    for cause, files in sorted(causes.items(), key=lambda pair: -len(pair[1])):
        more = f" and {len(files) - NAMED} more" if len(files) > NAMED else ""
        yield f"{cause}: {len(files)} file{'s' * (len(files) > 1)}: {', '.join(map(str, files[:NAMED]))}{more}"
