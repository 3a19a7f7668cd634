"""How a GAN learns: a generator and a discriminator, each against the other, and an average that is kept."""

from __future__ import annotations

import math
import os
from statistics import mean
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel

from nsynthlib.data.clips import LOWEST, PITCHES, Clips
from nsynthlib.errors import RunFailed
from nsynthlib.models.gansynth import FLOOR_DB, Discriminator, GANSynth, mask_frequency, to_picture
from nsynthlib.training.clip_runs import begin_record, new_run, run_steps
from nsynthlib.training.optimizer import schedule
from nsynthlib.training.precision import cpu_autocast

R1_WEIGHT, R1_EVERY = 3.0, 8  # of the penalty on slopes, which is computed in one step of eight
HALF_LIFE = 300  # steps at most, of a generator's part in the average
HALF_LIFE_SHARE = 0.1  # and of the steps so far: early generators are soon forgotten
TRIES = 8  # notes made for every held-out clip
_Tensors = tuple[Tensor, ...] | list[Tensor]


class Adversaries:
    """A generator, a discriminator, their optimisers, and the moving average of the generator.

    Args:
        generator: trained in place.
        learning_rate: of Adam at its peak, for both.
        seed: of the discriminator's first weights and all draws.
    """

    def __init__(self, generator: GANSynth, learning_rate: float, seed: int) -> None:
        self.generator = generator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.discriminator = Discriminator().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = AveragedModel(self.generator, multi_avg_fn=_approach)
        self.learning_rate = learning_rate
        networks = (self.generator, self.discriminator)
        self.optimizers = [torch.optim.Adam(n.parameters(), learning_rate, betas=(0.0, 0.99)) for n in networks]
        self.draws = torch.Generator().manual_seed(seed)
        self.steps = 0

    @property
    def kept(self) -> GANSynth:
        """The averaged generator."""
        return cast(GANSynth, self.average.module)

    def step(self, real: Tensor, pitch: Tensor, progress: float) -> dict[str, float]:
        """A step of both, from masked pictures ``[n, 2, 256, 64]`` of MIDI numbers ``[n]``, at a part of the run.

        Both lose by the non-saturating loss (Goodfellow et al. 2014) and the cross-entropy of the pitch (Odena et al.
        2017). Returns what the discriminator thought: how likely it held real and made notes to be real, and the share
        of either whose pitch it told.
        """
        for group in (group for optimizer in self.optimizers for group in optimizer.param_groups):
            group["lr"] = self.learning_rate * schedule(progress)
        asked = torch.randint(PITCHES, pitch.shape, generator=self.draws) + LOWEST
        z = torch.randn(len(pitch), self.generator.latent, generator=self.draws)
        with cpu_autocast():
            made = self.generator(z, asked)
        thought = self._teach_discriminator(real, pitch, made.detach())
        self.discriminator.requires_grad_(False)
        with cpu_autocast():
            score, heard = self.discriminator(made)
        _descend(self.optimizers[0], F.softplus(-score).mean() + F.cross_entropy(heard, asked - LOWEST))
        self.discriminator.requires_grad_(True)
        self.average.update_parameters(self.generator)
        self.steps += 1
        return thought | {"made_pitch_told": _share_told(heard, asked)}

    def _teach_discriminator(self, real: Tensor, pitch: Tensor, made: Tensor) -> dict[str, float]:
        """Its step, with the penalty R1 on how fast its score changes about real notes (Mescheder et al. 2018)."""
        penalised = self.steps % R1_EVERY == 0
        real = real.requires_grad_(penalised)
        with cpu_autocast():
            score, heard = self.discriminator(real)
            other, _ = self.discriminator(made)
        loss = F.softplus(-score).mean() + F.softplus(other).mean() + F.cross_entropy(heard, pitch - LOWEST)
        if penalised:
            (slope,) = torch.autograd.grad(score.sum(), real, create_graph=True)
            loss = loss + R1_EVERY * R1_WEIGHT / 2 * slope.square().sum((1, 2, 3)).mean()
        _descend(self.optimizers[1], loss)
        likely = {"real_held_real": score.sigmoid().mean().item(), "made_held_real": other.sigmoid().mean().item()}
        return likely | {"real_pitch_told": _share_told(heard, pitch)}


