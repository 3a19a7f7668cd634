"""Small models of one family's notes, by name: which, and for how long they learn."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import torch

from nsynthlib.data import Note
from nsynthlib.data.clips import load_clips, split_clips
from nsynthlib.models.gansynth import GANSynth
from nsynthlib.models.samplernn import SampleRNN
from nsynthlib.models.wavenet import WaveNet
from nsynthlib.training.clip_runs import new_run
from nsynthlib.training.gan import train_gan
from nsynthlib.training.sampled import train_samples
from nsynthlib.values import one_of, whole

# Of the shipped ones, where they differ from what the loops take by themselves.
SETTINGS: dict[str, dict[str, Any]] = {
    "wavenet": {"steps": 3000},
    "samplernn": {"steps": 1600, "batch_size": 4, "learning_rate": 2e-3},
    "gansynth": {"steps": 3000},
}


def train_miniature(
    kind: str,
    notes: Sequence[Note],
    run: str | os.PathLike[str],
    *,
    family: str = "reed",
    steps: int | None = None,
    seed: int = 0,
    quiet: bool = False,
) -> dict[str, Any]:
    """Train a small model on the first second of one family's notes, at 8 kHz, on the CPU.

    Args:
        kind: ``"wavenet"``, ``"samplernn"`` or ``"gansynth"``.
        notes: to learn from; those of other families and pitches are left out, and one in 20 is kept to check by.
        run: a new folder, see :func:`~nsynthlib.training.sampled.train_samples`.
        family: a name in ``FAMILIES``.
        steps: batches to learn from; without, as many as the shipped model learned from.
        seed: of weights and order.

    Raises:
        UsageError: for an unknown kind or family, or a folder that holds a run already.
        DataError: if there are no such notes.
        RunFailed: if it was interrupted.
    """
    folder = new_run(run)
    settings = SETTINGS[one_of("kind", kind, SETTINGS)] | ({} if steps is None else {"steps": steps})
    clips = split_clips(load_clips(notes, family))
    torch.manual_seed(whole("seed", seed, 0))
    if kind == "gansynth":
        return train_gan(GANSynth(), clips, folder, seed=seed, quiet=quiet, **settings)
    model = WaveNet() if kind == "wavenet" else SampleRNN()
    return train_samples(model, clips, folder, seed=seed, quiet=quiet, **settings)
