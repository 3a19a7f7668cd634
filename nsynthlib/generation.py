"""Notes out of a trained CVAE: from a point of its latent space, or from another note; and the decoder as ONNX."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import torch
from torch import Tensor, nn

from nsynthlib.data import FAMILIES, SAMPLES, atomic
from nsynthlib.errors import DataError, UsageError
from nsynthlib.models import AE, CVAE, Condition
from nsynthlib.prior import narrowing
from nsynthlib.refinement import refine
from nsynthlib.spectral import SAMPLE_RATE, dbfs

GRIFFIN_LIM_STEPS = 16
POINTS = 8  # latent points an explorer offers
BREATH = 0.65  # moves most like held-out real notes; the deviation that was learned also holds errors of the mean


def condition_of(pitch: int, family: str, velocity: int) -> Condition:
    """Condition of one note, ``[1]`` each.

    Args:
        pitch: MIDI number, 0-127.
        family: a name in ``FAMILIES``.
        velocity: 1-127.

    Raises:
        UsageError: naming the value that lies outside.
    """
    if not 0 <= pitch <= 127:
        raise UsageError(f"pitch {pitch} is not a MIDI number; choose one from 0 to 127")
    if family not in FAMILIES:
        raise UsageError(f"family {family!r} is unknown; choose one of {', '.join(FAMILIES)}")
    if not 1 <= velocity <= 127:
        raise UsageError(f"velocity {velocity} is out of range; choose one from 1 to 127")
    return Condition(torch.tensor([pitch]), torch.tensor([FAMILIES.index(family)]), torch.tensor([velocity]))


def prior(model: AE, seed: int) -> Tensor:
    """A latent vector ``[latent_dim]`` drawn from N(0, I), the same for the same seed on every device."""
    return torch.randn(model.latent_dim, generator=torch.Generator().manual_seed(seed))


def draw(model: CVAE, pitch: int, family: str, seed: int, temperature: float = 1.0) -> Tensor:
    """A latent vector ``[latent_dim]`` that suits a condition: from the fitted prior, or N(0, I) where there is none.

    It is one instrument at every velocity. ``temperature`` in (0, 1] narrows it: lower is more typical and less varied.
    """
    if model.fitted is None:
        return prior(model, seed) * narrowing(temperature)
    return model.fitted.draw(pitch, FAMILIES.index(family), seed, temperature)


@torch.inference_mode()
def decode(
    model: CVAE, z: Tensor, pitch: int, family: str, velocity: int, breath: float = 0.0, seed: int = 0
) -> Tensor:
    """The picture that ``z`` ``[latent_dim]`` gives under a condition: decibels ``[n_mels, frames]`` in [floor_db, 0].

    ``breath`` in [0, 1] and ``seed`` are of its texture, see :meth:`~nsynthlib.models.AE.decode`. Raises UsageError for
    a value outside its range, see :func:`condition_of`.
    """
    check_breath(breath)
    device = model.get_buffer("activity").device
    condition = condition_of(pitch, family, velocity).to(device)
    return model.decode(z.to(device)[None], condition, breath, torch.tensor([seed], device=device))[0].cpu()


def check_breath(breath: float) -> None:
    """Raise UsageError for a ``breath`` outside [0, 1]."""
    if not 0 <= breath <= 1:
        raise UsageError(f"breath {breath} is out of range; choose one from 0 (none) to 1 (most)")


def turned_down(audio: Tensor) -> tuple[Tensor, float]:
    """``audio``, turned down as a whole where it would clip and only there; and by how many decibels."""
    beyond = audio.abs().max().clamp_min(1.0)
    return audio / beyond, dbfs(float(beyond))


@torch.inference_mode()
def sound(model: AE, picture: Tensor) -> Tensor:
    """Sound ``[samples]`` of a picture in decibels, see :func:`turned_down`."""
    return turned_down(model.log_mel.sound(picture, GRIFFIN_LIM_STEPS))[0]


def generate(
    model: CVAE,
    *,
    pitch: int,
    family: str,
    velocity: int,
    seed: int = 0,
    temperature: float = 1.0,
    breath: float = BREATH,
    z: Tensor | None = None,
) -> Tensor:
    """A new note, float32 ``[64000]`` in [-1, 1] at 16 kHz.

    Args:
        model: a trained CVAE.
        pitch: MIDI number, 0-127.
        family: a name in ``FAMILIES``.
        velocity: 1-127.
        seed: of the latent vector, drawn as :func:`draw` does, and of its breath.
        temperature: of that draw, in (0, 1], see :func:`draw`.
        breath: in [0, 1], how much of a real note's unevenness is given back: air, noise, beating.
        z: the latent vector itself, ``[latent_dim]``, in place of the draw.

    Raises:
        UsageError: for a value outside its range.
    """
    condition_of(pitch, family, velocity)  # a wrong one is told before it is used
    if z is None:
        z = draw(model, pitch, family, seed, temperature)
    return sound(model, decode(model, z, pitch, family, velocity, breath, seed))


@torch.inference_mode()
def reconstruct(
    model: AE, audio: Tensor, condition: Condition | None = None, breath: float = 0.0, refined: bool = False
) -> Tensor:
    """``audio`` ``[64000]`` through the bottleneck and back, ``[64000]``, from the posterior's mean.

    Args:
        breath: in [0, 1], gives back texture, which lies nearer to the ear and farther from the original's numbers.
        refined: improve the encoder's guess first, see :func:`~nsynthlib.refinement.refine`; takes about a second.

    Raises:
        DataError: for any other length.
    """
    check_breath(breath)
    if audio.shape != (SAMPLES,):
        raise DataError(f"a note has {SAMPLES} samples, not {tuple(audio.shape)}")
    picture = model.log_mel.picture(audio)[None]
    z, _ = model.encode(picture, condition)
    if refined:
        z = refine(model, picture, z, condition)
    return sound(model, model.decode(z, condition, breath)[0])


def explorer_axes(model: CVAE) -> tuple[tuple[int, int], Tensor]:
    """What an explorer of the latent space needs: the two most active dimensions, and points to start from.

    Points are ``[families, 8, latent_dim]``: for each family eight fixed draws at middle C.
    """
    first, second = model.get_buffer("activity").cpu().topk(2).indices.tolist()
    points = [torch.stack([draw(model, 60, family, seed) for seed in range(POINTS)]) for family in FAMILIES]
    return (first, second), torch.stack(points).round(decimals=4)


class _Decoder(nn.Module):
    """The decoder with the inputs a page gives it."""

    def __init__(self, model: CVAE) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, z: Tensor, pitch: Tensor, family: Tensor, velocity: Tensor, breath: Tensor, seed: Tensor
    ) -> Tensor:
        return self.model.decode(z, Condition(pitch, family, velocity), breath, seed)


def export(model: CVAE, folder: Path) -> dict[str, object]:
    """Write ``decoder.onnx`` and ``manifest.json``, all that a page needs to play the model; returns the manifest.

    Inputs: ``z`` float32 ``[1, latent_dim]``, ``pitch``, ``family``, ``velocity`` and ``seed`` int64 ``[1]``,
    ``breath`` float32 ``[1]``; output ``db`` float32 ``[1, n_mels, frames]``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model = model.cpu().eval()
    example = (
        torch.zeros(1, model.latent_dim),
        *condition_of(60, "organ", 100),
        torch.tensor([BREATH]),
        torch.tensor([0]),
    )
    names = ["z", "pitch", "family", "velocity", "breath", "seed"]
    with atomic(folder / "decoder.onnx") as partial, torch.no_grad():
        torch.onnx.export(
            _Decoder(model),
            example,
            str(partial),
            input_names=names,
            output_names=["db"],
            opset_version=17,
            dynamo=False,
        )
    axes, points = explorer_axes(model)
    manifest: dict[str, object] = {
        "decoder": "decoder.onnx",
        "sha256": hashlib.sha256((folder / "decoder.onnx").read_bytes()).hexdigest(),
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
    with atomic(folder / "manifest.json") as partial:
        partial.write_text(json.dumps(manifest) + "\n", encoding="utf-8")
    return manifest
