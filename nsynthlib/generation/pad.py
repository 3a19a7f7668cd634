"""Where a hand moves among the instruments of one family: two directions of the latent space, and names for their ends.

A model's latent dimensions have no meaning of their own, and which of them matter differs from family to family. So the
directions are those along which the family's own instruments differ most, and their ends are named by what is measured
there.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from nsynthlib.data.labels import FAMILIES
from nsynthlib.errors import UsageError
from nsynthlib.generation.descriptors import DESCRIPTORS, describe
from nsynthlib.generation.notes import sample_z
from nsynthlib.models.autoencoders import CVAE, need_model
from nsynthlib.models.condition import condition_of, read_family
from nsynthlib.models.scaling import gate

REACH = 2.0  # standard deviations from the middle of a pad to its edges
DRAWS = 16  # of a family, whose spread is a descriptor's unit
PITCH, VELOCITY = 60, 100  # at which directions are found and ends are compared


class Pad(NamedTuple):
    """A plane through the latent space.

    ``middle`` is ``[latent_dim]``; ``directions`` are ``[2, latent_dim]``, to the right and up, each one standard
    deviation long; ``ends`` name their ends: left and right, bottom and top.
    """

    middle: Tensor
    directions: Tensor
    ends: tuple[tuple[str, str], tuple[str, str]]

    def at(self, x: float, y: float) -> Tensor:
        """The latent vector ``[latent_dim]`` that lies ``x`` and ``y`` standard deviations from the middle."""
        return self.middle + x * self.directions[0] + y * self.directions[1]


def pad_of(model: CVAE, family: str) -> Pad:
    """The plane in which the instruments of a family differ most.

    Its directions are the first two principal components of the fitted prior at middle C, in closed form: of the spread
    within its components and between them. Its middle is the mean there, for all pitches: a place on the pad stays one
    instrument when it is played higher. A model without a fitted prior gets N(0, I) and the two dimensions that its
    encoder uses most.

    The two directions are named by two descriptors: those that differ most between the ends, counted in standard
    deviations of 16 instruments that are drawn from the prior, or in steps that are heard, where these are larger. What
    has more of it lies to the right, or up.

    Raises:
        UsageError: for what is no CVAE, one with a single latent dimension, or a family that there is not.

    >>> pad_of(CVAE.from_pretrained(), "organ").directions.shape
    torch.Size([2, 48])
    """
    need_model(model, "the pad of a CVAE", CVAE)
    if model.latent_dim < 2:
        raise UsageError("a pad needs a model of at least 2 latent dimensions, not 1")
    middle, directions = _plane(model, FAMILIES.index(read_family(family)))
    ends, signs = _name(model, family, middle, directions)
    return Pad(middle.round(decimals=4), (signs * directions).round(decimals=4), ends)


def _plane(model: CVAE, family: int) -> tuple[Tensor, Tensor]:
    """Middle and directions of :class:`Pad`."""
    if model.prior is None:
        most = model.get_buffer("activity").cpu().topk(2).indices
        return torch.zeros(model.latent_dim), torch.eye(model.latent_dim)[most]
    mean, covariance = model.prior.moments(PITCH, family)
    variances, components = torch.linalg.eigh(covariance)  # the largest comes last
    directions = components.mT * variances.clamp_min(0).sqrt()[:, None]
    return mean.float(), directions.flip(0)[:2].float()


def _name(
    model: CVAE, family: str, middle: Tensor, directions: Tensor
) -> tuple[tuple[tuple[str, str], tuple[str, str]], Tensor]:
    """Names for the ends of both directions; signs ``[2, 1]`` that turn them towards more of what they are named by."""
    ends = torch.cat([middle + REACH * directions, middle - REACH * directions])  # [4, latent_dim]
    draws = torch.stack([sample_z(model, PITCH, family, seed) for seed in range(DRAWS)])
    measured = _measure(model, family, torch.cat([ends, draws]))  # [4 + draws, descriptors]
    steps = torch.tensor([descriptor.step for descriptor in DESCRIPTORS], dtype=measured.dtype)
    difference = (measured[:2] - measured[2:4]) / measured[4:].std(0).maximum(steps)
    score = difference[0].abs()[:, None] + difference[1].abs()  # of every pair of descriptors
    best = int(score.fill_diagonal_(-1.0).argmax())
    chosen = torch.tensor(divmod(best, len(DESCRIPTORS)))
    x, y = ((DESCRIPTORS[i].less, DESCRIPTORS[i].more) for i in chosen.tolist())
    signs = torch.where(difference.gather(1, chosen[:, None]) < 0, -1.0, 1.0)
    return (x, y), signs


@torch.inference_mode()
def _measure(model: CVAE, family: str, z: Tensor) -> Tensor:
    """:func:`describe` of the means that latent vectors ``[batch, latent_dim]`` decode to, without texture."""
    told = condition_of(PITCH, family, VELOCITY).to(model.device)
    pictures = [model.decode_stats(vector[None].to(model.device), told)[0] for vector in z]
    floor = model.log_mel.floor_db
    return torch.cat([describe(gate(model.decibels(x), floor).cpu(), model.log_mel, PITCH) for x in pictures])
