"""Notes moved: from one sound to another along a sphere of the latent space, and to another pitch or family."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from nsynthlib.data.labels import FAMILIES
from nsynthlib.data.sound import Sound
from nsynthlib.errors import UsageError
from nsynthlib.generation.notes import TEXTURE, check_texture, encode, to_audio
from nsynthlib.models.autoencoders import CVAE, need_model
from nsynthlib.models.condition import Condition, read_family
from nsynthlib.values import number, share, shown, whole

PARALLEL = 1e-6  # sine of the angle below which two vectors span no plane


def morph_z(a: Tensor, b: Tensor, position: float) -> Tensor:
    """The latent vector at ``position`` in [0, 1] on the way from ``a`` to ``b``, ``[latent_dim]`` each.

    Its direction turns evenly from one to the other (slerp; Shoemake 1985) and its length changes evenly. A straight
    line would pass near the middle, where vectors are shorter than any that the decoder has learned from. Vectors that
    lie on one line, or are 0, go along that line.

    Raises UsageError for a position outside [0, 1].

    >>> import torch
    >>> morph_z(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 3.0]), 0.5)
    tensor([1.4142, 1.4142])
    """
    t = share("position", position)
    if t in (0, 1):
        return b if t else a  # as it is, without rounding
    lengths = a.norm(), b.norm()
    if not lengths[0] * lengths[1]:
        return torch.lerp(a, b, t)
    ways = a / lengths[0], b / lengths[1]
    angle = torch.atan2((ways[0] - ways[1]).norm(), (ways[0] + ways[1]).norm()) * 2
    if angle.sin() < PARALLEL:
        return torch.lerp(a, b, t)
    way = (((1 - t) * angle).sin() * ways[0] + (t * angle).sin() * ways[1]) / angle.sin()
    return torch.lerp(*lengths, t) * way


@torch.inference_mode()
def morph(
    model: CVAE,
    a: Sound,
    b: Sound,
    steps: int = 5,
    *,
    condition_a: Condition | None = None,
    condition_b: Condition | None = None,
    texture: float = TEXTURE,
    refined: bool = False,
) -> Tensor:
    """Notes on the way from one to another, ``[steps, 64000]`` at 16 kHz, the first and the last being copies of them.

    Latent vectors go along :func:`morph_z`. All notes have the pitch and the velocity of ``a``. A family is a name, and
    there is nothing between two names: where the notes have two, each step is decoded as both, and the pictures are
    mixed in decibels.

    Args:
        a, b: notes, or their samples ``[64000]``, as for :func:`~nsynthlib.generation.reconstruct`.
        steps: at least 2.
        condition_a, condition_b: of sounds that are no :class:`~nsynthlib.data.Note`.
        texture, refined: as for :func:`~nsynthlib.generation.reconstruct`.

    Raises:
        UsageError: for a value outside its range, or a model that is no CVAE.
        DataError: for a sound of any other length.

    >>> from nsynthlib import CVAE, pocket
    >>> notes = pocket()
    >>> organ, flute = (notes.filter(family=family)[0] for family in ("organ", "flute"))
    >>> morph(CVAE.from_pretrained(), organ, flute, steps=3).shape
    torch.Size([3, 64000])
    """
    need_model(model, "morph", CVAE)
    count, strength = whole("steps", steps, 2), check_texture(texture)
    z_a, told_a = _encode(model, a, condition_a, refined)
    z_b, told_b = _encode(model, b, condition_b, refined)
    other = told_a._replace(family=told_b.family)
    pictures = []
    for position in torch.linspace(0, 1, count).tolist():
        z = morph_z(z_a[0], z_b[0], position)[None]
        db = model.decode(z, told_a, strength)
        if position and told_b.family != told_a.family:
            db = torch.lerp(db, model.decode(z, other, strength), position)
        pictures.append(db)
    return torch.cat([to_audio(model, db).cpu() for db in pictures])


@torch.inference_mode()
def transpose(
    model: CVAE,
    audio: Sound,
    by: float = 0,
    *,
    condition: Condition | None = None,
    family: str | None = None,
    texture: float = TEXTURE,
    refined: bool = False,
) -> Tensor:
    """A note at another pitch, or as another family would play it: float32 ``[64000]`` at 16 kHz.

    It is encoded as what it is and decoded as what it is to be, so its duration and its formants stay.

    Args:
        audio, condition, texture, refined: as for :func:`~nsynthlib.generation.reconstruct`.
        by: semitones up, with a fraction if you like; down where negative.
        family: that plays it; its own without.

    Raises:
        UsageError: for a value outside its range, or a model that is no CVAE.
        DataError: for a sound of any other length.

    >>> from nsynthlib import CVAE, pocket
    >>> from nsynthlib.audio import estimate_pitch
    >>> organ = pocket().filter(family="organ", pitch=60)[0]
    >>> higher = transpose(CVAE.from_pretrained(), organ, by=7)
    >>> round(estimate_pitch(higher))
    67
    """
    need_model(model, "transpose", CVAE)
    strength, semitones = check_texture(texture), number(by)
    if semitones is None:
        raise UsageError(f"by {shown(by)} is no number of semitones")
    index = None if family is None else FAMILIES.index(read_family(family))
    z, told = _encode(model, audio, condition, refined)
    pitch = told.pitch + semitones
    if not -0.5 <= float(pitch) <= 127.5:
        raise UsageError(f"by {shown(by)} leads to pitch {float(pitch):.4g}, which is no MIDI number from 0 to 127")
    plays = told.family if index is None else torch.full_like(told.family, index)
    return to_audio(model, model.decode(z, told._replace(pitch=pitch, family=plays), strength)[0]).cpu()


def _encode(model: CVAE, sound: Sound, condition: Condition | None, refined: bool) -> tuple[Tensor, Condition]:
    z, told = encode(model, sound, condition, refined)
    return z, cast(Condition, told)  # a CVAE is always told
