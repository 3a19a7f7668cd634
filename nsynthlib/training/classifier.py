"""How the classifier learns: real notes, changed a little each time so that it knows instruments it never heard."""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from nsynthlib.data import Note, labels_of
from nsynthlib.errors import DataError, RunFailed, UsageError
from nsynthlib.files import write_json
from nsynthlib.models.classifier import LOG_MEL, Classifier, Predictions, nearest_velocity
from nsynthlib.models.pretrained import save_weights
from nsynthlib.signals import interrupts
from nsynthlib.training.batches import check_asked, even_weights
from nsynthlib.training.optimizer import MuonAdamW, schedule
from nsynthlib.training.precision import cpu_autocast
from nsynthlib.training.processes import need_one_process
from nsynthlib.values import positive, whole

BATCH = 64
FLOOR_DB = LOG_MEL.floor_db
STEPS_DB = 255 / -FLOOR_DB  # spectrograms wait as bytes, in steps of a third of a decibel


class LabelledSpectrograms:
    """Notes as the classifier sees them, ``[n, 256, 126]`` bytes, their labels ``[n, 3]``, how often each is drawn."""

    def __init__(self, notes: Sequence[Note], name: str, quiet: bool) -> None:
        if not len(notes):
            raise DataError(f"{name}: there are no notes for the classifier")
        digest = hashlib.sha256()
        self.bytes = torch.empty(len(notes), *LOG_MEL.shape, dtype=torch.uint8)
        for row, note in zip(self.bytes, tqdm(notes, desc=f"{name} notes", unit="note", disable=quiet), strict=True):
            audio = note.audio
            digest.update(audio.numpy().tobytes())
            row[:] = ((LOG_MEL(audio) - FLOOR_DB) * STEPS_DB).round().to(torch.uint8)
        labels = labels_of(notes)
        self.labels = torch.stack([labels["pitch"], labels["family"], nearest_velocity(labels["velocity"])], 1)
        self.weights = even_weights(notes)
        self.sha256 = digest.hexdigest()

    def __len__(self) -> int:
        return len(self.bytes)

    def decibels(self, rows: Tensor) -> Tensor:
        return self.bytes[rows] / STEPS_DB + FLOOR_DB


def spec_augment(db: Tensor, generator: torch.Generator) -> Tensor:
    """Spectrograms ``[n, bands, frames]`` as another microphone might have heard them, each in its own way.

    A smooth equaliser (five cosines over the bands, 3 dB each), another level (1 dB, since velocity is heard by
    level), a start up to 4 frames earlier or later, another floor, and one span of bands and of frames left out.
    """

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator)

    n, bands, frames = db.shape
    place = torch.arange(bands) / bands
    waves = torch.cos(math.pi * torch.arange(1, 6)[:, None] * place)
    equaliser = normal(n, 5) @ waves * 3 + normal(n, 1)
    shift = torch.randint(-4, 5, (n, 1, 1), generator=generator)
    at = (torch.arange(frames) - shift).expand(n, bands, frames)
    moved = torch.where((at >= 0) & (at < frames), db.gather(2, at.clamp(0, frames - 1)), FLOOR_DB)
    floor = FLOOR_DB + 20 * torch.rand(n, 1, 1, generator=generator).square()
    heard = (moved + equaliser[:, :, None]).clamp(max=0.0)
    heard = torch.where(heard > floor, heard, FLOOR_DB)
    for size, most, axis in ((bands, 24, 1), (frames, 16, 2)):
        heard = heard.masked_fill(_span(n, size, most, generator).unsqueeze(3 - axis), FLOOR_DB)
    return heard


def _span(n: int, size: int, most: int, generator: torch.Generator) -> Tensor:
    """For each of ``n`` a run of at most ``most`` places out of ``size``, bool ``[n, size]``."""
    start = torch.randint(0, size, (n, 1), generator=generator)
    length = torch.randint(0, most + 1, (n, 1), generator=generator)
    place = torch.arange(size)
    return (place >= start) & (place < start + length)


def classifier_loss(predictions: Predictions, labels: Tensor) -> Tensor:
    """Summed cross-entropy in nats of pitch, family and velocity; labels are softened a little."""
    parts = zip(predictions[:3], labels.unbind(1), (0.0, 0.1, 0.1), strict=True)
    return torch.stack([F.cross_entropy(a.float(), b, label_smoothing=s) for a, b, s in parts]).sum()


@torch.inference_mode()
def accuracies(model: Classifier, spectrograms: LabelledSpectrograms) -> dict[str, float]:
    """Share of right answers for each question."""
    model.eval()
    right = torch.zeros(3)
    for rows in torch.arange(len(spectrograms)).split(BATCH):
        predictions = model(spectrograms.decibels(rows))
        answers = torch.stack([logits.argmax(1) for logits in predictions[:3]], 1)
        right += (answers == spectrograms.labels[rows]).sum(0)
    return dict(zip(("pitch", "family", "velocity"), (right / len(spectrograms)).tolist(), strict=True))


