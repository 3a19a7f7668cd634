"""The training loop: the same on a CPU, one GPU or many (``accelerate launch``).

A run folder holds ``settings.json`` (how), ``history.json`` (what happened), ``config.json`` with
``model.safetensors`` (the best averaged weights: what ``from_pretrained`` reads) and ``latest.pt`` (all that a
resumed run needs to go on as if it had never stopped).
"""

from __future__ import annotations

import math
import os
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

from nsynthlib.data import Note
from nsynthlib.errors import DataError, UsageError
from nsynthlib.files import read_settings, write_json
from nsynthlib.models.autoencoders import AE, CVAE, KINDS, Output, kl_divergence
from nsynthlib.models.condition import Condition
from nsynthlib.models.likelihood import bin_error
from nsynthlib.models.pretrained import save_weights
from nsynthlib.signals import interrupts
from nsynthlib.training.batches import BatchSource, check_asked
from nsynthlib.training.checkpoints import Clock, Progress, explain_failures, explain_full_gpu, load_latest, save_latest
from nsynthlib.training.live_plot import LivePlot
from nsynthlib.training.losses import beta_vae_loss, mean_kl
from nsynthlib.training.optimizer import MuonAdamW, schedule
from nsynthlib.training.precision import cuda_works, gpu_has_bf16
from nsynthlib.training.prior import fit_prior
from nsynthlib.training.processes import Share
from nsynthlib.training.settings import Settings
from nsynthlib.training.texture import fit_log_sigma, log_sigma_head
from nsynthlib.values import one_of, positive, shown

LOG_EVERY = 10  # steps between two looks at the loss: each look makes a GPU wait
MAX_GRAD_NORM = 50.0

Tensors = tuple[Tensor, ...] | list[Tensor]


