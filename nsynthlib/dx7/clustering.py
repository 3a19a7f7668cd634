"""Which voices are variants of one another, and so belong on one side of a split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nsynthlib.dx7.banks import NAMED, Voice
from nsynthlib.dx7.names import stem
from nsynthlib.rendering import joined

OPERATORS, SIZE, LEVEL = 6, 17, 14  # of the packed operators: how many, bytes of each, the byte that holds its level
ALIKE = 12  # bytes that differ between variants, at most: most pairs of voices differ in 40 or 75


def difference(one: bytes, other: bytes) -> int:
    """In how many bytes two packed voices differ, apart from their names and from operators that both have off.

    >>> first, second = (voice.packed for voice in find_banks()[0].voices[10:12])
    >>> difference(first, first), difference(first, second) > 12
    (0, True)
    """
    a, b = (np.frombuffer(packed, np.uint8, NAMED) for packed in (one, other))
    operators = OPERATORS * SIZE
    pair = np.stack([a[:operators], b[:operators]]).reshape(2, OPERATORS, SIZE)
    on = pair[:, :, LEVEL].any(0)
    return int((pair[0] != pair[1])[on].sum() + (a[operators:] != b[operators:]).sum())


def clusters(voices: Sequence[Voice]) -> list[int]:
    """The cluster of each voice, numbered from 0 in their order.

    Two voices are in one if their names have a stem in common, or they differ in ``ALIKE`` bytes or fewer.

    >>> clusters(find_banks()[0].voices[:6])
    [0, 0, 0, 1, 1, 1]
    """
    stems = [stem(voice.name) for voice in voices]
    pairs = [
        (i, j)
        for i in range(len(voices))
        for j in range(i)
        if stems[i] == stems[j] or difference(voices[i].packed, voices[j].packed) <= ALIKE
    ]
    return joined(len(voices), pairs)