def train_classifier(
    notes: tuple[Sequence[Note], Sequence[Note]],
    run: str | os.PathLike[str],
    *,
    epochs: int,
    learning_rate: float = 3e-3,
    seed: int = 0,
    quiet: bool = False,
) -> dict[str, Any]:
    """Train a classifier on ``notes[0]``, on the CPU; of its epochs the one that does best on ``notes[1]`` stays.

    The folder ``run`` gets ``config.json`` and ``model.safetensors`` for :meth:`Classifier.from_pretrained`, and
    ``training.json``: settings, hash of the notes, seconds, and the share of right answers after every epoch. Returns
    what that file holds.

    An interrupt (Ctrl-C, SIGTERM, a terminal that is closed) leaves the best one so far without ``training.json``; it
    is not resumed.

    Raises:
        UsageError: if ``run`` holds a classifier already, an option is out of range, or several processes were started.
        DataError: if there are no notes, or one of them is bad.
        RunFailed: if it was interrupted; the line says what is left.

    >>> from nsynthlib import pocket
    >>> train, valid = pocket().split("pitch", fraction=0.3)
    >>> record = train_classifier((train[:8], valid[:4]), "judge", epochs=1, quiet=True)
    >>> sorted(record)
    ['best_epoch', 'data', 'device', 'seconds', 'settings', 'torch', 'validation']
    """
    need_one_process("the classifier's training")
    run = check_asked(notes, run)
    if (run / "training.json").exists():
        raise UsageError(f"{run} holds a classifier already; name a new folder")
    epochs, seed = whole("epochs", epochs, 1), whole("seed", seed, 0)
    learning_rate = positive("learning_rate", learning_rate)
    started = time.monotonic()
    torch.manual_seed(seed)
    model = Classifier().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    train, valid = (
        LabelledSpectrograms(part, name, quiet) for part, name in zip(notes, ("train", "valid"), strict=True)
    )
    batch = min(BATCH, len(train))
    total = epochs * (len(train) // batch)
    optimizer = MuonAdamW(model, learning_rate)
    record: dict[str, Any] = {
        "settings": {"epochs": epochs, "batch_size": batch, "learning_rate": learning_rate, "seed": seed},
        "data": {"train": len(train), "validation": len(valid), "sha256": [train.sha256, valid.sha256]},
        "device": "cpu",
        "torch": torch.__version__,
        "validation": [],
    }
    best = -1.0
    generator = torch.Generator().manual_seed(seed)
    steps = tqdm(total=total, desc="classifier", unit="step", disable=quiet)
    with steps as bar, interrupts() as interrupted:
        for epoch in range(epochs):
            order = torch.multinomial(train.weights, total // epochs * batch, True, generator=generator)
            batches = order.split(batch)
            rates = [learning_rate * schedule((epoch * len(batches) + i) / total) for i in range(len(batches))]
            _one_epoch(model, train, batches, optimizer, rates, generator, bar, interrupted)
            if interrupted():
                raise RunFailed(_stopped(run, record, epochs))
            result = accuracies(model, valid)
            record["validation"].append(result)
            record["seconds"] = round(time.monotonic() - started, 1)
            bar.set_postfix({k: f"{v:.3f}" for k, v in result.items()})
            if (mean := sum(result.values()) / 3) > best:
                best, record["best_epoch"] = mean, epoch
                save_weights(model, run)
    write_json(run / "training.json", record)
    return record


def _one_epoch(
    model: Classifier,
    train: LabelledSpectrograms,
    batches: Sequence[Tensor],
    optimizer: MuonAdamW,
    rates: Sequence[float],
    generator: torch.Generator,
    bar: Any,
    interrupted: Callable[[], bool],
) -> None:
    """One epoch, or the part of it up to an interrupt; each batch has its own learning rate."""
    model.train()
    for rows, rate in zip(batches, rates, strict=True):
        optimizer.set_learning_rate(rate)
        with cpu_autocast():
            predictions = model(spec_augment(train.decibels(rows), generator))
        classifier_loss(predictions, train.labels[rows]).backward()
        optimizer.step()
        optimizer.zero_grad()
        bar.update()
        if interrupted():
            break


def _stopped(run: Path, record: Mapping[str, Any], epochs: int) -> str:
    """What an interrupt leaves."""
    if "best_epoch" not in record:
        return f"stopped before the first of {epochs} epochs was over: nothing of it is kept"
    return (
        f"stopped after {len(record['validation'])} of {epochs} epochs; {run} holds the best classifier so far, of "
        f"epoch {record['best_epoch'] + 1}, which Classifier.from_pretrained reads; it cannot be resumed"
    )
