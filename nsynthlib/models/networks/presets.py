"""Networks by name: what an encoder and a decoder are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from nsynthlib.models.networks.residual import PATCH, Levels, ResidualDecoder, ResidualEncoder
from nsynthlib.models.networks.thesis import ThesisDecoder, ThesisEncoder


@dataclass(frozen=True)
class Preset:
    """An encoder and a decoder, each with its channels at every level, and the size of the latent vector between them.

    ``stride`` is what the rows and columns of a spectrogram must be multiples of.
    """

    latent_dim: int
    stride: int
    encoder: Callable[[bool, int], ThesisEncoder | ResidualEncoder]  # of: with a comb, size of the condition
    decoder: Callable[[bool, int, int, int], ThesisDecoder | ResidualDecoder]  # ... and rows, columns


def _thesis(channels: tuple[int, ...], latent_dim: int) -> Preset:
    stride = 2 ** len(channels)
    return Preset(latent_dim, stride, partial(ThesisEncoder, channels), partial(ThesisDecoder, channels))


def _residual(latent_dim: int, encoder: Levels, decoder: Levels) -> Preset:
    stride = PATCH * 2 ** (len(decoder) - 1)
    return Preset(latent_dim, stride, partial(ResidualEncoder, encoder), partial(ResidualDecoder, decoder))


PRESETS = {
    "thesis": _thesis((32, 64, 8), 128),
    # A lean encoder and a deep decoder: at equal CPU seconds as near as one of twice the weights.
    "residual": _residual(48, ((32, 1), (64, 1), (96, 1)), ((48, 1), (96, 2), (192, 2))),
    # The same kind with half of the channels or less: for runs of seconds.
    "small": _residual(32, ((24, 1), (48, 1), (64, 1)), ((24, 1), (48, 1), (64, 1))),
}
PRESET = "residual"  # what a model is made of where nothing else is asked for
