"""AE, VAE and CVAE over pictures of notes: one encoder, one decoder, three ways to join them.

Pictures come and go in decibels, ``[batch, n_mels, frames]`` in [floor_db, 0]. Any size fits: the picture is padded at
its end to a multiple of the network's total stride, and the padding is cut off again.
"""

from __future__ import annotations

import io
import os
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from huggingface_hub import PyTorchModelHubMixin, hf_hub_download
from huggingface_hub.errors import EntryNotFoundError
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.nn import functional as F

from nsynthlib.data import FAMILIES
from nsynthlib.errors import UsageError
from nsynthlib.networks import PRESETS
from nsynthlib.pitch import midi_to_hz
from nsynthlib.prior import FILE as PRIOR
from nsynthlib.prior import Prior
from nsynthlib.spectral import SAMPLE_RATE, LogMel
from nsynthlib.texture import LEAST, noise, turned

if TYPE_CHECKING:
    from typing_extensions import Self

HISS = 2.0  # decibels above the floor
N_EFFECTIVE = 340.0  # independent numbers that a picture is counted as: neighbouring bins move together
PRETRAINED = Path(__file__).parent / "pretrained"


class Condition(NamedTuple):
    """What a note is asked to be: int64 ``[batch]`` each; family as index into ``FAMILIES``."""

    pitch: Tensor
    family: Tensor
    velocity: Tensor

    def to(self, device: torch.device | str) -> Condition:
        return Condition(*(field.to(device) for field in self))


class Output(NamedTuple):
    """A picture in network units and its texture (see :meth:`AE.paint`), mean and log-variance of q(z | x)."""

    picture: Tensor  # [batch, n_mels, frames]
    texture: Tensor | None
    mean: Tensor  # [batch, latent_dim]
    log_var: Tensor


def scale(db: Tensor, floor_db: float) -> Tensor:
    """Decibels in [floor_db, 0] to network units in [-1, 1]."""
    return 1 - 2 * db / floor_db


def unscale(picture: Tensor, floor_db: float) -> Tensor:
    """Network units to decibels, clipped to [floor_db, 0]."""
    return ((1 - picture) * floor_db / 2).clamp(floor_db, 0.0)


def partials(log_mel: LogMel) -> Tensor:
    """Where each pitch's partials fall, ``[128, n_mels]`` in [0, 1]: a bump of 0.8 bands' width on every partial."""
    band = np.arange(log_mel.n_mels)
    table = np.zeros((128, log_mel.n_mels), dtype=np.float32)
    for pitch in range(128):
        f0 = midi_to_hz(pitch)
        centres = log_mel.bands(np.arange(f0, SAMPLE_RATE / 2, f0))
        bumps = np.exp(-((band[:, None] - centres) ** 2) / (2 * 0.8**2))
        table[pitch] = bumps.max(1, initial=0.0)
    return torch.from_numpy(table)


def quieten(db: Tensor, floor_db: float) -> Tensor:
    """Make silent what a decoder draws within 2 dB of the floor, and leave all from 4 dB above it as it is.

    A bin that is mostly silent has a mean just above the floor, and over a whole picture that is heard as a hiss.
    """
    above = db - floor_db
    return torch.minimum(above, 2 * (above - HISS)).clamp_min(0.0) + floor_db


