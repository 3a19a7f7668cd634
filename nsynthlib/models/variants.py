"""Models that differ from AE and CVAE in one thing, for experiments; none of them is shipped.

An autoencoder may be asked for more than to give back what it is shown, and a condition may be told in other ways. Once
:data:`VARIANTS` are among ``KINDS``, they are trained like any other kind.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nsynthlib.data.labels import FAMILIES, VELOCITIES
from nsynthlib.models.autoencoders import AE, CVAE, Output, as_number
from nsynthlib.models.classifier import nearest_velocity
from nsynthlib.models.condition import Condition

CELL = 8  # bands, and frames, that are lost together
MOST_DAMAGED = 0.75  # of a spectrogram, in training
PITCHES = 128
PITCH_DIM = 16  # numbers that a pitch becomes, as many as a family does


def damage(db: Tensor, share: Tensor, floor_db: float) -> Tensor:
    """Spectrograms ``[batch, bands, frames]`` in decibels with a share ``[batch]`` of their cells silent.

    Cells of 8 bands and 8 frames are lost at random, by torch's global generator.
    """
    rows, columns = (-(-n // CELL) for n in db.shape[1:])
    lost = torch.rand(len(db), 1, rows, columns, device=db.device) < share.to(db.device)[:, None, None, None]
    whole = F.interpolate(lost.float(), scale_factor=CELL)[:, 0, : db.shape[1], : db.shape[2]]  # [batch, bands, frames]
    return torch.where(whole > 0, torch.full_like(db, floor_db), db)


class DenoisingAE(AE):
    """AE that learns to draw whole spectrograms from damaged ones (Vincent et al. 2008)."""

    def forward(self, db: Tensor, condition: Condition | None = None) -> Output:
        if self.training:
            share = MOST_DAMAGED * torch.rand(len(db), device=db.device)  # [batch]
            db = damage(db, share, self.log_mel.floor_db)
        return super().forward(db, condition)


class SparseAE(AE):
    """AE that describes each note by the 48 largest entries of its vector, of either sign (Makhzani and Frey 2014)."""

    kept = 48

    def encode(self, db: Tensor, condition: Condition | None = None) -> tuple[Tensor, Tensor]:
        mean, log_var = super().encode(db, condition)  # [batch, latent_dim] each
        largest = mean.abs().topk(min(self.kept, self.latent_dim), dim=1).indices  # [batch, kept]
        return mean * torch.zeros_like(mean).scatter(1, largest, 1.0), log_var


class NumberCVAE(CVAE):
    """CVAE that is told the pitch as a number and no more."""

    draws_comb = False


class EmbeddingCVAE(CVAE):
    """CVAE that learns sixteen numbers for every key; a note out of tune is told as the key nearest to it."""

    draws_comb = False

    def _embed_condition(self) -> int:
        self.pitch = nn.Embedding(PITCHES, PITCH_DIM)
        return super()._embed_condition() - 1 + PITCH_DIM

    def _numbers(self, condition: Condition) -> Tensor:
        key = self.pitch(condition.pitch.round().long())
        return torch.cat([self.family(condition.family), as_number(condition.velocity), key], 1)


class OneHotCVAE(CVAE):
    """CVAE that is told each label by a vector with a single one in it: key, family and the nearest of NSynth's
    velocities."""

    draws_comb = False

    def _embed_condition(self) -> int:
        return PITCHES + len(FAMILIES) + len(VELOCITIES)

    def _numbers(self, condition: Condition) -> Tensor:
        labels = (
            (condition.pitch.round().long(), PITCHES),
            (condition.family, len(FAMILIES)),
            (nearest_velocity(condition.velocity), len(VELOCITIES)),
        )
        return torch.cat([F.one_hot(label, size).float() for label, size in labels], 1)


VARIANTS: dict[str, type[AE]] = {
    "denoising": DenoisingAE,
    "sparse": SparseAE,
    "number": NumberCVAE,
    "embedding": EmbeddingCVAE,
    "one_hot": OneHotCVAE,
}