@torch.no_grad()
def _approach(kept: _Tensors, now: _Tensors, steps: Tensor | int) -> None:
    """Move the average's tensors towards the generator's, exponentially (Karras et al. 2018, 2020)."""
    half_life = min(HALF_LIFE, HALF_LIFE_SHARE * float(steps))
    torch._foreach_lerp_(list(kept), list(now), 1 - 0.5 ** (1 / half_life))


def _share_told(heard: Tensor, pitch: Tensor) -> float:
    return (heard.argmax(1) == pitch - LOWEST).float().mean().item()


def _descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


@torch.inference_mode()
def energy_score(generator: GANSynth, pictures: Tensor, pitch: Tensor, seed: int = 0) -> float:
    """How well made notes stand for held-out ones, in decibels; lower is better (Gneiting and Raftery 2007, eq. 22).

    For each picture ``[n, 2, 256, 64]`` eight notes of its pitch are made: their mean distance to it, less half their
    mean distance to each other. So the mean of all notes, made again and again, does not do best. A distance is the
    root mean square, over a picture, of differences between levels.
    """
    generator.eval()
    draws = torch.Generator().manual_seed(seed)
    total = 0.0
    for real, midi in zip(pictures[:, 0].flatten(1), pitch, strict=True):
        z = torch.randn(TRIES, generator.latent, generator=draws)
        made = generator(z, midi.expand(TRIES))[:, 0].flatten(1)
        total += ((made - real).norm(dim=1).mean() - torch.pdist(made).mean() / 2).item() / math.sqrt(real.numel())
    return total / len(pitch) * -FLOOR_DB / 2


def train_gan(
    model: GANSynth,
    clips: tuple[Clips, Clips],
    run: str | os.PathLike[str],
    *,
    steps: int,
    batch_size: int = 16,
    learning_rate: float = 1e-3,
    seed: int = 0,
    quiet: bool = False,
) -> dict[str, Any]:
    """Train a GANSynth on ``clips[0]``; the average of its weights that does best on ``clips[1]`` stays.

    The folder ``run`` gets ``config.json`` and ``model.safetensors`` for ``from_pretrained``, and ``training.json``:
    settings, hashes of the clips, seconds, and after each eighth of the run the :func:`energy_score` on ``clips[1]``
    and what the discriminator thought, see :meth:`Adversaries.step`. Returns what that file holds.

    Args:
        steps: batches to learn from.
        batch_size: real notes in each, and as many made ones.
        learning_rate: of Adam at its peak, for both networks.
        seed: of the discriminator's first weights, the noise, and the order of the clips.

    Raises:
        UsageError: if ``run`` holds something already, or a value is out of range.
        RunFailed: if it has diverged, or was interrupted; the best so far is kept, and cannot be resumed.
    """
    folder = new_run(run)
    record = begin_record(model, clips, steps=steps, batch_size=batch_size, learning_rate=learning_rate, seed=seed)
    both = Adversaries(model, learning_rate, seed)
    record["discriminator_parameters"] = sum(p.numel() for p in both.discriminator.parameters())
    pictures, held_out = mask_frequency(to_picture(clips[0].audio)), to_picture(clips[1].audio)

    def step(number: int) -> dict[str, float]:
        rows = torch.randint(len(pictures), (batch_size,), generator=both.draws)
        return both.step(pictures[rows], clips[0].pitch[rows], number / steps)

    def check(number: int, thoughts: list[dict[str, float]]) -> dict[str, float]:
        found = energy_score(both.kept, held_out, clips[1].pitch)
        if not math.isfinite(found):
            raise RunFailed(f"diverged by step {number}; choose a learning_rate lower than {learning_rate}")
        return {"energy_score_db": found} | {key: mean(row[key] for row in thoughts) for key in thoughts[0]}

    return run_steps(folder, record, step, check, kept=both.kept, by="energy_score_db", quiet=quiet)
