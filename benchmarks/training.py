"""Training a CVAE: the book's loop beside the loop a student writes first; and what a step spends outside the model."""

from __future__ import annotations

import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import librosa
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from benchmarks.common import Row, circumstances, side_by_side
from nsynthlib.data import NSynth, labels_of, write_notes
from nsynthlib.models import CVAE, Condition, kl_divergence, scale
from nsynthlib.orchestra import orchestra
from nsynthlib.training import Notes, sigma_vae_loss

NOTES, BATCH = 64, 32
WHOLE = 289_205
NO_GPU = "no CUDA device here"


class Wavs(Dataset[tuple[np.ndarray, int]]):
    """What most first attempts do: read and analyse each note with librosa, every time it is asked for."""

    def __init__(self, notes: NSynth, model: CVAE) -> None:
        self.notes, self.picture = notes, model.log_mel

    def __len__(self) -> int:
        return len(self.notes)

    def __getitem__(self, i: int) -> tuple[np.ndarray, int]:
        audio, _ = librosa.load(self.notes[i].path, sr=16_000)
        mel = librosa.feature.melspectrogram(
            y=audio,
            sr=16_000,
            n_fft=self.picture.n_fft,
            hop_length=self.picture.hop_length,
            power=1.0,
            n_mels=self.picture.n_mels,
            norm=None,
            pad_mode="constant",
        )
        return np.clip(20 * np.log10(np.maximum(mel, 1e-12) / self.picture.stft.reference), -80, 0), i


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        write_notes(Path(folder) / "notes", orchestra(NOTES))
        notes = NSynth(Path(folder) / "notes")
        return [_beside(notes), _share(notes), *_cuda()]


def _step(model: CVAE, optimizer: torch.optim.Optimizer, pictures: torch.Tensor, condition: Condition) -> None:
    out = model(pictures, condition)
    kl = kl_divergence(out.mean, out.log_var).sum(1).mean()
    sigma_vae_loss(out.picture, scale(pictures), kl, 1024.0, 1.0).backward()
    optimizer.step()
    optimizer.zero_grad()


def _beside(notes: NSynth) -> Row:
    torch.manual_seed(0)
    model = CVAE("residual").to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    plain = CVAE("residual")
    optimizers = [torch.optim.AdamW(m.parameters(), 1e-3) for m in (model, plain)]
    resident = Notes(notes, torch.device("cpu"))
    labels = labels_of(notes)

    def ours() -> None:
        for start in range(0, NOTES, BATCH):
            _step(model, optimizers[0], *resident.batch(torch.arange(start, start + BATCH), model))

    def peer() -> None:
        for pictures, rows in DataLoader(Wavs(notes, plain), batch_size=BATCH):
            _step(plain, optimizers[1], pictures.float(), Condition(*(labels[k][rows] for k in Condition._fields)))

    a, b, ratio = side_by_side(ours, peer, repeats=3)
    about = circumstances(model="residual CVAE", batch_size=BATCH, librosa=version("librosa"))
    name = "WAVs, librosa and a plain step"
    return Row("training, CPU", "notes/s", NOTES / a, "", NOTES / b, name, ratio, about)


def _share(notes: NSynth) -> Row:
    """Everything of a step but forward, backward and the optimiser: taking a batch and drawing its pictures."""
    torch.manual_seed(0)
    model = CVAE("residual").to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    resident = Notes(notes, torch.device("cpu"))
    shares = []
    for _ in range(6):
        start = time.perf_counter()
        batch = resident.batch(torch.arange(BATCH), model)
        ready = time.perf_counter()
        _step(model, optimizer, *batch)
        shares.append((ready - start) / (time.perf_counter() - start))
    share = float(np.median(shares[1:]))
    about = circumstances(batch_size=BATCH)
    return Row("share of a step outside the model, CPU", "", share, "<= 0.05", circumstances=about)


def _cuda() -> list[Row]:
    """Rows that need a GPU; empty, with the reason, where there is none."""
    if not torch.cuda.is_available():
        about = circumstances(why=NO_GPU)
        return [
            Row("training, CUDA", "notes/s", None, "", circumstances=about),
            Row(f"an epoch of {WHOLE:,} notes, CUDA", "s", None, "", circumstances=about),
        ]
    device = torch.device("cuda")
    model = CVAE("residual").to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, fused=True)
    samples = torch.randint(-9000, 9000, (4096, 64_000), dtype=torch.int16, device=device)
    condition = Condition(*(torch.full((256,), v, device=device) for v in (60, 3, 100)))

    def step() -> None:
        rows = torch.randint(0, len(samples), (256,), device=device)
        pictures = model.log_mel.picture(samples[rows].float() / 32768)
        with torch.autocast("cuda", torch.bfloat16):
            out = model(pictures, condition)
        kl = kl_divergence(out.mean, out.log_var).sum(1).mean()
        sigma_vae_loss(out.picture.float(), scale(pictures), kl, 1024.0, 1.0).backward()
        optimizer.step()
        optimizer.zero_grad()

    for _ in range(10):
        step()
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(50):
        step()
    torch.cuda.synchronize()
    rate = 50 * 256 / (time.perf_counter() - start)
    about = circumstances(device=torch.cuda.get_device_name(), batch_size=256)
    return [
        Row("training, CUDA", "notes/s", rate, "", circumstances=about),
        Row(f"an epoch of {WHOLE:,} notes, CUDA", "s", WHOLE / rate, "", circumstances=about),
    ]
