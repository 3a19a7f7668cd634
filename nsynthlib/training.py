"""The training loop: one page, the same on a CPU, one GPU or many (``accelerate launch``).

A run folder holds ``settings.json`` (how), ``history.json`` (what happened), ``config.json`` with
``model.safetensors`` (the best averaged weights: what ``from_pretrained`` reads) and ``latest.pt`` (all that a
resumed run needs to go on as if it had never stopped).
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed, tqdm
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from nsynthlib.data import Note, atomic, labels_of, load_samples, read_json, write_json
from nsynthlib.errors import DataError, UsageError
from nsynthlib.models import AE, KINDS, Condition, kl_divergence, scale

LOG_EVERY = 10  # steps between two looks at the loss: each look makes a GPU wait


class Diverged(RuntimeError):
    """The loss is no longer a number."""


@dataclass(frozen=True)
class Settings:
    """Everything that decides how a run ends, apart from the notes.

    Args:
        kind: ``ae``, ``vae`` or ``cvae``.
        preset: of the network, see ``models.PRESETS``.
        epochs: passes over the training notes; the schedules are laid out over all of them.
        batch_size: notes a step, over all processes.
        learning_rate: peak of AdamW's; warms up over 2 % of the steps, then follows a cosine to a hundredth.
        n_effective: how many independent numbers one picture is counted as. Neighbouring bins move together, so
            counting all of them would make the KL term weigh nothing.
        kl_warmup: share of the steps over which the KL term grows to its full weight.
        seed: of weights, order and noise.
    """

    kind: str = "cvae"
    preset: str = "thesis"
    epochs: int = 40
    batch_size: int = 32
    learning_rate: float = 2e-3
    n_effective: float = 256.0
    kl_warmup: float = 0.25
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(f"model {self.kind!r} is unknown; choose one of {', '.join(KINDS)}")
        for name in ("epochs", "batch_size", "learning_rate", "n_effective"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name} must be greater than 0, not {getattr(self, name)}")


def sigma_vae_loss(picture: Tensor, target: Tensor, kl: Tensor, n_effective: float, kl_weight: float) -> Tensor:
    """Negative ELBO in nats a note with the Gaussian's variance at its optimum (Rybkin, Daniilidis and Levine 2021).

    That optimum is the mean squared error itself, which leaves n/2 log(MSE) for n independent numbers.
    """
    mse = (picture - target).square().mean()
    return 0.5 * n_effective * mse.log() + kl_weight * kl


class Notes:
    """Training notes resident on the device: sound as int16, pictures made when a batch is taken."""

    def __init__(self, notes: Sequence[Note], device: torch.device) -> None:
        if not notes:
            raise DataError("there are no notes to learn from")
        samples = load_samples(notes)
        digest = hashlib.sha256("\n".join(n.name for n in notes).encode())
        digest.update(samples.numpy().tobytes())
        self.sha256 = digest.hexdigest()
        self.samples = samples.to(device)
        self.condition = Condition(**labels_of(notes)).to(device)

    def __len__(self) -> int:
        return len(self.samples)

    def batch(self, rows: Tensor, model: AE) -> tuple[Tensor, Condition]:
        """Pictures in decibels ``[batch, n_mels, frames]`` and conditions of the notes ``rows``."""
        rows = rows.to(self.samples.device)
        with torch.autocast(rows.device.type, enabled=False):
            pictures = model.log_mel.picture(self.samples[rows].float() / 32768)
        return pictures, Condition(*(field[rows] for field in self.condition))


def train(
    notes: tuple[Sequence[Note], Sequence[Note]],
    run: Path,
    settings: Settings,
    *,
    resume: bool = False,
    minutes: float = math.inf,
    quiet: bool = False,
) -> dict[str, Any]:
    """Train on ``notes[0]``, validate on ``notes[1]``, leave everything in the folder ``run``; returns the history.

    Args:
        resume: go on from the folder's last checkpoint; ends with the same weights, on CPU to the bit, as a run
            that was never interrupted.
        minutes: stop after the first validation past this time.

    Raises:
        UsageError: if ``run`` holds another run, or other settings than those to resume.
        DataError: if the notes are not those the run began with, or one of them is bad.
        Diverged: if the loss stops being a number; the last good checkpoint stays.
    """
    on_gpu = torch.cuda.is_available()
    accelerator = Accelerator(mixed_precision="bf16" if on_gpu and torch.cuda.is_bf16_supported() else "no")
    set_seed(settings.seed)
    model = KINDS[settings.kind](settings.preset)
    model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    learn, check = (Notes(part, accelerator.device) for part in notes)
    optimizer = torch.optim.AdamW(model.parameters(), settings.learning_rate, weight_decay=0.01, fused=on_gpu)
    network, optimizer = accelerator.prepare(model, optimizer)
    average = AveragedModel(model, avg_fn=lambda e, p, n: e.lerp(p, 1 - min(0.999, (1 + n) / (10 + n))))

    steps_per_epoch = max(1, len(learn) // settings.batch_size)
    total = settings.epochs * steps_per_epoch
    history: dict[str, Any] = {"train": [], "validation": [], "best": math.inf, "seconds": 0.0}
    step = 0
    if _open_run(run, settings, learn, check, resume, accelerator):
        step, history = _load(run, model, optimizer, average)

    started, before = time.monotonic(), history["seconds"]
    bar = tqdm(total=total, initial=step, desc=settings.kind, unit="step", disable=quiet, smoothing=0.05)
    network.train()
    while step < total:
        rows = _rows(len(learn), step, steps_per_epoch, settings)[
            accelerator.process_index :: accelerator.num_processes
        ]
        pictures, condition = learn.batch(rows, model)
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * _schedule(step / total)
        out = network(pictures, condition)
        kl = (
            kl_divergence(out.mean, out.log_var).sum(1).mean()
            if model.variational
            else torch.zeros((), device=pictures.device)
        )
        kl_weight = min(1.0, (step + 1) / (settings.kl_warmup * total + 1))
        loss = sigma_vae_loss(out.picture.float(), scale(pictures), kl, settings.n_effective, kl_weight)
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(network.parameters(), 50.0)
        optimizer.step()
        optimizer.zero_grad()
        average.update_parameters(model)
        step += 1
        bar.update()
        if step % LOG_EVERY == 0 or step % steps_per_epoch == 0:
            row = {"step": step, "loss": loss.item(), "kl": kl.item()}
            if not math.isfinite(row["loss"]):
                raise Diverged(
                    f"the loss is {row['loss']} at step {step} of {total}; {run} keeps its last good "
                    f"checkpoint; try a lower learning rate than {settings.learning_rate}"
                )
            history["train"].append(row)
            bar.set_postfix(loss=f"{row['loss']:.1f}", kl=f"{row['kl']:.1f}", refresh=False)
        if step % steps_per_epoch == 0:
            result = validate(cast(AE, average.module), check, settings.batch_size)
            history["validation"].append({"step": step, **result})
            history["seconds"] = before + time.monotonic() - started
            if accelerator.is_main_process:
                _save(run, model, optimizer, average, step, history)
            network.train()
            if history["seconds"] > 60 * minutes:
                break
    bar.close()
    accelerator.end_training()
    return history


@torch.no_grad()
def validate(model: AE, notes: Notes, batch_size: int = 32) -> dict[str, float]:
    """Reconstruction and latent space on unseen notes, from each posterior's mean.

    Returns ``rmse_db`` over all bins of the picture, and for variational models ``kl`` in nats a note and
    ``active``, the dimensions above 0.1 nats. Leaves the KL of every dimension in ``model.activity``.
    """
    model.eval()
    squares, kl = torch.zeros(()), torch.zeros(model.latent_dim)
    for rows in torch.arange(len(notes)).split(batch_size):
        pictures, condition = notes.batch(rows, model)
        mean, log_var = model.encode(pictures, condition)
        error = model.decode(mean, condition) - pictures
        squares += error.square().mean((1, 2)).sum().cpu()
        if model.variational:
            kl += kl_divergence(mean, log_var).sum(0).cpu()
    result = {"rmse_db": float((squares / len(notes)).sqrt())}
    if model.variational:
        kl /= len(notes)
        model.get_buffer("activity").copy_(kl)
        result |= {"kl": float(kl.sum()), "active": float((kl > 0.1).sum())}
    return result


def _schedule(progress: float) -> float:
    """Warm-up over the first 2 %, then a cosine from 1 to 0.01."""
    return min(1.0, (progress + 1e-4) / 0.02) * (0.505 + 0.495 * math.cos(math.pi * progress))


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


def _save(run: Path, model: AE, optimizer: Any, average: AveragedModel, step: int, history: dict[str, Any]) -> None:
    """The best weights first, then the checkpoint: a run stopped in between repeats what it lost."""
    result = history["validation"][-1]["rmse_db"]
    if not math.isfinite(result):
        raise Diverged(f"the validation error is {result} at step {step}; {run} keeps its last good checkpoint")
    if result <= history["best"]:
        history["best"] = result
        save_weights(cast(AE, average.module), run)
    state = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "average": average.state_dict(),
        "random": torch.get_rng_state(),
        "cuda_random": torch.cuda.get_rng_state_all(),
        "step": step,
        "history": history,
    }
    with atomic(run / "latest.pt") as partial:
        torch.save(state, partial)
    write_json(run / "history.json", history)


def _load(run: Path, model: AE, optimizer: Any, average: AveragedModel) -> tuple[int, dict[str, Any]]:
    try:
        state = torch.load(run / "latest.pt", map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a broken archive
        raise DataError(f"{run / 'latest.pt'}: cannot be read ({type(error).__name__}); start a new run") from None
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    average.load_state_dict(state["average"])
    torch.set_rng_state(state["random"])
    if state["cuda_random"]:
        torch.cuda.set_rng_state_all(state["cuda_random"])
    return state["step"], state["history"]


def save_weights(model: AE, folder: Path) -> None:
    """``config.json`` and ``model.safetensors`` for ``from_pretrained``; the weights appear whole or not at all."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", model._hub_mixin_config)
    with atomic(folder / "model.safetensors") as partial:
        save_file({k: v.contiguous() for k, v in model.state_dict().items()}, partial)
