"""Notes out of a trained model: from a point of its latent space, or from another note."""

from __future__ import annotations

import torch
from torch import Tensor

from nsynthlib.audio.levels import limit_peak
from nsynthlib.audio.pitch import read_pitch
from nsynthlib.audio.tuning import measure_tuning
from nsynthlib.data.labels import FAMILIES
from nsynthlib.data.notes import Note
from nsynthlib.data.sound import Sound, read_sound
from nsynthlib.errors import DataError, UsageError
from nsynthlib.generation.refinement import refine
from nsynthlib.models.autoencoders import AE, CVAE, need_model
from nsynthlib.models.condition import Condition, condition_of, read_family
from nsynthlib.models.prior import temperature_scale
from nsynthlib.values import number, shown, whole

GRIFFIN_LIM_STEPS = 16
TEXTURE = 1.0  # as much as was measured
SEEDS = 2**63 - 1  # the largest


def condition_of_sound(audio: Tensor, pitch: float | str, family: str, velocity: float) -> Condition:
    """Condition of a sound ``[samples]``, with the tuning that is measured in it, by :func:`measure_tuning`.

    >>> import torch
    >>> from nsynthlib.audio import midi_to_hz
    >>> flat = (midi_to_hz(59.8) * torch.arange(64_000) / 16_000) % 1 - 0.5  # 20 cents below middle C
    >>> round(float(condition_of_sound(flat, "C4", "organ", 100).pitch), 1)
    59.8
    """
    cents = measure_tuning(audio[None].cpu(), torch.tensor([read_pitch(pitch)]))
    return condition_of(pitch, family, velocity, float(cents[0]))


def standard_normal(model: AE, seed: int) -> Tensor:
    """A latent vector ``[latent_dim]`` drawn from N(0, I), the same for the same seed on every device.

    >>> from nsynthlib import VAE
    >>> model = VAE.from_pretrained()
    >>> bool((standard_normal(model, seed=1) == standard_normal(model, seed=1)).all())
    True
    """
    generator = torch.Generator().manual_seed(whole("seed", seed, 0, SEEDS))
    return torch.randn(model.latent_dim, generator=generator)


def sample_z(model: CVAE, pitch: float | str, family: str, seed: int, temperature: float = 1.0) -> Tensor:
    """A latent vector ``[latent_dim]`` that suits a condition: from the fitted prior, or N(0, I) where there is none.

    It is one instrument at every velocity. ``temperature`` in (0, 1] narrows it: lower is more typical and less varied.
    Raises UsageError for a value outside its range, or for a model that is no CVAE.

    >>> from nsynthlib import CVAE
    >>> sample_z(CVAE.from_pretrained(), "C4", "organ", seed=0).shape
    torch.Size([48])
    """
    need_model(model, "sample_z", CVAE)
    key, number_of_family = read_pitch(pitch), FAMILIES.index(read_family(family))
    if model.prior is None:
        return standard_normal(model, seed) * temperature_scale(temperature)
    return model.prior.sample(key, number_of_family, whole("seed", seed, 0, SEEDS), temperature)


@torch.inference_mode()
def decode(
    model: CVAE,
    z: Tensor,
    pitch: float | str,
    family: str,
    velocity: float,
    texture: float = 0.0,
    seed: int = 0,
    tuning: float = 0.0,
) -> Tensor:
    """What ``z`` ``[latent_dim]`` becomes under a condition: decibels ``[n_mels, frames]`` in [floor_db, 0].

    ``texture`` in [0, 1] and ``seed`` are those of :meth:`~nsynthlib.models.AE.decode`, the rest is told to
    :func:`~nsynthlib.models.condition_of`. Raises UsageError for a value outside its range, or for a model that is no
    CVAE.

    >>> from nsynthlib import CVAE
    >>> model = CVAE.from_pretrained()
    >>> z = sample_z(model, "C4", "organ", seed=0)
    >>> loud, soft = (decode(model, z, "C4", "organ", velocity) for velocity in (127, 25))
    >>> loud.shape, bool(loud.mean() > soft.mean())
    (torch.Size([384, 126]), True)
    """
    need_model(model, "decode", CVAE)
    condition = condition_of(pitch, family, velocity, tuning).to(model.device)
    seeds = torch.tensor([whole("seed", seed, 0, SEEDS)], device=model.device)
    vector = read_z(model, z).to(model.device)[None]
    return model.decode(vector, condition, check_texture(texture), seeds)[0].cpu()


def check_texture(texture: float) -> float:
    """``texture`` as a float; UsageError for one outside [0, 1].

    >>> check_texture(1), check_texture(0.5)
    (1.0, 0.5)
    """
    given = number(texture)
    if given is None or not 0 <= given <= 1:
        raise UsageError(f"texture {shown(texture)} is out of range; choose one from 0 (none) to 1 (most)")
    return float(given)


def read_z(model: AE, z: Tensor) -> Tensor:
    """A latent vector of ``model``, float32 ``[latent_dim]``; UsageError for what is none."""
    try:
        vector = torch.as_tensor(z).detach()
    except (TypeError, ValueError, RuntimeError):
        raise UsageError(f"z must be a tensor of {model.latent_dim} numbers, not {shown(z)}") from None
    if vector.shape != (model.latent_dim,):
        raise UsageError(f"z must have the shape [{model.latent_dim}] for this model, not {list(vector.shape)}")
    if not vector.is_floating_point():
        raise UsageError(f"z must hold floats, not {str(vector.dtype).removeprefix('torch.')}; give z.float()")
    if not vector.isfinite().all():
        raise UsageError("z holds values that are not finite numbers")
    return vector.float()