def train(
    notes: tuple[Sequence[Note], Sequence[Note]],
    run: str | os.PathLike[str],
    settings: Settings,
    *,
    resume: bool = False,
    minutes: float = math.inf,
    precision: str | None = None,
    compiled: bool = False,
    tensorboard: bool = False,
    quiet: bool = False,
    live: bool = False,
) -> dict[str, Any]:
    """Train on ``notes[0]``, validate on ``notes[1]``, leave everything in the folder ``run``; returns the history.

    An interrupt (Ctrl-C, SIGTERM, a terminal that is closed) ends the run after the step that is under way, saved so
    that it can be resumed.

    Args:
        resume: go on from the folder's last checkpoint; ends with the same weights, on CPU to the bit, as a run
            that was never interrupted.
        minutes: stop after the first validation past this time.
        precision: ``"bf16"`` for mixed precision, ``"no"`` for float32; ``None`` takes bf16 on a GPU that has it. Newer
            CPUs (AVX-512 BF16, AMX) are nearly twice as fast with it; others are slower.
        compiled: by torch.compile; worth its minute on a GPU only.
        tensorboard: also write the losses for TensorBoard, to ``run/tensorboard``.
        quiet: without a bar of progress.
        live: in a notebook, draw the losses while they fall, from the first minute on.

    Raises:
        UsageError: if ``run`` holds another run, or other settings than those to resume; if a value cannot be; if
            TensorBoard is missing.
        DataError: if there are no notes, they are not those the run began with, or one of them is bad; if ``run`` was
            begun by another version of the package.
        RunFailed: if the loss stops being a number, or the GPU's memory or the disk is full; the last good checkpoint
            stays.

    >>> from nsynthlib import CVAE, generate, pocket
    >>> train_notes, valid_notes = pocket().split("pitch", fraction=0.3)
    >>> settings = Settings(preset="small", epochs=2, batch_size=8)
    >>> history = train((train_notes[:16], valid_notes[:4]), "run", settings, quiet=True)
    >>> sorted(history), len(history["validation"])
    (['best', 'seconds', 'train', 'validation'], 2)
    >>> generate(CVAE.from_pretrained("run"), pitch=60, family="organ", velocity=100).shape
    torch.Size([64000])
    """
    run = check_asked(notes, run)
    if not isinstance(settings, Settings):
        raise UsageError(f"settings must be nsynthlib.Settings, not {shown(settings)}")
    if minutes not in (0, math.inf):
        positive("minutes", minutes)
    accelerator = make_accelerator(run, tensorboard, precision)
    _check_settings(run, settings, resume)
    share = Share(accelerator, settings.batch_size)
    share.check_same([asdict(settings)], f"settings in {run}")
    accelerator.wait_for_everyone()  # before one of them begins the folder
    set_seed(settings.seed)
    model = KINDS[settings.kind](settings.preset, settings.latent_dim)
    model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if head := log_sigma_head(model):
        head.requires_grad_(False)  # it is fitted when all else is learned
    with explain_full_gpu(run, settings.batch_size):
        train_notes, valid_notes = (BatchSource(part, accelerator.device, model.log_mel) for part in notes)
    network = accelerator.prepare(torch.compile(model) if compiled else model)
    optimizer = MuonAdamW(model, settings.learning_rate, fused=accelerator.device.type == "cuda")
    average = AveragedModel(model, multi_avg_fn=_average)
    steps_per_epoch = max(1, len(train_notes) // settings.batch_size)
    total = settings.epochs * steps_per_epoch
    progress = Progress()
    if _open_run(run, settings, train_notes, valid_notes, accelerator):
        progress = load_latest(run, model, optimizer, average)
    share.check_same([train_notes.sha256, valid_notes.sha256], "notes")
    share.check_same([progress.step], f"checkpoint in {run}")

    clock, plot = Clock(progress.history["seconds"]), LivePlot(total) if live else None
    where = f"{settings.kind} on the {accelerator.device.type.upper().replace('CUDA', 'GPU')}"
    bar = tqdm(total=total, initial=progress.step, desc=where, unit="step", disable=quiet, smoothing=0.05)
    with interrupts() as interrupted, explain_failures(run, settings.batch_size):
        while progress.step < total and not progress.stale(settings.patience):
            db, condition = _next_batch(train_notes, settings, progress.step, share)
            optimizer.set_learning_rate(settings.learning_rate * schedule(progress.step / total))
            kl_weight = min(1.0, (progress.step + 1) / (settings.kl_warmup * total + 1))
            network.train()
            with share.drawn_for_batch():
                out = network(db, condition)
            loss, kl = _losses(out, model, db, settings, kl_weight, share)
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(network.parameters(), MAX_GRAD_NORM)
            optimizer.step()
            optimizer.zero_grad()
            average.update_parameters(model)
            progress.step += 1
            bar.update()
            epoch_ends = progress.step % steps_per_epoch == 0
            looked_at = epoch_ends or progress.step % LOG_EVERY == 0
            if looked_at:
                row = {"loss": loss.item(), "kl": kl.item()}  # a GPU waits here, and only here
                progress.log(row, run, settings)
                accelerator.log(row, progress.step)
                bar.set_postfix({k: f"{v:.1f}" for k, v in row.items()}, refresh=False)
                if plot and accelerator.is_main_process:
                    plot(progress.history)
            if epoch_ends:
                with accelerator.autocast():
                    result = validate(cast(AE, average.module), valid_notes, settings.batch_size, share)
                best = progress.validated(result, clock.seconds(), run)
                accelerator.log(result, progress.step)
                if accelerator.is_main_process:
                    if best:
                        save_weights(average.module, run)
                    save_latest(run, model, optimizer, average, progress)
            over = epoch_ends and clock.seconds() > 60 * minutes
            if _all_stop(interrupted() or over, looked_at, share):
                progress.history["seconds"] = clock.seconds()
                if accelerator.is_main_process:
                    save_latest(run, model, optimizer, average, progress)
                break
    bar.close()
    accelerator.end_training()
    finished = progress.step >= total or progress.stale(settings.patience)
    if finished and accelerator.is_main_process:
        _fit_the_rest(run, settings, train_notes, accelerator)
    return progress.history


def _fit_the_rest(run: Path, settings: Settings, notes: BatchSource, accelerator: Accelerator) -> None:
    """What is fitted to the best weights when they no longer change: the texture's head, and a CVAE's prior."""
    model = KINDS[settings.kind].from_pretrained(run).to(accelerator.device)
    if fit_log_sigma(model, notes, settings):
        save_weights(model, run)
    if isinstance(model, CVAE):
        fit_prior(model, notes, settings).save(run)


@torch.no_grad()
def _average(averages: Tensors, weights: Tensors, steps: Tensor | int) -> None:
    """Exponential moving averages, of few steps at first; all at once, so that a GPU is not waited for at each."""
    count = int(steps)
    torch._foreach_lerp_(averages, weights, 1 - min(0.999, (1 + count) / (10 + count)))


def _all_stop(stop: bool, looked_at: bool, share: Share) -> bool:
    """Whether any process is to stop: then all do, since each waits for the others' gradients.

    Several ask each other only at steps whose loss is looked at, where they wait in any case.
    """
    if share.count > 1 and not looked_at:
        return False
    return bool(share.sum(torch.tensor(float(stop))) > 0)


def make_accelerator(run: Path, tensorboard: bool, precision: str | None = None) -> Accelerator:
    """The device or devices to train on: bf16 by default where a GPU has it; with TensorBoard if asked.

    A GPU that is claimed but cannot be used is told, and the CPU taken.
    """
    if precision is not None:
        one_of("precision", precision, ("bf16", "no"))
    gpu = cuda_works()
    precision = precision or ("bf16" if gpu and gpu_has_bf16() else "no")
    how: dict[str, Any] = {"mixed_precision": precision, "cpu": torch.cuda.is_available() and not gpu}
    if not tensorboard:
        return Accelerator(**how)
    if find_spec("tensorboard") is None:
        raise UsageError("TensorBoard is not installed; get it with `pip install tensorboard`, or leave the option out")
    accelerator = Accelerator(**how, log_with="tensorboard", project_dir=run)
    accelerator.init_trackers("tensorboard")
    return accelerator


@torch.no_grad()
def validate(model: AE, notes: BatchSource, batch_size: int = 32, share: Share | None = None) -> dict[str, float]:
    """Reconstruction and latent space on unseen notes, from each posterior's mean; several processes share them.

    Returns ``rmse_db`` over all bins of the spectrogram, and for variational models ``kl`` in nats a note and
    ``active``, the dimensions above 0.1 nats. Leaves the KL of every dimension in ``model.activity``.

    >>> import torch
    >>> from nsynthlib import VAE, pocket
    >>> from nsynthlib.training.batches import BatchSource
    >>> model = VAE.from_pretrained()
    >>> result = validate(model, BatchSource(pocket()[:4], torch.device("cpu"), model.log_mel))
    >>> result["rmse_db"] < 10, result["active"] > 0
    (True, True)
    """
    model.eval()
    squares, kl = torch.zeros(()), torch.zeros(model.latent_dim)
    mine = torch.arange(len(notes))[share.rows if share else slice(None)]
    for rows in mine.split(batch_size) if len(mine) else ():
        db, condition = notes.batch(rows)
        mean, log_var = model.encode(db, condition)
        error = model.decode(mean, condition) - db
        squares += error.float().square().mean((1, 2)).sum().cpu()
        if model.variational:
            kl += kl_divergence(mean.float(), log_var.float()).sum(0).cpu()
    if share:
        squares, kl = share.sum(squares), share.sum(kl)
    result = {"rmse_db": float((squares / len(notes)).sqrt())}
    if model.variational:
        kl /= len(notes)
        model.get_buffer("activity").copy_(kl)
        result |= {"kl": float(kl.sum()), "active": float((kl > 0.1).sum())}
    return result


def _next_batch(notes: BatchSource, settings: Settings, step: int, share: Share) -> tuple[Tensor, Condition]:
    """This process' notes of one step, and their changes: functions of the seed and the step, so a run can go on."""
    seed = settings.seed * 1_000_003 + step
    rows = notes.draw(settings.batch_size, torch.Generator().manual_seed(seed))
    return notes.augmented_batch(rows, settings, torch.Generator().manual_seed(seed * 1_009), share.rows)


def _losses(
    out: Output, model: AE, db: Tensor, settings: Settings, kl_weight: float, share: Share
) -> tuple[Tensor, Tensor]:
    """The loss of a beta-VAE, and the KL divergence in nats a note, of the notes of all processes."""
    kl = share.mean_of_batch(mean_kl(out, model))
    error = bin_error(model.decibels(out.x_mean.float()), db, settings.level_share)
    return beta_vae_loss(share.error_of_batch(error), kl_weight * kl, settings.beta), kl


def _check_settings(run: Path, settings: Settings, resume: bool) -> None:
    """Raise UsageError unless the folder is free, or holds a run of these settings that is to be resumed."""
    path = run / "settings.json"
    if path.exists() and not resume:
        raise UsageError(f"{run} holds a run already; add --resume to go on with it, or name a new folder")
    if path.exists() and Settings.read(path) != settings:
        raise UsageError(f"{run} was begun with other settings; resume it without options of its own")


def _open_run(run: Path, settings: Settings, train: BatchSource, valid: BatchSource, accelerator: Accelerator) -> bool:
    """Begin the folder, or check that its notes are these; returns whether there is a checkpoint to go on from."""
    data = {"train": len(train), "validation": len(valid), "sha256": [train.sha256, valid.sha256]}
    path = run / "settings.json"
    begun = path.exists()
    accelerator.wait_for_everyone()  # all have looked
    if begun and read_settings(path, data, "data") != data:
        raise DataError(f"{run} was begun with other notes than these")
    if not begun and accelerator.is_main_process:
        run.mkdir(parents=True, exist_ok=True)
        device = torch.cuda.get_device_name() if accelerator.device.type == "cuda" else "cpu"
        write_json(path, {"settings": asdict(settings), "data": data, "device": device, "torch": torch.__version__})
    accelerator.wait_for_everyone()
    return (run / "latest.pt").exists()
