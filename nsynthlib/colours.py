"""The colours of levels: of every spectrogram, in figures and on pages."""

from __future__ import annotations

import numpy as np

COLOUR_MAP = "viridis"  # even steps to the eye, to a colour-blind eye and on a grey printer


def level_colours() -> bytes:
    """Red, green and blue of 256 levels, the softest first.

    >>> len(level_colours())
    768
    """
    from matplotlib import colormaps

    return (255 * colormaps[COLOUR_MAP](np.arange(256))[:, :3]).round().astype(np.uint8).tobytes()
