"""Encoders and decoders as ONNX, with all that a web page needs to know of them."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.colours import level_colours
from nsynthlib.data.labels import FAMILIES
from nsynthlib.errors import UsageError
from nsynthlib.files import atomic
from nsynthlib.generation.compacting import store_half
from nsynthlib.generation.notes import GRIFFIN_LIM_STEPS, TEXTURE
from nsynthlib.generation.pad import Pad, pad_of
from nsynthlib.generation.points import Point, points_of
from nsynthlib.generation.verifying import verify
from nsynthlib.models.autoencoders import AE, CVAE, need_model
from nsynthlib.models.condition import Condition, condition_of
from nsynthlib.models.scaling import gate

TOLD = Condition._fields  # names of what a CVAE is told
PLAYED = ("texture", "seed")  # and of what its decoder is told beside that


class _Encoder(nn.Module):
    """The posterior's mean, of what a page gives it."""

    def __init__(self, model: AE) -> None:
        super().__init__()
        self.model = model

    def forward(self, db: Tensor, *told: Tensor) -> Tensor:
        # db [1, n_mels, frames], told [1] each, to z [1, latent_dim]
        return self.model.encode(db, Condition(*told) if told else None)[0]


class _Decoder(nn.Module):
    """The decoder with the inputs a page gives it: its mean, and for a CVAE the texture too."""

    def __init__(self, model: AE) -> None:
        super().__init__()
        self.model = model

    def forward(self, z: Tensor, *told: Tensor) -> Tensor:
        # z [1, latent_dim], told [1] each, to decibels [1, n_mels, frames]
        if not told:
            return gate(self.model.decibels(self.model.decode_stats(z)[0]), self.model.log_mel.floor_db)
        *condition, texture, seed = told
        return self.model.decode(z, Condition(*condition), texture, seed)


def export(models: AE | Sequence[AE], folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Write ``<kind>_encoder.onnx`` and ``<kind>_decoder.onnx`` of each model, and one ``manifest.json``.

    Inputs of an encoder: ``db`` float32 ``[1, n_mels, frames]``; its output is ``z`` float32 ``[1, latent_dim]``, the
    posterior's mean. Inputs of a decoder: ``z``; its output is ``db``. A CVAE's two also take ``family`` and
    ``velocity`` int64 ``[1]`` and ``pitch`` float32 ``[1]`` (a MIDI number, with a fraction where a note is out of
    tune), and its decoder ``texture`` float32 ``[1]`` and ``seed`` int64 ``[1]``.

    Args:
        models: one, or several of different kinds that share one log-mel spectrogram.
        folder: where to write; it is made where it is not there.

    Returns:
        The manifest: the spectrogram, families, and of each kind its files with their SHA-256; of a CVAE ``pads`` too,
        one a family, see :func:`~nsynthlib.generation.pad.pad_of`, each with its
        :func:`~nsynthlib.generation.points.points_of`.

    Raises:
        UsageError: for what is no model, two models of one kind, or spectrograms that differ.
        DataError: if a file that was written is not what was to be written, see
            :func:`~nsynthlib.generation.verifying.verify`.
    """
    some: list[AE] = list(models) if isinstance(models, (list, tuple)) else [models]  # type: ignore[list-item]
    for model in some:
        need_model(model, "export")
    _check_alike(some)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    manifest = _spectrogram(some[0]) | {"models": {_kind(model): _export_one(model, folder) for model in some}}
    with atomic(folder / "manifest.json") as partial:
        partial.write_text(json.dumps(manifest) + "\n", encoding="utf-8")
    return manifest


def _kind(model: AE) -> str:
    return type(model).__name__.lower()


def _check_alike(models: Sequence[AE]) -> None:
    """Raise UsageError unless the models can share one manifest."""
    kinds = [_kind(model) for model in models]
    if not kinds:
        raise UsageError("export needs at least one model; give it a trained one")
    for kind in kinds:
        if kinds.count(kind) > 1:
            raise UsageError(f"export got {kinds.count(kind)} models of the kind {kind}; give it one of each kind")
    for model in models[1:]:
        if model.log_mel != models[0].log_mel:
            raise UsageError(
                f"{_kind(model)} sees {model.log_mel} and {kinds[0]} sees {models[0].log_mel}; "
                "export them to folders of their own"
            )


def _export_one(model: AE, folder: Path) -> dict[str, Any]:
    """Write a model's two files; returns what the manifest tells of it."""
    model = model.cpu().eval()
    kind, condition = _kind(model), condition_of(60, "organ", 100)
    told, played = (tuple(condition), (torch.tensor([TEXTURE]), torch.tensor([0]))) if model.conditional else ((), ())
    names, more = (TOLD, PLAYED) if model.conditional else ((), ())
    db, z = torch.full((1, *model.log_mel.shape), model.log_mel.floor_db), torch.zeros(1, model.latent_dim)
    encoder, decoder = folder / f"{kind}_encoder.onnx", folder / f"{kind}_decoder.onnx"
    _write(encoder, _Encoder(model), {"db": db, **dict(zip(names, told, strict=True))}, "z")
    inputs = {"z": z, **dict(zip((*names, *more), (*told, *played), strict=True))}
    _write(decoder, _Decoder(model), inputs, "db")
    about: dict[str, Any] = {"latent_dim": model.latent_dim, "encoder": _file(encoder), "decoder": _file(decoder)}
    if isinstance(model, CVAE):
        about["pads"] = [_pad(pad_of(model, family), points_of(model, family)) for family in FAMILIES]
    return about


def _write(path: Path, network: nn.Module, inputs: dict[str, Tensor], output: str) -> None:
    with atomic(path) as partial, torch.no_grad(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Constant folding")  # some slices stay as they are, which is no fault
        torch.onnx.export(
            network,
            tuple(inputs.values()),
            str(partial),
            input_names=list(inputs),
            output_names=[output],
            opset_version=17,
            dynamo=False,
            do_constant_folding=False,  # a weight that is multiplied by a window would no longer fit into float16
        )
        store_half(partial)
        verify(partial, network, inputs)


def _file(path: Path) -> dict[str, str]:
    return {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def _pad(pad: Pad, points: Sequence[Point]) -> dict[str, Any]:
    named = [{"name": point.name, "family": point.family, "z": _short(point.z)} for point in points]
    ways = [_short(way) for way in pad.directions]
    return {"middle": _short(pad.middle), "directions": ways, "ends": pad.ends, "points": named}


def _short(vector: Tensor) -> list[float]:
    return [round(value, 4) for value in vector.tolist()]


def _spectrogram(model: AE) -> dict[str, Any]:
    """What a page must know to make the models' picture of a sound and a sound of a picture, and to draw it."""
    return {
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
        "colours": base64.b64encode(level_colours()).decode(),
    }
