"""The decoder as ONNX, with all that a web page needs to know of it."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.data.labels import FAMILIES
from nsynthlib.files import atomic
from nsynthlib.generation.notes import GRIFFIN_LIM_STEPS, TEXTURE, sample_z
from nsynthlib.models.autoencoders import CVAE, need_model
from nsynthlib.models.condition import Condition, condition_of

POINTS = 8  # latent points an explorer offers


def explorer_axes(model: CVAE) -> tuple[tuple[int, int], Tensor]:
    """What an explorer of the latent space needs: the two most active dimensions, and points to start from.

    Points are ``[families, 8, latent_dim]``: for each family eight fixed samples at middle C.
    """
    need_model(model, "the explorer of a CVAE", CVAE)
    first, second = model.get_buffer("activity").cpu().topk(2).indices.tolist()
    points = [torch.stack([sample_z(model, 60, family, seed) for seed in range(POINTS)]) for family in FAMILIES]
    return (first, second), torch.stack(points).round(decimals=4)


class _Decoder(nn.Module):
    """The decoder with the inputs a page gives it."""

    def __init__(self, model: CVAE) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, z: Tensor, pitch: Tensor, family: Tensor, velocity: Tensor, texture: Tensor, seed: Tensor
    ) -> Tensor:
        # z [1, latent_dim], the others [1], to decibels [1, n_mels, frames]
        return self.model.decode(z, Condition(pitch, family, velocity), texture, seed)


def export(model: CVAE, folder: str | os.PathLike[str]) -> dict[str, object]:
    """Write ``decoder.onnx`` and ``manifest.json``, all that a page needs to play the model; returns the manifest.

    Inputs: ``z`` float32 ``[1, latent_dim]``, ``family``, ``velocity`` and ``seed`` int64 ``[1]``, ``pitch`` (a MIDI
    number, with a fraction where a note is out of tune) and ``texture`` float32 ``[1]``; output ``db`` float32
    ``[1, n_mels, frames]``. Raises UsageError for a model that is no CVAE.
    """
    need_model(model, "export", CVAE)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    model = model.cpu().eval()
    z, texture, seed = torch.zeros(1, model.latent_dim), torch.tensor([TEXTURE]), torch.tensor([0])
    with atomic(folder / "decoder.onnx") as partial, torch.no_grad(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Constant folding")  # some slices stay as they are, which is no fault
        torch.onnx.export(
            _Decoder(model),
            (z, *condition_of(60, "organ", 100), texture, seed),
            str(partial),
            input_names=["z", "pitch", "family", "velocity", "texture", "seed"],
            output_names=["db"],
            opset_version=17,
            dynamo=False,
        )
    manifest = _manifest(model, hashlib.sha256((folder / "decoder.onnx").read_bytes()).hexdigest())
    with atomic(folder / "manifest.json") as partial:
        partial.write_text(json.dumps(manifest) + "\n", encoding="utf-8")
    return manifest


def _manifest(model: CVAE, sha256: str) -> dict[str, object]:
    axes, points = explorer_axes(model)
    return {
        "decoder": "decoder.onnx",
        "sha256": sha256,
        "sample_rate": SAMPLE_RATE,
        "samples": model.log_mel.samples,
        "n_fft": model.log_mel.n_fft,
        "hop_length": model.log_mel.hop_length,
        "n_mels": model.log_mel.n_mels,
        "mel_scale": model.log_mel.mel_scale,
        "reference": model.log_mel.stft.reference,
        "floor_db": model.log_mel.floor_db,
        "n_iter": GRIFFIN_LIM_STEPS,
        "families": list(FAMILIES),
        "latent_dim": model.latent_dim,
        "axes": list(axes),
        "points": [[[round(v, 4) for v in point] for point in family] for family in points.tolist()],
    }
