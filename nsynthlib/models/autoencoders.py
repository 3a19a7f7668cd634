"""AE, VAE and CVAE over spectrograms of notes: one encoder, one decoder, three ways to join them.

Spectrograms come and go in decibels, ``[batch, n_mels, frames]`` in [floor_db, 0]. Any size fits: it is padded at its
end to a multiple of the network's total stride, and the padding is cut off again.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nsynthlib.audio.format import SAMPLES
from nsynthlib.data.labels import FAMILIES
from nsynthlib.errors import UsageError
from nsynthlib.models.condition import Condition
from nsynthlib.models.networks import PRESET, PRESETS
from nsynthlib.models.networks.comb import Comb
from nsynthlib.models.pretrained import Pretrained
from nsynthlib.models.prior import FILE as PRIOR
from nsynthlib.models.prior import Prior
from nsynthlib.models.scaling import gate, scale, unscale
from nsynthlib.models.sources import Source
from nsynthlib.models.texture import LOG_SIGMA_MIN, reference_noise, rolled
from nsynthlib.spectral import MEL_SCALE, LogMel
from nsynthlib.values import one_of, shown, whole

FAMILY_DIM = 16  # numbers that a family becomes


class Output(NamedTuple):
    """What the loss compares, in network units, and mean and log-variance of q(z | x).

    >>> import torch
    >>> from nsynthlib import pocket
    >>> model = VAE("small").eval()
    >>> out = model(model.log_mel(pocket()[0].audio)[None])
    >>> out.x_mean.shape, out.mean.shape == out.log_var.shape
    (torch.Size([1, 384, 126]), True)
    """

    x_mean: Tensor  # [batch, n_mels, frames]
    x_log_sigma: Tensor | None  # of the same shape, see AE.decode_stats
    mean: Tensor  # [batch, latent_dim]
    log_var: Tensor


class AE(Pretrained):
    """Autoencoder: a spectrogram squeezed through a vector and made again.

    Args:
        preset: a name in ``PRESETS``.
        latent_dim: size of the latent vector; ``None`` takes the preset's.
        n_mels, n_fft, hop_length, samples, mel_scale, floor_db: of the spectrogram, see
            :class:`~nsynthlib.spectral.LogMel`.

    Raises:
        UsageError: for an unknown preset, or a size that is none.

    >>> import torch
    >>> from nsynthlib import pocket
    >>> model = AE.from_pretrained()
    >>> db = model.log_mel(pocket()[0].audio)[None]
    >>> mean, log_var = model.encode(db)
    >>> mean.shape, model.device.type
    (torch.Size([1, 48]), 'cpu')
    >>> copy = model.decode(mean, texture=0.0)
    >>> copy.shape, bool((copy - db).square().mean().sqrt() < 10)  # dB
    (torch.Size([1, 384, 126]), True)
    >>> x_mean, x_log_sigma = model.decode_stats(mean)
    >>> torch.allclose(model.decibels(model.scaled(db)), db, atol=1e-4), model.decoder_inputs(mean)[1]
    (True, None)
    >>> model(db).x_mean.shape  # calling a model is its forward
    torch.Size([1, 384, 126])
    """

    variational = False
    conditional = False
    draws_comb = True  # for a conditional model: whether it is told the pitch as a picture, too

    def __init__(
        self,
        preset: str = PRESET,
        latent_dim: int | None = None,
        n_mels: int = 384,
        n_fft: int = 2048,
        hop_length: int = 512,
        samples: int = SAMPLES,
        mel_scale: str = MEL_SCALE,
        floor_db: float = -100.0,
    ) -> None:
        super().__init__()
        made = PRESETS[one_of("preset", preset, PRESETS)]
        self.latent_dim = made.latent_dim if latent_dim is None else whole("latent_dim", latent_dim, 1)
        self.log_mel = LogMel(n_mels, n_fft, hop_length, samples, mel_scale, floor_db)
        rows, columns = self.padded = tuple(-(-n // made.stride) * made.stride for n in self.log_mel.shape)
        self.register_buffer("reference_noise", reference_noise(self.log_mel).clone(), persistent=False)
        draws_comb = self.conditional and self.draws_comb
        if draws_comb:
            self.comb = Comb(self.log_mel)
        cond_dim = self._embed_condition() if self.conditional else 0
        self.encoder = made.encoder(draws_comb, cond_dim)
        features = self.encoder.features(rows, columns)
        self.to_mean = nn.Linear(features + cond_dim, self.latent_dim)
        if self.variational:
            self.to_log_var = nn.Linear(features + cond_dim, self.latent_dim)
        self.decoder = made.decoder(draws_comb, self.latent_dim + cond_dim, rows, columns)
        #: KL divergence of each latent dimension in nats at the last validation, ``[latent_dim]``
        self.register_buffer("activity", torch.zeros(self.latent_dim))

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self.get_buffer("activity").device

    def encode(self, db: Tensor, condition: Condition | None = None) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z | x), ``[batch, latent_dim]`` each; a plain AE's variance is 0 (log -inf)."""
        rows, columns = self.padded
        x = F.pad(self.scaled(db), (0, columns - db.shape[-1], 0, rows - db.shape[-2]), value=-1.0)[:, None]
        cond = self._concat_condition(x.new_zeros(x.shape[0], 0), condition)  # [batch, cond_dim]
        features = self.encoder(x, self._comb(condition), cond)  # [batch, features]
        features = torch.cat([features, cond], 1)
        mean = self.to_mean(features)
        if not self.variational:
            return mean, torch.full_like(mean, -torch.inf)
        return mean, self.to_log_var(features).clamp(-12, 6)

    def scaled(self, db: Tensor) -> Tensor:
        """Decibels in network units, [-1, 1]."""
        return scale(db, self.log_mel.floor_db)

    def decibels(self, x: Tensor) -> Tensor:
        """The inverse of :meth:`scaled`: what :meth:`decode_stats` gives, in decibels, not clipped."""
        return unscale(x, self.log_mel.floor_db)

    def decode_stats(self, z: Tensor, condition: Condition | None = None) -> tuple[Tensor, Tensor | None]:
        """Mean and log sigma of p(x | z, condition), ``[batch, n_mels, frames]`` each in network units, not clipped.

        The mean is what the loss compares. Sigma is how far each bin strays from it; ``None`` where the preset has
        none.
        """
        rows, columns = self.log_mel.shape
        made = self.decoder(*self.decoder_inputs(z, condition))[..., :rows, :columns]
        x_mean, *x_log_sigma = made.unbind(1)
        return x_mean, x_log_sigma[0].clamp_min(LOG_SIGMA_MIN) if x_log_sigma else None

    def decoder_inputs(self, z: Tensor, condition: Condition | None = None) -> tuple[Tensor, Tensor | None]:
        """What the decoder is given: z and what is told beside it ``[batch, size]``, and the comb ``[batch, rows]``."""
        return self._concat_condition(z, condition), self._comb(condition)

    def decode(
        self, z: Tensor, condition: Condition | None = None, texture: Tensor | float = 0.0, seeds: Tensor | None = None
    ) -> Tensor:
        """Decibels ``[batch, n_mels, frames]`` in [floor_db, 0] of latent vectors ``[batch, latent_dim]``.

        Args:
            texture: how much of what strays from the mean is given back: 0 is the mean, smooth and a little lifeless,
                1 all that was learned.
            seeds: int64 ``[batch]``, of the noise it is made of; ``None`` is 0 for all.
        """
        x, x_log_sigma = self.decode_stats(z, condition)
        if x_log_sigma is not None:
            seeds = torch.zeros(len(z), dtype=torch.int64, device=z.device) if seeds is None else seeds
            x = x + texture * x_log_sigma.exp() * rolled(self.get_buffer("reference_noise"), seeds)
        return gate(self.decibels(x), self.log_mel.floor_db)

    def forward(self, db: Tensor, condition: Condition | None = None) -> Output:
        """Encode, sample z by reparameterisation (Kingma and Welling 2014), decode."""
        mean, log_var = self.encode(db, condition)  # [batch, latent_dim] each
        z = mean + torch.randn_like(mean) * (0.5 * log_var).exp() if self.variational else mean
        return Output(*self.decode_stats(z, condition), mean, log_var)

    def _comb(self, condition: Condition | None) -> Tensor | None:
        """Where the partials of each note lie, ``[batch, rows]``; a model without a condition is not told."""
        if not self.conditional:
            return None
        if condition is None:
            raise UsageError(f"a {type(self).__name__} needs a condition: pitch, family and velocity")
        if not self.draws_comb:
            return None
        comb = self.comb(condition.pitch)
        return F.pad(comb, (0, self.padded[0] - comb.shape[1]))

    def _concat_condition(self, vector: Tensor, condition: Condition | None) -> Tensor:
        """``vector`` ``[batch, n]`` followed by the condition's numbers, ``[batch, n + cond_dim]``."""
        if not self.conditional or condition is None:
            return vector
        return torch.cat([vector, self._numbers(condition).to(vector.dtype)], 1)

    def _embed_condition(self) -> int:
        """Make what :meth:`_numbers` needs; returns how many numbers it gives."""
        self.family = nn.Embedding(len(FAMILIES), FAMILY_DIM)
        return FAMILY_DIM + 2

    def _numbers(self, condition: Condition) -> Tensor:
        """What is told of each note beside its comb, ``[batch, cond_dim]``: family, velocity and pitch."""
        return torch.cat([self.family(condition.family), as_number(condition.velocity), as_number(condition.pitch)], 1)


