"""Networks by name: what an encoder and a decoder are made of."""

from __future__ import annotations

from dataclasses import dataclass

from nsynthlib.models.networks.residual import PATCH, ResidualDecoder, ResidualEncoder
from nsynthlib.models.networks.thesis import ThesisDecoder, ThesisEncoder


@dataclass(frozen=True)
class Preset:
    """Channels after each level, size of the latent vector, and the classes that are built of them."""

    channels: tuple[int, ...]
    latent_dim: int
    encoder: type[ThesisEncoder] | type[ResidualEncoder]
    decoder: type[ThesisDecoder] | type[ResidualDecoder]
    patch: int = 2  # stride of the first level; every further one halves the grid

    @property
    def stride(self) -> int:
        """What the rows and columns of a spectrogram must be multiples of."""
        return self.patch * 2 ** (len(self.channels) - 1)


PRESETS = {
    "thesis": Preset((32, 64, 8), 128, ThesisEncoder, ThesisDecoder),
    "residual": Preset((64, 128, 192), 48, ResidualEncoder, ResidualDecoder, PATCH),
    # A residual network with a third of the channels: for runs of seconds.
    "small": Preset((24, 48, 64), 32, ResidualEncoder, ResidualDecoder, PATCH),
}
PRESET = "residual"  # what a model is made of where nothing else is asked for