class AE(nn.Module, PyTorchModelHubMixin):
    """Autoencoder: a picture squeezed through a vector and drawn again.

    Args:
        preset: a name in ``PRESETS``.
        latent_dim: size of the latent vector; ``None`` takes the preset's.
        n_mels, n_fft, hop_length, samples, mel_scale, floor_db: of the picture, see
            :class:`~nsynthlib.spectral.LogMel`.

    Raises:
        UsageError: for an unknown preset.
    """

    variational = False
    conditional = False

    def __init__(
        self,
        preset: str = "thesis",
        latent_dim: int | None = None,
        n_mels: int = 384,
        n_fft: int = 2048,
        hop_length: int = 512,
        samples: int = 64_000,
        mel_scale: str = "slaney",
        floor_db: float = -100.0,
    ) -> None:
        super().__init__()
        if preset not in PRESETS:
            raise UsageError(f"preset {preset!r} is unknown; choose one of {', '.join(PRESETS)}")
        self.latent_dim = latent_dim or PRESETS[preset].latent_dim
        self.log_mel = LogMel(n_mels, n_fft, hop_length, samples, mel_scale, floor_db)
        shape = self.log_mel.shape
        rows, columns = (-(-n // step) * step for n, step in zip(shape, PRESETS[preset].strides, strict=True))
        self.padded = rows, columns
        self.register_buffer("noise", noise(self.log_mel).clone(), persistent=False)
        known = 0
        if self.conditional:
            self.register_buffer("comb", F.pad(partials(self.log_mel), (0, rows - n_mels)), persistent=False)
            self.family = nn.Embedding(len(FAMILIES), 16)
            known = 18  # the family's 16 numbers, the velocity, the pitch
        make = PRESETS[preset]
        self.encoder = make.encoder(make.channels, self.conditional, known)
        features = self.encoder.features(rows, columns)
        self.to_mean = nn.Linear(features + known, self.latent_dim)
        if self.variational:
            self.to_log_var = nn.Linear(features + known, self.latent_dim)
        self.decoder = make.decoder(make.channels, self.conditional, self.latent_dim + known, rows, columns)
        #: KL divergence of each latent dimension in nats at the last validation, ``[latent_dim]``
        self.register_buffer("activity", torch.zeros(self.latent_dim))

    def encode(self, db: Tensor, condition: Condition | None = None) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z | x), ``[batch, latent_dim]`` each; a plain AE's variance is 0 (log -inf)."""
        rows, columns = self.padded
        picture = F.pad(self.scaled(db), (0, columns - db.shape[-1], 0, rows - db.shape[-2]), value=-1.0)[:, None]
        known = self._join(picture.new_zeros(len(picture), 0), condition)
        features = self.encoder(picture, self._teeth(condition), known)
        features = torch.cat([features, known], 1)
        mean = self.to_mean(features)
        if not self.variational:
            return mean, torch.full_like(mean, -torch.inf)
        return mean, self.to_log_var(features).clamp(-12, 6)

    def scaled(self, db: Tensor) -> Tensor:
        """A picture in network units, [-1, 1]."""
        return scale(db, self.log_mel.floor_db)

    def paint(self, z: Tensor, condition: Condition | None = None) -> tuple[Tensor, Tensor | None]:
        """Picture ``[batch, n_mels, frames]`` in network units, not yet clipped: what the loss compares.

        And its texture, of the same shape: the log of how far each bin strays from the picture, in network units;
        ``None`` where the preset has none.
        """
        rows, columns = self.log_mel.shape
        drawn = self.decoder(self._join(z, condition), self._teeth(condition))[..., :rows, :columns]
        picture, *texture = drawn.unbind(1)
        return picture, texture[0].clamp_min(LEAST) if texture else None

    def decode(
        self, z: Tensor, condition: Condition | None = None, breath: Tensor | float = 0.0, seeds: Tensor | None = None
    ) -> Tensor:
        """Decibels ``[batch, n_mels, frames]`` in [floor_db, 0] of latent vectors ``[batch, latent_dim]``.

        Args:
            breath: how much of the texture is given back: 0 is the mean, smooth and a little lifeless, 1 all that was
                learned.
            seeds: int64 ``[batch]``, of the noise it is made of; ``None`` is 0 for all.
        """
        picture, texture = self.paint(z, condition)
        if texture is not None:
            seeds = torch.zeros(len(z), dtype=torch.int64, device=z.device) if seeds is None else seeds
            picture = picture + breath * texture.exp() * turned(self.get_buffer("noise"), seeds)
        floor = self.log_mel.floor_db
        return quieten(unscale(picture, floor), floor)

    def forward(self, db: Tensor, condition: Condition | None = None) -> Output:
        """Encode, sample z by reparameterisation (Kingma and Welling 2014), draw."""
        mean, log_var = self.encode(db, condition)
        z = mean + torch.randn_like(mean) * (0.5 * log_var).exp() if self.variational else mean
        return Output(*self.paint(z, condition), mean, log_var)

    def _teeth(self, condition: Condition | None) -> Tensor | None:
        """Where the partials of each note lie, ``[batch, rows]``; a model without a condition is not told."""
        if not self.conditional:
            return None
        if condition is None:
            raise UsageError(f"a {type(self).__name__} needs a condition: pitch, family and velocity")
        return self.get_buffer("comb")[condition.pitch]

    def _join(self, vector: Tensor, condition: Condition | None) -> Tensor:
        if not self.conditional or condition is None:
            return vector
        # As wide as a unit Gaussian several times over: numbers near 0 would be learned too slowly to be used.
        numbers = ((torch.stack([condition.velocity, condition.pitch], 1) - 64) / 16).to(vector.dtype)
        return torch.cat([vector, self.family(condition.family).to(vector.dtype), numbers], 1)

    @classmethod
    def from_pretrained(  # type: ignore[override]
        cls, name: str | os.PathLike[str] | None = None, **options: Any
    ) -> Self:
        """The shipped weights, those of a run folder, or of a repository ``owner/name`` on the Hugging Face hub.

        Args:
            name: of the folder or repository, or of other weights that are shipped: ``"cvae_thesis"``.

        Raises:
            UsageError: if there are none of that name, or they belong to another kind of model.
        """
        shipped = PRETRAINED / str(name or cls.__name__.lower())
        source = str(shipped if shipped.is_dir() else name or shipped)
        advice = (
            f"{source!r} holds no {cls.__name__}; name a folder made by `nsynthlib train`, or owner/name on the hub"
        )
        local = Path(source).is_dir()
        if local and not (Path(source) / "config.json").exists():
            raise UsageError(advice)
        if not local and not re.fullmatch(r"[\w.-]+/[\w.-]+", source):
            raise UsageError(advice)
        try:
            with redirect_stdout(io.StringIO()):  # the mixin prints where it reads from
                return super().from_pretrained(source, **options).eval()
        except (OSError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
            raise UsageError(f"{advice} ({str(error).strip().splitlines()[0]})") from None


class VAE(AE):
    """Variational autoencoder (Kingma and Welling 2014): the vector is a sample of a Gaussian kept near N(0, I)."""

    variational = True


class CVAE(VAE):
    """VAE whose encoder and decoder are told pitch, family and velocity (Sohn et al. 2015).

    ``fitted`` is where its latent vectors lie for each condition, once that has been measured; it is stored beside the
    weights.
    """

    conditional = True
    fitted: Prior | None = None

    def _save_pretrained(self, save_directory: Path) -> None:
        super()._save_pretrained(save_directory)
        if self.fitted:
            self.fitted.save(save_directory)

    @classmethod
    def _from_pretrained(cls, *, model_id: str, **options: Any) -> Self:
        model = super()._from_pretrained(model_id=model_id, **options)
        if Path(model_id).is_dir():
            path: str | None = os.path.join(model_id, PRIOR)
        else:
            hub = ("revision", "cache_dir", "force_download", "token", "local_files_only")
            path = hub_file(model_id, PRIOR, **{key: options[key] for key in hub if key in options})
        if path and Path(path).exists():
            model.fitted = Prior.load(Path(path))
            if model.fitted.latent_dim != model.latent_dim:
                raise UsageError(f"{path} was fitted to another model than the one beside it; train that again")
        return model


def hub_file(repo_id: str, name: str, **options: Any) -> str | None:
    """Local path of a file of a repository on the hub, or ``None`` where it has no such file."""
    try:
        return hf_hub_download(repo_id, name, **options)
    except EntryNotFoundError:
        return None


KINDS: dict[str, type[AE]] = {"ae": AE, "vae": VAE, "cvae": CVAE}


def kl_divergence(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL(q(z | x) || N(0, I)) in nats of every dimension, ``[batch, latent_dim]``; closed form for Gaussians."""
    return 0.5 * (mean.square() + log_var.exp() - 1 - log_var)
