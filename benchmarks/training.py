"""Training a CVAE: the book's loop beside the loop a student writes first; and what a step spends outside the model."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.common import Row, circumstances, side_by_side
from nsynthlib.data import NSynth, labels_of, write_notes
from nsynthlib.models.autoencoders import CVAE, kl_divergence
from nsynthlib.models.condition import Condition
from nsynthlib.models.likelihood import bin_error
from nsynthlib.models.texture import fast_part, steady_frames
from nsynthlib.spectral import to_db
from nsynthlib.synthesis.instruments import synthetic_notes
from nsynthlib.training.batches import BatchSource
from nsynthlib.training.losses import beta_vae_loss, deviation_loss
from nsynthlib.training.optimizer import MuonAdamW
from nsynthlib.training.precision import cpu_has_bf16
from nsynthlib.training.settings import Settings

NOTES, BATCH, ON_GPU = 64, 32, 256
BF16 = torch.bfloat16 if cpu_has_bf16() else None
WHOLE = 289_205
NO_GPU = "no CUDA device here"


class Wavs(Dataset[tuple[np.ndarray, int]]):
    """What most first attempts do: read and analyse each note with librosa, every time it is asked for."""

    def __init__(self, notes: NSynth, model: CVAE) -> None:
        self.notes, self.log_mel = notes, model.log_mel

    def __len__(self) -> int:
        return len(self.notes)

    def __getitem__(self, i: int) -> tuple[np.ndarray, int]:
        audio, _ = librosa.load(self.notes[i].path, sr=16_000)
        mel = librosa.feature.melspectrogram(
            y=audio,
            sr=16_000,
            n_fft=self.log_mel.n_fft,
            hop_length=self.log_mel.hop_length,
            power=1.0,
            n_mels=self.log_mel.n_mels,
            norm=None,
            pad_mode="constant",
        )
        return to_db(torch.from_numpy(mel), self.log_mel.stft, self.log_mel.floor_db).numpy(), i


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        write_notes(Path(folder) / "notes", synthetic_notes(NOTES))
        notes = NSynth(Path(folder) / "notes")
        return [_beside(notes), _share(notes), *_cuda(notes)]


def _model(device: str = "cpu") -> CVAE:
    torch.manual_seed(0)
    return CVAE("residual").to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]


def _step(
    model: CVAE, optimizer: Any, db: torch.Tensor, condition: Condition, precision: torch.dtype | None = None
) -> None:
    """Forward, backward and the optimiser, as in ``nsynthlib.training``."""
    with torch.autocast(db.device.type, precision, enabled=precision is not None):
        out = model(db, condition)
    kl = kl_divergence(out.mean, out.log_var).sum(1).mean()
    x_mean = out.x_mean.float()
    fast = fast_part(model.scaled(db), x_mean, steady_frames(model.log_mel).to(db.device))
    loss = beta_vae_loss(bin_error(model.decibels(x_mean), db), kl, Settings.beta)
    (loss + deviation_loss(out.x_log_sigma.float(), fast)).backward()
    optimizer.step()
    optimizer.zero_grad()


def _beside(notes: NSynth) -> Row:
    model, plain = _model(), CVAE("residual")
    ours_by = MuonAdamW(model, Settings.learning_rate)
    theirs_by = torch.optim.AdamW(plain.parameters(), 1e-3)
    resident = BatchSource(notes, torch.device("cpu"), model.log_mel)
    labels = labels_of(notes)

    def ours() -> None:
        for rows in torch.arange(NOTES).split(BATCH):
            _step(model, ours_by, *_augmented(resident, rows), BF16)

    def peer() -> None:
        for db, rows in DataLoader(Wavs(notes, plain), batch_size=BATCH):
            _step(plain, theirs_by, db.float(), Condition(*(labels[k][rows] for k in Condition._fields)))

    a, b, ratio = side_by_side(ours, peer, repeats=3)
    about = circumstances(model="residual CVAE", batch_size=BATCH, precision=str(BF16), librosa=version("librosa"))
    name = "WAVs, librosa and a plain float32 AdamW step"
    return Row("training, CPU", "notes/s", NOTES / a, "", NOTES / b, name, ratio, about)


def _share(notes: NSynth) -> Row:
    """Everything of a step but forward, backward and the optimiser: taking a batch and changing its spectrograms."""
    model = _model()
    optimizer = MuonAdamW(model, Settings.learning_rate)
    resident = BatchSource(notes, torch.device("cpu"), model.log_mel)
    shares = []
    for _ in range(8):
        start = time.perf_counter()
        db, condition = _augmented(resident, torch.arange(BATCH))
        ready = time.perf_counter()
        _step(model, optimizer, db, condition, BF16)
        shares.append((ready - start) / (time.perf_counter() - start))
    share = float(np.median(shares[1:]))
    about = circumstances(batch_size=BATCH, precision=str(BF16))
    return Row("share of a step outside the model, CPU", "", share, "<= 0.05", circumstances=about)


def _augmented(resident: BatchSource, rows: torch.Tensor) -> tuple[torch.Tensor, Condition]:
    return resident.augmented_batch(rows, Settings(), torch.Generator().manual_seed(0))


def _cuda(notes: NSynth) -> list[Row]:
    """Rows that need a GPU; empty, with the reason, where there is none."""
    names = (
        ("training, CUDA", "notes/s"),
        (f"an epoch of {WHOLE:,} notes, CUDA", "s"),
        ("share of bf16 ceiling, CUDA", ""),
    )
    if not torch.cuda.is_available():
        return [Row(name, unit, None, "", circumstances=circumstances(why=NO_GPU)) for name, unit in names]
    model = _model("cuda")
    optimizer = MuonAdamW(model, Settings.learning_rate, fused=True)
    resident = BatchSource(notes, torch.device("cuda"), model.log_mel)

    def step() -> None:
        _step(model, optimizer, *_augmented(resident, torch.randint(0, len(resident), (ON_GPU,))), torch.bfloat16)

    with FlopCounterMode(display=False) as counted:
        step()
    rate = ON_GPU / _cuda_seconds(step)
    square = torch.randn(8192, 8192, dtype=torch.bfloat16, device="cuda")
    ceiling = 2 * 8192**3 / _cuda_seconds(lambda: square @ square)
    values = rate, WHOLE / rate, counted.get_total_flops() / ON_GPU * rate / ceiling
    about = circumstances(device=torch.cuda.get_device_name(), batch_size=ON_GPU, ceiling_flops=ceiling)
    return [Row(name, unit, value, "", circumstances=about) for (name, unit), value in zip(names, values, strict=True)]


def _cuda_seconds(call: Callable[[], object], warm_up: int = 10, repeats: int = 50) -> float:
    """Seconds a call takes when many follow each other without waiting."""
    for _ in range(warm_up):
        call()
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    torch.cuda.synchronize()
    return (time.perf_counter() - start) / repeats
