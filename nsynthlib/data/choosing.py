"""Which of an instrument's recordings become its notes."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from nsynthlib.audio.encoding import to_pcm16
from nsynthlib.audio.format import SAMPLE_RATE, SAMPLES
from nsynthlib.data.doubts import LeftOut
from nsynthlib.data.gathering import Instrument, Sample
from nsynthlib.data.instrument_tuning import Tuning, check_pitches
from nsynthlib.data.screening import Take, screen

Cell = tuple[int, int]  # pitch and velocity: of an instrument's recordings of one cell, one becomes a note


@dataclass
class Chosen:
    """The recordings that become an instrument's notes, labelled by what is heard, and those that do not."""

    takes: list[Take] = field(default_factory=list)
    tuning: Tuning = field(default_factory=lambda: Tuning(0, 0.0, []))
    left_out: list[LeftOut] = field(default_factory=list)


def choose(
    instrument: Instrument,
    limit: int,
    seen: dict[bytes, str],
    check: bool = True,
    done: Callable[[int], object] = lambda notes: None,
) -> Chosen:
    """Up to ``limit`` notes (0 for all) of an instrument, spread over its pitches and velocities.

    Args:
        seen: sounds that are taken already, by digest, with their files; those of this instrument are added.
        check: compare the pitches heard with those named.
        done: is called with 1 for each note that was looked at.
    """
    cells: dict[Cell, list[Sample]] = defaultdict(list)
    for sample in instrument.samples:
        cells[sample.pitch, sample.velocity].append(sample)
    waiting, chosen = spread(list(cells)), Chosen()
    takes: list[Take] = []
    while waiting and (not limit or sum(chosen.tuning.agrees) < limit):
        wanted = limit - sum(chosen.tuning.agrees) if limit else len(waiting)
        for cell in waiting[:wanted]:
            takes += _first_good(cells[cell], instrument.struck, seen, chosen.left_out)
            done(1)
        waiting = waiting[wanted:]
        chosen.tuning = check_pitches(takes) if check else Tuning(0, 0.0, [True] * len(takes))
    beyond = f"more than the limit of {limit} notes an instrument"
    chosen.left_out += [LeftOut(sample.file, beyond) for cell in waiting for sample in cells[cell]]
    _relabel(takes, chosen)
    return chosen


def _first_good(samples: list[Sample], struck: bool, seen: dict[bytes, str], left_out: list[LeftOut]) -> Iterable[Take]:
    """The first recording of a note that nothing is wrong with, if any; longer ones come first."""
    samples = sorted(samples, key=lambda sample: -_seconds(sample)) if len(samples) > 1 else samples
    for tried, sample in enumerate(samples, 1):
        take = screen(sample, struck)
        if isinstance(take, Take):
            digest = hashlib.blake2b(to_pcm16(take.audio).tobytes(), digest_size=16).digest()
            if (first := seen.setdefault(digest, sample.file)) == sample.file:
                left_out += [LeftOut(other.file, "another take of a note that is there") for other in samples[tried:]]
                return [take]
            take = LeftOut(sample.file, "the same sound as another file's", first)
        left_out.append(take)
    return []


def _seconds(sample: Sample) -> int:
    """Length of a file, in whole seconds up to a note's four; 0 if it cannot be read."""
    import soundfile  # not on every training server

    try:
        return min(SAMPLES // SAMPLE_RATE, round(soundfile.info(sample.path).duration))
    except (OSError, RuntimeError):
        return 0


def _relabel(takes: Sequence[Take], chosen: Chosen) -> None:
    """Add the takes that have their pitch to those chosen, labelled by it, and the others to those left out."""
    shift = chosen.tuning.shift
    for take, agrees in zip(takes, chosen.tuning.agrees, strict=True):
        sample = replace(take.sample, pitch=take.sample.pitch + shift)
        if agrees and 0 <= sample.pitch <= 127:
            chosen.takes.append(replace(take, sample=sample))
        else:
            heard = "no pitch" if take.heard is None else f"{take.heard:.1f}"
            detail = f"{heard} is heard, {sample.pitch} was expected"
            chosen.left_out.append(LeftOut(sample.file, "off pitch", detail))


def spread(cells: Sequence[Cell]) -> list[Cell]:
    """``cells`` in an order in which the first few lie as far apart as can be, over pitches and velocities alike.

    Each next one is the farthest from all before it (Gonzalez 1985), beginning with the lowest; both ranges count as 1.
    """
    left = sorted(set(cells))
    points = np.array(left, np.float64).reshape(-1, 2)
    points /= np.maximum(np.ptp(points, axis=0), 1) if len(points) else 1
    order: list[int] = []
    distance = np.full(len(points), np.inf)
    for _ in left:
        order.append(int(np.argmax(distance)))
        distance = np.minimum(distance, np.linalg.norm(points - points[order[-1]], axis=1))
        distance[order] = -1
    return [left[i] for i in order]