@torch.inference_mode()
def to_audio(model: AE, db: Tensor) -> Tensor:
    """Sound ``[..., samples]`` of decibels ``[..., n_mels, frames]``, see :func:`~nsynthlib.audio.limit_peak`.

    >>> from nsynthlib import CVAE
    >>> model = CVAE.from_pretrained()
    >>> db = decode(model, sample_z(model, "C4", "organ", seed=0), "C4", "organ", 100)
    >>> to_audio(model, db).shape
    torch.Size([64000])
    """
    return limit_peak(model.log_mel.inverse(db, GRIFFIN_LIM_STEPS))[0]


def generate(
    model: CVAE,
    *,
    pitch: float | str,
    family: str,
    velocity: float,
    seed: int = 0,
    temperature: float = 1.0,
    texture: float = TEXTURE,
    tuning: float = 0.0,
    z: Tensor | None = None,
) -> Tensor:
    """A new note, float32 ``[64000]`` in [-1, 1] at 16 kHz; for many see :func:`generate_batch`.

    Args:
        model: a trained CVAE.
        pitch: MIDI number, 0-127, or a note's name: ``"C4"`` is 60.
        family: a name in ``FAMILIES``.
        velocity: 1-127.
        seed: of the latent vector, sampled as :func:`sample_z` does, and of its texture; at least 0.
        temperature: of that sample, in (0, 1], see :func:`sample_z`.
        texture: in [0, 1], how much of a real note's unevenness is given back: air, noise, beating.
        tuning: cents above the pitch, from -50 to 50.
        z: the latent vector itself, ``[latent_dim]``, in place of the sample.

    Raises:
        UsageError: for a value outside its range, or a model that is no CVAE.

    >>> from nsynthlib import CVAE
    >>> from nsynthlib.audio import estimate_pitch
    >>> model = CVAE.from_pretrained()
    >>> note = generate(model, pitch="C4", family="organ", velocity=100, seed=0)
    >>> note.shape, round(estimate_pitch(note))
    (torch.Size([64000]), 60)
    """
    need_model(model, "generate", CVAE)
    condition_of(pitch, family, velocity, tuning)  # a wrong one is told before it is used
    if z is None:
        z = sample_z(model, pitch, family, seed, temperature)
    return to_audio(model, decode(model, z, pitch, family, velocity, texture, seed, tuning))


@torch.inference_mode()
def reconstruct(
    model: AE, audio: Sound, condition: Condition | None = None, texture: float = 0.0, refined: bool = False
) -> Tensor:
    """A note through the bottleneck and back, float32 ``[64000]``, from the posterior's mean.

    Args:
        audio: a :class:`~nsynthlib.data.Note`, or its samples ``[64000]`` in [-1, 1] as a tensor or an array.
        condition: of a CVAE; where none is given, a note's own labels, and its tuning as it is measured.
        texture: in [0, 1], gives back unevenness, which lies nearer to the ear and farther from the original's numbers.
        refined: improve the encoder's guess first, see :func:`~nsynthlib.generation.refine`; takes about a second.

    Raises:
        UsageError: for what is no sound, or a CVAE that is told no condition.
        DataError: for any other length.

    >>> from nsynthlib import AE, pocket
    >>> note = pocket().filter(family="organ", pitch=60)[0]
    >>> copy = reconstruct(AE.from_pretrained(), note)
    >>> copy.shape, bool(copy.abs().max() <= 1)
    (torch.Size([64000]), True)
    """
    need_model(model, "reconstruct")
    strength = check_texture(texture)
    z, told = encode(model, audio, condition, refined)
    return to_audio(model, model.decode(z, told, strength)[0]).cpu()


@torch.inference_mode()
def encode(
    model: AE, audio: Sound, condition: Condition | None = None, refined: bool = False
) -> tuple[Tensor, Condition | None]:
    """The posterior's mean ``[1, latent_dim]`` of a note, and what the model is told of it; see :func:`reconstruct`.

    >>> from nsynthlib import CVAE, pocket
    >>> note = pocket().filter(family="organ", pitch=60)[0]
    >>> z, condition = encode(CVAE.from_pretrained(), note)
    >>> z.shape, round(float(condition.pitch))
    (torch.Size([1, 48]), 60)
    """
    sound, samples = read_sound(audio), model.log_mel.samples
    if len(sound) != samples:
        raise DataError(f"a note has {samples} samples, not {len(sound)}")
    told = _condition(model, audio, condition)
    db = model.log_mel(sound.to(model.device))[None]  # [1, n_mels, frames]
    z, _ = model.encode(db, told)
    if refined:
        z = refine(model, db, z, told)
    return z, told


def _condition(model: AE, audio: Sound, condition: Condition | None) -> Condition | None:
    """What a model is told beside the sound: nothing where it listens to none."""
    if not model.conditional:
        return None
    if condition is None and isinstance(audio, Note):
        condition = condition_of_sound(audio.audio, audio.pitch, audio.family, audio.velocity)
    if not isinstance(condition, Condition):
        raise UsageError(
            "a CVAE is told what it hears: give reconstruct a Note, or condition=condition_of(pitch, family, velocity)"
        )
    return condition.to(model.device)
