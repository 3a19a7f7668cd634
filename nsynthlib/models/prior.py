"""Where latent vectors lie for each family and pitch: a fitted prior p(z | condition).

Sampling z from N(0, I) asks the decoder for points that no note ever had. Here each family's notes are described by a
mixture of Gaussians over (z, pitch) together. Asked for a pitch, every component gives its conditional Gaussian over z
in closed form, and components count by how well they explain that pitch (Bishop 2006, sections 2.3.1 and 9.2).

Velocity is left out. The decoder is told it, and z is nearly independent of it; were it in the mixture, the same seed
played louder could fall into another component, another instrument, and come out softer.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from nsynthlib.data import FAMILIES
from nsynthlib.errors import DataError, UsageError
from nsynthlib.files import atomic
from nsynthlib.values import number, shown

FILE = "prior.safetensors"
COMPONENTS = 10
MIN_VARIANCE = 0.06  # of a component in any direction: with less, new notes are less varied than real ones
NOTES_PER_COMPONENT = 64  # that a component needs to have its own full covariance


def scaled_pitch(pitch: Tensor) -> Tensor:
    """Pitch of about the spread of a latent dimension, float64 of the same shape."""
    return (pitch.double() - 60) / 18


def temperature_scale(temperature: float) -> float:
    """What a temperature in (0, 1] multiplies a Gaussian's width by; UsageError for any other."""
    given = number(temperature)
    if given is None or not 0 < given <= 1:
        raise UsageError(f"temperature {shown(temperature)} is out of range; choose one above 0 and at most 1")
    return math.sqrt(given)


