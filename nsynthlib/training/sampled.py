"""How the models that make a sound sample by sample learn: whole clips, so that they know how a note begins."""

from __future__ import annotations

import os
import time
from typing import Any

import torch
from torch import Tensor
from torch.optim import AdamW
from tqdm import tqdm

from nsynthlib.data.clips import Clips
from nsynthlib.files import write_json
from nsynthlib.models.pretrained import save_weights
from nsynthlib.models.sampled import SampleModel
from nsynthlib.signals import interrupts
from nsynthlib.training.clip_runs import begin_record, new_run, stopped, to_be_checked
from nsynthlib.training.optimizer import schedule
from nsynthlib.training.precision import cpu_has_bf16
from nsynthlib.values import positive, whole


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
    run = new_run(run)
    steps, batch_size, seed = whole("steps", steps, 1), whole("batch_size", batch_size, 1), whole("seed", seed, 0)
    learning_rate = positive("learning_rate", learning_rate)
    generator = torch.Generator().manual_seed(seed)
    optimizer = AdamW(model.parameters(), learning_rate, betas=(0.9, 0.99))
    settings = {"steps": steps, "batch_size": batch_size, "learning_rate": learning_rate, "seed": seed}
    record = begin_record(model, clips, settings)
    started, learned, best = time.monotonic(), [], float("inf")
    with tqdm(total=steps, desc=type(model).__name__, unit="step", disable=quiet) as bar, interrupts() as interrupted:
        for step in range(steps):
            rows = torch.randint(len(clips[0].pitch), (batch_size,), generator=generator)
            for group in optimizer.param_groups:
                group["lr"] = learning_rate * schedule(step / steps)
            learned.append(_step(model, clips[0].audio[rows], clips[0].pitch[rows], optimizer))
            bar.update()
            if to_be_checked(step + 1, steps):
                found = validation_bits(model, clips[1])
                record["validation"].append({"step": step + 1, "train": sum(learned) / len(learned), "valid": found})
                record["seconds"] = round(time.monotonic() - started, 1)
                bar.set_postfix(bits=f"{found:.3f}")
                learned.clear()
                if found < best:
                    best = found
                    save_weights(model, run)
            if interrupted():
                raise stopped(step + 1, steps, run, record)
    write_json(run / "training.json", record)
    return record


def _step(model: SampleModel, audio: Tensor, pitch: Tensor, optimizer: AdamW) -> float:
    """Learn from a batch; its mean bits a sample."""
    model.train()
    losses = []
    with torch.autocast("cpu", torch.bfloat16, enabled=cpu_has_bf16()):
        for loss in model.losses(audio, pitch):
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
    return sum(losses) / len(losses)


@torch.inference_mode()
def validation_bits(model: SampleModel, clips: Clips, batch_size: int = 4) -> float:
    """Mean bits a sample of ``clips``."""
    model.eval()
    parts = zip(clips.audio.split(batch_size), clips.pitch.split(batch_size), strict=True)
    total = sum(loss.item() * len(audio) for audio, pitch in parts for loss in [_mean(model, audio, pitch)])
    return total / len(clips.pitch)


def _mean(model: SampleModel, audio: Tensor, pitch: Tensor) -> Tensor:
    return torch.stack(list(model.losses(audio, pitch))).mean()
