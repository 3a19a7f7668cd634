"""Where a hand moves among the instruments of one family: directions of the latent space, and names for their ends.

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

WAYS = 4  # directions: two of the pad, two of sliders
REACH = 2.0  # standard deviations from the middle of a pad to its edges
DRAWS = 16  # of a family, whose spread is a descriptor's unit
PITCH, VELOCITY = 60, 100  # at which directions are found and ends are compared


Ends = tuple[str, str]  # what lies at the lower end of a direction and at the upper


class Pad(NamedTuple):
    """A plane through the latent space, and two directions out of it.

    ``middle`` is ``[latent_dim]``; ``directions`` are ``[4, latent_dim]``, each one standard deviation long: to the
    right, up, and two that lie on no pad, as far as there are so many dimensions; ``ends`` name the ends of each: left
    and right, bottom and top, and so on.
    """

    middle: Tensor
    directions: Tensor
    ends: tuple[Ends, ...]

    def at(self, x: float, y: float, u: float = 0.0, v: float = 0.0) -> Tensor:
        """The latent vector ``[latent_dim]`` that lies so many standard deviations from the middle."""
        places = torch.tensor((x, y, u, v)[: len(self.directions)], dtype=self.directions.dtype)
        return self.middle + (places[:, None] * self.directions).sum(0)


def pad_of(model: CVAE, family: str) -> Pad:
    """The plane in which the instruments of a family differ most, and the two directions after those.

    The directions are the first four principal components of the fitted prior at middle C, in closed form: of the
    spread within its components and between them. Its middle is the mean there, for all pitches: a place on the pad
    stays one instrument when it is played higher. A model without a fitted prior gets N(0, I) and the four dimensions
    that its encoder uses most.

    The first two directions are named by two descriptors: those that differ most between the ends, counted in standard
    deviations of 16 instruments that are drawn from the prior, or in steps that are heard, where these are larger. What
    has more of it lies to the right, or up. The other two are named likewise by two of the descriptors that are left.

    Raises:
        UsageError: for what is no CVAE, one with a single latent dimension, or a family that there is not.

    >>> pad_of(CVAE.from_pretrained(), "organ").directions.shape
    torch.Size([4, 48])
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
        most = model.get_buffer("activity").cpu().topk(min(WAYS, model.latent_dim)).indices
        return torch.zeros(model.latent_dim), torch.eye(model.latent_dim)[most]
    mean, covariance = model.prior.moments(PITCH, family)
    variances, components = torch.linalg.eigh(covariance)  # the largest comes last
    directions = components.mT * variances.clamp_min(0).sqrt()[:, None]
    return mean.float(), directions.flip(0)[:WAYS].float()


def _name(model: CVAE, family: str, middle: Tensor, directions: Tensor) -> tuple[tuple[Ends, ...], Tensor]:
    """Names for the ends of all directions; signs ``[4, 1]`` that turn them towards more of what they are named by."""
    ends = torch.cat([middle + REACH * directions, middle - REACH * directions])  # [8, latent_dim]
    draws = torch.stack([sample_z(model, PITCH, family, seed) for seed in range(DRAWS)])
    measured = _measure(model, family, torch.cat([ends, draws]))  # [8 + draws, descriptors]
    ways = len(directions)
    steps = torch.tensor([descriptor.step for descriptor in DESCRIPTORS], dtype=measured.dtype)
    difference = (measured[:ways] - measured[ways : 2 * ways]) / measured[2 * ways :].std(0).maximum(steps)
    chosen: list[int] = []
    for first in range(0, ways, 2):
        chosen += _best(difference[first : first + 2].abs(), chosen)
    names = tuple((DESCRIPTORS[i].less, DESCRIPTORS[i].more) for i in chosen)
    signs = torch.where(difference.gather(1, torch.tensor(chosen)[:, None]) < 0, -1.0, 1.0)
    return names, signs


def _best(size: Tensor, used: list[int]) -> list[int]:
    """Descriptors, none ``used``, that differ most in one direction or two: ``size`` is ``[1 or 2, descriptors]``."""
    free = size.clone()
    free[:, used] = -len(DESCRIPTORS) * size.max() - 1  # worse than any
    if len(free) == 1:
        return [int(free[0].argmax())]
    score = free[0][:, None] + free[1]  # of every pair
    return list(divmod(int(score.fill_diagonal_(-torch.inf).argmax()), len(DESCRIPTORS)))


@torch.inference_mode()
def _measure(model: CVAE, family: str, z: Tensor) -> Tensor:
    """:func:`describe` of the means that latent vectors ``[batch, latent_dim]`` decode to, without texture."""
    told = condition_of(PITCH, family, VELOCITY).to(model.device)
    pictures = [model.decode_stats(vector[None].to(model.device), told)[0] for vector in z]
    floor = model.log_mel.floor_db
    return torch.cat([describe(gate(model.decibels(x), floor).cpu(), model.log_mel, PITCH) for x in pictures])
