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

    >>> small = PRESETS["small"]
    >>> small.latent_dim, small.stride
    (32, 32)
    """

    latent_dim: int
    stride: int
    encoder: Callable[[bool, int], ThesisEncoder | ResidualEncoder]  # of: with a comb, size of the condition
    decoder: Callable[[bool, int, int, int], ThesisDecoder | ResidualDecoder]  # ... and rows, columns


def thesis_preset(
    channels: tuple[int, ...] = (32, 64, 8),
    latent_dim: int = 128,
    *,
    pad_input: bool = True,
    pooling: bool = False,
    output_padding: bool = True,
) -> Preset:
    """The thesis' network, or one that differs from it.

    Args:
        channels: after each layer of the encoder; the decoder's are these mirrored.
        pad_input: silence added at the end of a spectrogram, so that it can be halved in every layer. Without it,
            halves are rounded down, and ``output_padding`` says what the decoder does about that.
        pooling, output_padding: see :class:`ThesisEncoder` and :class:`ThesisDecoder`.

    >>> thesis_preset().latent_dim, thesis_preset().stride  # three layers, each halves
    (128, 8)
    >>> thesis_preset(channels=(32, 64, 64, 8), latent_dim=32).stride
    16
    """
    return Preset(
        latent_dim,
        2 ** len(channels) if pad_input else 1,
        partial(ThesisEncoder, channels, pooling=pooling),
        partial(ThesisDecoder, channels, output_padding=output_padding),
    )


def residual_preset(latent_dim: int, encoder: Levels, decoder: Levels, *, film: bool = True) -> Preset:
    """A residual network; without ``film`` its blocks are not told the condition, which stays beside the vector.

    >>> levels = ((24, 1), (48, 1), (64, 2))  # channels and blocks, from the finest grid to the coarsest
    >>> tiny = residual_preset(16, encoder=levels, decoder=levels)
    >>> tiny.latent_dim, tiny.stride
    (16, 32)
    """
    return Preset(
        latent_dim,
        PATCH * 2 ** (len(decoder) - 1),
        partial(ResidualEncoder, encoder, film=film),
        partial(ResidualDecoder, decoder, film=film),
    )


# A lean encoder and a deep decoder: at equal CPU seconds as near as one of twice the weights.
RESIDUAL: tuple[Levels, Levels] = ((32, 1), (64, 1), (96, 1)), ((48, 1), (96, 2), (192, 2))
PRESETS = {
    "thesis": thesis_preset(),
    "residual": residual_preset(48, *RESIDUAL),
    # The same kind with half of the channels or less: for runs of seconds.
    "small": residual_preset(32, ((24, 1), (48, 1), (64, 1)), ((24, 1), (48, 1), (64, 1))),
}
PRESET = "residual"  # what a model is made of where nothing else is asked for
