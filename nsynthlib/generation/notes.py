"""Notes out of a trained model: from a point of its latent space, or from another note."""

from __future__ import annotations

import torch
from torch import Tensor

from nsynthlib.audio.format import SAMPLES
from nsynthlib.audio.levels import limit_peak
from nsynthlib.data.labels import FAMILIES
from nsynthlib.errors import DataError, UsageError
from nsynthlib.generation.refinement import refine
from nsynthlib.models.autoencoders import AE, CVAE
from nsynthlib.models.condition import Condition, condition_of
from nsynthlib.models.prior import temperature_scale

GRIFFIN_LIM_STEPS = 16
TEXTURE = 0.65  # moves most like held-out real notes; the deviation that was learned also holds errors of the mean


def standard_normal(model: AE, seed: int) -> Tensor:
    """A latent vector ``[latent_dim]`` drawn from N(0, I), the same for the same seed on every device."""
    return torch.randn(model.latent_dim, generator=torch.Generator().manual_seed(seed))


def sample_z(model: CVAE, pitch: int, family: str, seed: int, temperature: float = 1.0) -> Tensor:
    """A latent vector ``[latent_dim]`` that suits a condition: from the fitted prior, or N(0, I) where there is none.

    It is one instrument at every velocity. ``temperature`` in (0, 1] narrows it: lower is more typical and less varied.
    """
    if model.prior is None:
        return standard_normal(model, seed) * temperature_scale(temperature)
    return model.prior.sample(pitch, FAMILIES.index(family), seed, temperature)


@torch.inference_mode()
def decode(
    model: CVAE, z: Tensor, pitch: int, family: str, velocity: int, texture: float = 0.0, seed: int = 0
) -> Tensor:
    """What ``z`` ``[latent_dim]`` becomes under a condition: decibels ``[n_mels, frames]`` in [floor_db, 0].

    ``texture`` in [0, 1] and ``seed`` are those of :meth:`~nsynthlib.models.AE.decode`. Raises UsageError for a value
    outside its range, see :func:`~nsynthlib.models.condition_of`.
    """
    check_texture(texture)
    condition = condition_of(pitch, family, velocity).to(model.device)
    seeds = torch.tensor([seed], device=model.device)
    return model.decode(z.to(model.device)[None], condition, texture, seeds)[0].cpu()


def check_texture(texture: float) -> None:
    """Raise UsageError for a ``texture`` outside [0, 1]."""
    if not 0 <= texture <= 1:
        raise UsageError(f"texture {texture} is out of range; choose one from 0 (none) to 1 (most)")


@torch.inference_mode()
def to_audio(model: AE, db: Tensor) -> Tensor:
    """Sound ``[samples]`` of decibels ``[n_mels, frames]``, see :func:`~nsynthlib.audio.limit_peak`."""
    return limit_peak(model.log_mel.inverse(db, GRIFFIN_LIM_STEPS))[0]


def generate(
    model: CVAE,
    *,
    pitch: int,
    family: str,
    velocity: int,
    seed: int = 0,
    temperature: float = 1.0,
    texture: float = TEXTURE,
    z: Tensor | None = None,
) -> Tensor:
    """A new note, float32 ``[64000]`` in [-1, 1] at 16 kHz.

    Args:
        model: a trained CVAE.
        pitch: MIDI number, 0-127.
        family: a name in ``FAMILIES``.
        velocity: 1-127.
        seed: of the latent vector, sampled as :func:`sample_z` does, and of its texture.
        temperature: of that sample, in (0, 1], see :func:`sample_z`.
        texture: in [0, 1], how much of a real note's unevenness is given back: air, noise, beating.
        z: the latent vector itself, ``[latent_dim]``, in place of the sample.

    Raises:
        UsageError: for a value outside its range.
    """
    condition_of(pitch, family, velocity)  # a wrong one is told before it is used
    if z is None:
        z = sample_z(model, pitch, family, seed, temperature)
    return to_audio(model, decode(model, z, pitch, family, velocity, texture, seed))


@torch.inference_mode()
def reconstruct(
    model: AE, audio: Tensor, condition: Condition | None = None, texture: float = 0.0, refined: bool = False
) -> Tensor:
    """``audio`` ``[64000]`` through the bottleneck and back, ``[64000]``, from the posterior's mean.

    Args:
        texture: in [0, 1], gives back unevenness, which lies nearer to the ear and farther from the original's numbers.
        refined: improve the encoder's guess first, see :func:`~nsynthlib.generation.refine`; takes about a second.

    Raises:
        DataError: for any other length.
    """
    check_texture(texture)
    if audio.shape != (SAMPLES,):
        raise DataError(f"a note has {SAMPLES} samples, not {tuple(audio.shape)}")
    db = model.log_mel(audio)[None]  # [1, n_mels, frames]
    z, _ = model.encode(db, condition)
    if refined:
        z = refine(model, db, z, condition)
    return to_audio(model, model.decode(z, condition, texture)[0])
