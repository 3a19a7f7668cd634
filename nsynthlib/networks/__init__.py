"""Networks by name: what an encoder and a decoder are made of."""

from __future__ import annotations

from dataclasses import dataclass

from nsynthlib.networks.residual import PATCH, ResidualDecoder, ResidualEncoder
from nsynthlib.networks.thesis import ThesisDecoder, ThesisEncoder


@dataclass(frozen=True)
class Preset:
    """Channels after each level, size of the latent vector, and the classes that are built of them."""

    channels: tuple[int, ...]
    latent_dim: int
    encoder: type[ThesisEncoder] | type[ResidualEncoder]
    decoder: type[ThesisDecoder] | type[ResidualDecoder]
    patch: tuple[int, int] = (2, 2)  # of the first level; every further one halves the grid

    @property
    def strides(self) -> tuple[int, int]:
        """What the rows and columns of a picture must be multiples of."""
        halvings = 2 ** (len(self.channels) - 1)
        return self.patch[0] * halvings, self.patch[1] * halvings


PRESETS = {
    "thesis": Preset((32, 64, 8), 128, ThesisEncoder, ThesisDecoder),
    "residual": Preset((64, 128, 192), 48, ResidualEncoder, ResidualDecoder, PATCH),
}