@dataclass(frozen=True)
class Prior:
    """A mixture for each family over ``[z, pitch]``, float64.

    Args:
        weights: ``[families, components]``, adding to 1; 0 for a component that a family does not have.
        means: ``[families, components, latent_dim + 1]``.
        covariances: ``[families, components, latent_dim + 1, latent_dim + 1]``.

    >>> import torch
    >>> from pathlib import Path
    >>> generator = torch.manual_seed(0)
    >>> z = torch.randn(300, 4, generator=generator)
    >>> pitch, family = (torch.randint(low, high, (300,), generator=generator) for low, high in ((40, 80), (0, 11)))
    >>> prior = Prior.fit(z, pitch, family)
    >>> prior.latent_dim, prior.sample(60, family=5, seed=0, temperature=0.5).shape
    (4, torch.Size([4]))
    >>> weights, means, covariances = prior.conditional(60, family=5)
    >>> weights.sum(), means.shape[1:], covariances.shape[1:]
    (tensor(1., dtype=torch.float64), torch.Size([4]), torch.Size([4, 4]))
    >>> mean, covariance = prior.moments(60, family=5)
    >>> mean.shape, covariance.shape
    (torch.Size([4]), torch.Size([4, 4]))
    >>> prior.save(Path())
    >>> again = Prior.load(Path("prior.safetensors"))
    >>> torch.allclose(again.sample(60, 5, seed=0), prior.sample(60, 5, seed=0), atol=0.02)
    True
    """

    weights: Tensor
    means: Tensor
    covariances: Tensor

    @property
    def latent_dim(self) -> int:
        """Size of a latent vector."""
        return self.means.shape[-1] - 1

    @classmethod
    def fit(cls, z: Tensor, pitch: Tensor, family: Tensor, seed: int = 0) -> Prior:
        """The mixtures that fit latent vectors ``z`` ``[n, latent_dim]`` and their labels ``[n]`` (scikit-learn's EM).

        ``z`` should be drawn from the posteriors rather than be their means, so that their widths count, see
        ``PRIOR_NOISE`` in :mod:`nsynthlib.training.prior`. A family without notes gets N(0, I).
        """
        from sklearn.mixture import GaussianMixture

        points = torch.cat([z.double(), scaled_pitch(pitch)[:, None]], 1).cpu().numpy()
        size = points.shape[1]
        weights = np.zeros((len(FAMILIES), COMPONENTS))
        means = np.zeros((len(FAMILIES), COMPONENTS, size))
        covariances = np.tile(np.eye(size), (len(FAMILIES), COMPONENTS, 1, 1))
        for index in range(len(FAMILIES)):
            mine = points[(family == index).cpu().numpy()]
            count = min(COMPONENTS, len(mine) // NOTES_PER_COMPONENT)
            if len(mine) <= size:  # too few for any covariance
                weights[index, 0] = 1.0
                continue
            mixture = GaussianMixture(max(1, count), reg_covar=MIN_VARIANCE, random_state=seed, max_iter=100)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a mixture that stopped early is good enough to draw from
                mixture.fit(mine)
            found = len(mixture.weights_)
            weights[index, :found] = mixture.weights_
            means[index, :found] = mixture.means_
            covariances[index, :found] = mixture.covariances_
        return cls(torch.from_numpy(weights), torch.from_numpy(means), torch.from_numpy(covariances))

    def conditional(self, pitch: int, family: int) -> tuple[Tensor, Tensor, Tensor]:
        """p(z | condition): weights ``[c]``, means ``[c, latent_dim]``, covariances ``[c, latent_dim, latent_dim]``."""
        has = self.weights[family] > 0
        weights, means, covariances = (t[family][has] for t in (self.weights, self.means, self.covariances))
        away = scaled_pitch(torch.tensor(pitch)) - means[:, -1]
        cross, own = covariances[:, :-1, -1], covariances[:, -1, -1]
        gain = cross / own[:, None]  # S_zc S_cc^-1
        fit = -0.5 * (away.square() / own + own.log())  # log-likelihood of the pitch, but for a constant
        return (
            torch.softmax(weights.log() + fit, 0),
            means[:, :-1] + gain * away[:, None],
            covariances[:, :-1, :-1] - gain[:, :, None] * cross[:, None, :],
        )

    def moments(self, pitch: int, family: int) -> tuple[Tensor, Tensor]:
        """Mean ``[latent_dim]`` and covariance ``[latent_dim, latent_dim]`` of p(z | condition) as a whole.

        The covariance is that within the components and that between their means (the law of total covariance).
        """
        weights, means, covariances = self.conditional(pitch, family)
        mean = weights @ means
        away = means - mean
        return mean, torch.einsum("c,cij->ij", weights, covariances) + torch.einsum("c,ci,cj->ij", weights, away, away)

    def sample(self, pitch: int, family: int, seed: int, temperature: float = 1.0) -> Tensor:
        """A latent vector ``[latent_dim]``, float32, the same for the same arguments.

        ``temperature`` in (0, 1] narrows each component: lower is more typical and less varied.
        """
        narrower = temperature_scale(temperature)
        weights, means, covariances = self.conditional(pitch, family)
        generator = torch.Generator().manual_seed(seed)
        chosen = int(torch.multinomial(weights, 1, generator=generator))
        noise = torch.randn(self.latent_dim, generator=generator).double()
        width = torch.linalg.cholesky((covariances[chosen] + covariances[chosen].mT) / 2)
        return (means[chosen] + narrower * (width @ noise)).float()

    def save(self, folder: Path) -> None:
        """Write ``prior.safetensors`` into ``folder``: factors L of the covariances L Lᵀ, which survive rounding."""
        rows, columns = torch.tril_indices(self.latent_dim + 1, self.latent_dim + 1)
        factors = torch.linalg.cholesky(self.covariances)[..., rows, columns]
        tensors = {"weights": self.weights, "means": self.means, "factors": factors}
        with atomic(folder / FILE) as partial:
            partial.write_bytes(save({k: v.half().contiguous() for k, v in tensors.items()}))

    @classmethod
    def load(cls, path: Path) -> Prior:
        """The prior that :meth:`save` wrote; DataError if the file is missing, broken, or of another form."""
        try:
            stored = {k: v.double() for k, v in load_file(path).items()}
            weights, means, triangles = (stored.pop(k) for k in ("weights", "means", "factors"))
        except (OSError, SafetensorError, KeyError) as error:
            raise DataError(f"{path}: cannot be read as a fitted prior ({error})") from None
        size = means.shape[-1] if means.dim() else 0
        rows, columns = torch.tril_indices(size, size)
        mixtures = (len(FAMILIES), weights.shape[-1] if weights.dim() else 0)
        shapes = mixtures, (*mixtures, size), (*mixtures, len(rows))
        if stored or (weights.shape, means.shape, triangles.shape) != shapes:
            raise DataError(f"{path}: cannot be read as a fitted prior (it holds other tensors, or other shapes)")
        factors = torch.zeros(*mixtures, size, size, dtype=torch.float64)
        factors[..., rows, columns] = triangles
        finite = all(t.isfinite().all() for t in (weights, means, triangles))
        if not finite or (weights < 0).any() or not weights.sum(1).all() or not factors.diagonal(0, -2, -1).all():
            raise DataError(f"{path}: cannot be read as a fitted prior (it holds numbers that describe no Gaussians)")
        return cls(weights / weights.sum(1, keepdim=True), means, factors @ factors.mT)
