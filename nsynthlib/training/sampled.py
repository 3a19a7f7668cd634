"""How the models that make a sound sample by sample learn: whole clips, so that they know how a note begins."""

from __future__ import annotations

import os
from statistics import mean
from typing import Any

import torch
from torch import Tensor
from torch.optim import AdamW

from nsynthlib.data.clips import Clips
from nsynthlib.models.sampled import SampleModel
from nsynthlib.training.clip_runs import begin_record, new_run, run_steps
from nsynthlib.training.optimizer import schedule
from nsynthlib.training.precision import cpu_autocast


def train_samples(
    model: SampleModel,
    clips: tuple[Clips, Clips],
    run: str | os.PathLike[str],
    *,
    steps: int,
    batch_size: int = 2,
    learning_rate: float = 4e-3,
    seed: int = 0,
    quiet: bool = False,
) -> dict[str, Any]:
    """Train a WaveNet or a SampleRNN on ``clips[0]``; what does best on ``clips[1]`` stays.

    The folder ``run`` gets ``config.json`` and ``model.safetensors`` for ``from_pretrained``, and ``training.json``:
    settings, hashes of the clips, seconds, and the bits a sample on both after each eighth of the run. Returns what
    that file holds.

    Args:
        steps: batches to learn from.
        batch_size: clips in each.
        learning_rate: of AdamW, at its peak.
        seed: of the order of the clips.

    Raises:
        UsageError: if ``run`` holds something already, or a value is out of range.
        RunFailed: if it was interrupted; the best so far is kept, and cannot be resumed.
    """
    folder = new_run(run)
    record = begin_record(model, clips, steps=steps, batch_size=batch_size, learning_rate=learning_rate, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    optimizer = AdamW(model.parameters(), learning_rate, betas=(0.9, 0.99))

    def step(number: int) -> float:
        rows = torch.randint(len(clips[0].pitch), (batch_size,), generator=generator)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * schedule((number - 1) / steps)
        return _step(model, clips[0].audio[rows], clips[0].pitch[rows], optimizer)

    def check(_: int, learned: list[float]) -> dict[str, float]:
        return {"train": mean(learned), "valid": validation_bits(model, clips[1])}

    return run_steps(folder, record, step, check, kept=model, by="valid", quiet=quiet)


def _step(model: SampleModel, audio: Tensor, pitch: Tensor, optimizer: AdamW) -> float:
    """Learn from a batch; its mean bits a sample."""
    model.train()
    losses = []
    with cpu_autocast():
        for loss in model.losses(audio, pitch):
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
    return mean(losses)


@torch.inference_mode()
def validation_bits(model: SampleModel, clips: Clips, batch_size: int = 4) -> float:
    """Mean bits a sample of ``clips``."""
    model.eval()
    total = 0.0
    for audio, pitch in zip(clips.audio.split(batch_size), clips.pitch.split(batch_size), strict=True):
        total += len(audio) * mean(loss.item() for loss in model.losses(audio, pitch))
    return total / len(clips.pitch)
