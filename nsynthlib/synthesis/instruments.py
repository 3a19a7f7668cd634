"""Notes of synthetic instruments of all of NSynth's families, made on every core and always the same for a seed."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

import numpy as np
import torch

from nsynthlib.data import FAMILIES, VELOCITIES, NewNote
from nsynthlib.synthesis.families import sample_timbre
from nsynthlib.synthesis.timbre import synthesise

PITCHES = range(21, 109)  # the piano's
NOTES_PER_INSTRUMENT = 20


def _note(made: int, seed: int) -> NewNote:
    """Number ``made`` of the notes of ``seed``, whatever was made before."""
    turn, index = divmod(made, len(FAMILIES))
    block, place = divmod(turn, 2 * NOTES_PER_INSTRUMENT)
    number = 2 * block + place % 2
    rng = np.random.default_rng([seed, index, number])
    timbre = sample_timbre(FAMILIES[index], rng)
    cell = int(rng.permutation(len(PITCHES) * len(VELOCITIES))[place // 2])
    pitch, velocity = PITCHES[cell // len(VELOCITIES)], VELOCITIES[cell % len(VELOCITIES)]
    return NewNote(
        instrument=f"{FAMILIES[index]}_synthetic_{number:03d}",
        instrument_id=number * len(FAMILIES) + index,
        pitch=pitch,
        velocity=velocity,
        audio=synthesise(timbre, pitch, velocity, seed),
    )


def synthetic_notes(notes: int, seed: int = 0) -> Iterator[NewNote]:
    """``notes`` notes: families in turn, two instruments of each in turn, up to 20 pitches and velocities of each.

    The first n notes are the same for any larger number. Whatever was made before, the same seed gives the same note.
    They are made a few ahead, one on every core.

    >>> [note.name for note in synthetic_notes(2, seed=0)]
    ['bass_synthetic_000-094-050', 'brass_synthetic_000-105-127']
    """
    cores, threads = os.cpu_count() or 1, torch.get_num_threads()
    try:
        with ThreadPoolExecutor(cores) as pool:
            coming = (pool.submit(_note, made, seed) for made in range(notes))
            ahead: deque[Future[NewNote]] = deque(islice(coming, 2 * cores))
            while ahead:
                ready = ahead.popleft().result()
                ahead.extend(islice(coming, 1))
                yield ready
    finally:
        torch.set_num_threads(threads)  # which notes, made each on one thread, may have changed for threads to come