def as_number(midi: Tensor) -> Tensor:
    """A pitch or velocity ``[batch]`` as one number ``[batch, 1]``, about -4 to 4.

    As wide as a unit Gaussian several times over: numbers near 0 would be learned too slowly to be used.
    """
    return (midi.float()[:, None] - 64) / 16


class VAE(AE):
    """Variational autoencoder (Kingma and Welling 2014): the vector is a sample of a Gaussian kept near N(0, I).

    >>> from nsynthlib import pocket
    >>> model = VAE.from_pretrained()
    >>> mean, log_var = model.encode(model.log_mel(pocket()[0].audio)[None])
    >>> round(float(kl_divergence(mean, log_var).sum())) > 0  # nats of this note
    True
    """

    variational = True


class CVAE(VAE):
    """VAE whose encoder and decoder are told pitch, family and velocity (Sohn et al. 2015).

    ``prior`` is where its latent vectors lie for each condition, once that has been measured; it is stored beside the
    weights.

    >>> model = CVAE.from_pretrained()
    >>> organ = condition_of("C4", "organ", 100)
    >>> z = model.prior.sample(60, int(organ.family), seed=0)
    >>> model.decode(z[None], organ).shape
    torch.Size([1, 384, 126])
    >>> from nsynthlib.models.sources import Folder
    >>> untrained = CVAE()
    >>> untrained.load_beside(Folder(PRETRAINED / "cvae"))  # the prior alone
    >>> untrained.prior.latent_dim
    48
    """

    conditional = True
    prior: Prior | None = None

    def _save_pretrained(self, save_directory: Path) -> None:
        super()._save_pretrained(save_directory)
        if self.prior:
            self.prior.save(save_directory)

    def load_beside(self, source: Source) -> None:
        """Read the fitted prior where there is one; UsageError if it is of another model."""
        path = source.file(PRIOR)
        if path is None:
            return
        prior = Prior.load(path)
        if prior.latent_dim != self.latent_dim:
            raise UsageError(f"{path} was fitted to another model than the one beside it; train that again")
        self.prior = prior


KINDS: dict[str, type[AE]] = {"ae": AE, "vae": VAE, "cvae": CVAE}


def need_model(model: object, task: str, kind: type[AE] = AE) -> None:
    """Raise UsageError unless ``model`` is one of that kind, which ``task`` needs."""
    if not isinstance(model, kind):
        given = f"a {type(model).__name__}" if isinstance(model, nn.Module) else shown(model)
        raise UsageError(
            f"{task} needs a trained {kind.__name__}, not {given}; read one by {kind.__name__}.from_pretrained()"
        )


def kl_divergence(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL(q(z | x) || N(0, I)) in nats of every dimension, ``[batch, latent_dim]``; closed form for Gaussians.

    >>> import torch
    >>> kl_divergence(torch.tensor([[0.0, 1.0]]), torch.zeros(1, 2))
    tensor([[0.0000, 0.5000]])
    """
    return 0.5 * (mean.square() + log_var.exp() - 1 - log_var)
