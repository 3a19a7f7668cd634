"""The training loop: the same on a CPU, one GPU or many (``accelerate launch``).

A run folder holds ``settings.json`` (how), ``history.json`` (what happened), ``config.json`` with
``model.safetensors`` (the best averaged weights: what ``from_pretrained`` reads) and ``latest.pt`` (all that a
resumed run needs to go on as if it had never stopped).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed, tqdm
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from nsynthlib.checkpoints import (
    Clock,
    Progress,
    interrupts,
    load_latest,
    one_line,
    save_latest,
    save_weights,
)
from nsynthlib.data import Note, read_json, write_json
from nsynthlib.errors import DataError, UsageError
from nsynthlib.models import AE, CVAE, KINDS, Output, kl_divergence
from nsynthlib.optimizer import MuonAdamW, schedule
from nsynthlib.prior import Prior
from nsynthlib.resident import Notes
from nsynthlib.settings import Settings
from nsynthlib.texture import deviation_loss

PRIOR_NOTES = 20_000  # more would cost time and change little
PRIOR_DRAWS = 2  # from each posterior: with one, a component would take chance for shape
PRIOR_NOISE = 0.5  # of a posterior's width: all of it and new notes stray an octave, none and they are less varied
LOG_EVERY = 10  # steps between two looks at the loss: each look makes a GPU wait


def sigma_vae_loss(picture: Tensor, target: Tensor, kl: Tensor, n_effective: float, kl_weight: float) -> Tensor:
    """Negative ELBO in nats a note with the Gaussian's variance at its optimum (Rybkin, Daniilidis and Levine 2021).

    That optimum is the mean squared error itself, which leaves n/2 log(MSE) for n independent numbers.
    """
    mse = (picture - target).square().mean()
    return 0.5 * n_effective * mse.log() + kl_weight * kl


def train(
    notes: tuple[Sequence[Note], Sequence[Note]],
    run: Path,
    settings: Settings,
    *,
    resume: bool = False,
    minutes: float = math.inf,
    precision: str | None = None,
    compiled: bool = False,
    tensorboard: bool = False,
    quiet: bool = False,
) -> dict[str, Any]:
    """Train on ``notes[0]``, validate on ``notes[1]``, leave everything in the folder ``run``; returns the history.

    An interrupt (Ctrl-C) ends the run after the step that is under way, saved so that it can be resumed.

    Args:
        resume: go on from the folder's last checkpoint; ends with the same weights, on CPU to the bit, as a run
            that was never interrupted.
        minutes: stop after the first validation past this time.
        precision: ``"bf16"`` for mixed precision, ``"no"`` for float32; ``None`` takes bf16 on a GPU that has it. Newer
            CPUs (AVX-512 BF16, AMX) are nearly twice as fast with it; others are slower.
        compiled: by torch.compile; worth its minute on a GPU only.
        tensorboard: also write the losses for TensorBoard, to ``run/tensorboard``.

    Raises:
        UsageError: if ``run`` holds another run, or other settings than those to resume; if TensorBoard is missing.
        DataError: if the notes are not those the run began with, or one of them is bad.
        RunFailed: if the loss stops being a number, or the GPU's memory or the disk is full; the last good checkpoint
            stays.
    """
    accelerator = accelerator_for(run, tensorboard, precision)
    on_gpu = accelerator.device.type == "cuda"
    set_seed(settings.seed)
    model = KINDS[settings.kind](settings.preset)
    model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    learn, check = (Notes(part, accelerator.device, model.log_mel) for part in notes)
    network = accelerator.prepare(torch.compile(model) if compiled else model)
    optimizer = MuonAdamW(model, settings.learning_rate, fused=on_gpu)
    average = AveragedModel(model, avg_fn=lambda e, p, n: e.lerp(p, 1 - min(0.999, (1 + n) / (10 + n))))
    steps_per_epoch = max(1, len(learn) // settings.batch_size)
    total = settings.epochs * steps_per_epoch
    progress = Progress()
    if _open_run(run, settings, learn, check, resume, accelerator):
        progress = load_latest(run, model, optimizer, average)

    clock = Clock(progress.history["seconds"])
    bar = tqdm(total=total, initial=progress.step, desc=settings.kind, unit="step", disable=quiet, smoothing=0.05)
    with interrupts() as interrupted, one_line(run, settings.batch_size):
        while progress.step < total and not progress.stale(settings.patience):
            network.train()
            rows = _rows(len(learn), progress.step, steps_per_epoch, settings)
            chance = _chance(settings.seed, progress.step, accelerator.process_index)
            rows = rows[accelerator.process_index :: accelerator.num_processes]
            pictures, condition = learn.varied(rows, settings, chance)
            optimizer.set_learning_rate(settings.learning_rate * schedule(progress.step / total))
            out = network(pictures, condition)
            kl = _kl(out, model)
            kl_weight = min(1.0, (progress.step + 1) / (settings.kl_warmup * total + 1))
            picture, target = out.picture.float(), model.scaled(pictures)
            loss = sigma_vae_loss(picture, target, kl, settings.n_effective, kl_weight)
            strays = deviation_loss(out.texture.float(), picture - target) if out.texture is not None else 0.0
            accelerator.backward(loss + strays)
            accelerator.clip_grad_norm_(network.parameters(), 50.0)
            optimizer.step()
            optimizer.zero_grad()
            average.update_parameters(model)
            progress.step += 1
            bar.update()
            if progress.step % LOG_EVERY == 0 or progress.step % steps_per_epoch == 0:
                row = {"loss": loss.item(), "kl": kl.item()}  # a GPU waits here, and only here
                progress.log(row, run, settings)
                accelerator.log(row, progress.step)
                bar.set_postfix({k: f"{v:.1f}" for k, v in row.items()}, refresh=False)
            if progress.step % steps_per_epoch == 0:
                with accelerator.autocast():
                    result = validate(cast(AE, average.module), check, settings.batch_size)
                better = progress.validated(result, clock.seconds(), run)
                accelerator.log(result, progress.step)
                if accelerator.is_main_process:
                    if better:
                        save_weights(cast(AE, average.module), run)
                    save_latest(run, model, optimizer, average, progress)
                if clock.seconds() > 60 * minutes:
                    break
            if interrupted():
                progress.history["seconds"] = clock.seconds()
                if accelerator.is_main_process:
                    save_latest(run, model, optimizer, average, progress)
                break
    bar.close()
    accelerator.end_training()
    finished = progress.step >= total or progress.stale(settings.patience)
    if finished and settings.kind == "cvae" and accelerator.is_main_process:
        fit_prior(CVAE.from_pretrained(run).to(accelerator.device), learn, settings).save(run)
    return progress.history


@torch.no_grad()
def fit_prior(model: CVAE, notes: Notes, settings: Settings) -> Prior:
    """Where the latent vectors of at most ``PRIOR_NOTES`` training notes lie, by draws from narrowed posteriors."""
    generator = torch.Generator().manual_seed(settings.seed)
    chosen = torch.randperm(len(notes), generator=generator)[:PRIOR_NOTES]
    drawn = []
    for rows in chosen.split(settings.batch_size):
        mean, log_var = (part.float().cpu() for part in model.encode(*notes.batch(rows)))
        noise = torch.randn(PRIOR_DRAWS, *mean.shape, generator=generator)
        drawn.append(mean + PRIOR_NOISE * (0.5 * log_var).exp() * noise)
    pitch, family, _ = (field.cpu()[chosen].repeat(PRIOR_DRAWS) for field in notes.condition)
    return Prior.fit(torch.cat(drawn, 1).flatten(0, 1), pitch, family, settings.seed)


def accelerator_for(run: Path, tensorboard: bool, precision: str | None = None) -> Accelerator:
    """The device or devices to train on: bf16 by default where a GPU has it; with TensorBoard if asked."""
    precision = precision or ("bf16" if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else "no")
    if not tensorboard:
        return Accelerator(mixed_precision=precision)
    if find_spec("tensorboard") is None:
        raise UsageError("TensorBoard is not installed; get it with `pip install tensorboard`, or leave the option out")
    accelerator = Accelerator(mixed_precision=precision, log_with="tensorboard", project_dir=run)
    accelerator.init_trackers("tensorboard")
    return accelerator


def _kl(out: Output, model: AE) -> Tensor:
    """KL divergence in nats a note, averaged over the batch; 0 for a plain autoencoder."""
    if not model.variational:
        return torch.zeros((), device=out.mean.device)
    return kl_divergence(out.mean.float(), out.log_var.float()).sum(1).mean()


@torch.no_grad()
def validate(model: AE, notes: Notes, batch_size: int = 32) -> dict[str, float]:
    """Reconstruction and latent space on unseen notes, from each posterior's mean.

    Returns ``rmse_db`` over all bins of the picture, and for variational models ``kl`` in nats a note and
    ``active``, the dimensions above 0.1 nats. Leaves the KL of every dimension in ``model.activity``.
    """
    model.eval()
    squares, kl = torch.zeros(()), torch.zeros(model.latent_dim)
    for rows in torch.arange(len(notes)).split(batch_size):
        pictures, condition = notes.batch(rows)
        mean, log_var = model.encode(pictures, condition)
        error = model.decode(mean, condition) - pictures
        squares += error.float().square().mean((1, 2)).sum().cpu()
        if model.variational:
            kl += kl_divergence(mean.float(), log_var.float()).sum(0).cpu()
    result = {"rmse_db": float((squares / len(notes)).sqrt())}
    if model.variational:
        kl /= len(notes)
        model.get_buffer("activity").copy_(kl)
        result |= {"kl": float(kl.sum()), "active": float((kl > 0.1).sum())}
    return result


def _chance(seed: int, step: int, process: int) -> torch.Generator:
    """Of one step's changes to its pictures: a function of its arguments alone, so that a run can go on anywhere."""
    return torch.Generator().manual_seed((seed * 1_000_003 + step) * 1_009 + process)


