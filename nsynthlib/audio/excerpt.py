"""The beginning of a sound, for pages that carry many."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE

SECONDS = 2.0
FADE = 0.2  # seconds at its end


def beginning(audio: Tensor | np.ndarray) -> np.ndarray:
    """The first two seconds of a sound ``[samples]`` of that length at least, faded at their end; a copy."""
    sound = np.asarray(audio)[: int(SECONDS * SAMPLE_RATE)].copy()
    fade = int(FADE * SAMPLE_RATE)
    sound[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return sound