def _rows(notes: int, step: int, steps_per_epoch: int, settings: Settings) -> Tensor:
    """The notes of one step: a function of the seed and the step alone, so that a run can go on anywhere."""
    epoch, batch = divmod(step, steps_per_epoch)
    order = torch.randperm(notes, generator=torch.Generator().manual_seed(settings.seed * 1_000_003 + epoch))
    return order[batch * settings.batch_size : (batch + 1) * settings.batch_size]


def _open_run(
    run: Path, settings: Settings, learn: Notes, check: Notes, resume: bool, accelerator: Accelerator
) -> bool:
    """Begin the folder, or check that it fits; returns whether there is a checkpoint to go on from."""
    data = {"train": len(learn), "validation": len(check), "sha256": [learn.sha256, check.sha256]}
    path = run / "settings.json"
    if path.exists() and not resume:
        raise UsageError(f"{run} holds a run already; add --resume to go on with it, or name a new folder")
    if path.exists():
        stored = read_json(path)
        if stored["settings"] != asdict(settings):
            raise UsageError(f"{run} was begun with other settings; resume it without options of its own")
        if stored["data"] != data:
            raise DataError(f"{run} was begun with other notes than these")
    elif accelerator.is_main_process:
        run.mkdir(parents=True, exist_ok=True)
        device = torch.cuda.get_device_name() if accelerator.device.type == "cuda" else "cpu"
        write_json(path, {"settings": asdict(settings), "data": data, "device": device, "torch": torch.__version__})
    accelerator.wait_for_everyone()
    return (run / "latest.pt").exists()
