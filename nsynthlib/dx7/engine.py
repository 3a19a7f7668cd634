"""A DX7 in software: Dexed, by the package ``dexed-py`` (GPL), which is only imported where a note is played."""

from __future__ import annotations

from typing import Any

import numpy as np

from nsynthlib.audio.decimation import RENDER_RATE, decimate
from nsynthlib.audio.format import HELD_SECONDS, SAMPLE_RATE, SAMPLES
from nsynthlib.errors import UsageError

INSTALL = "With Python 3.11 or later: pip install dexed-py"


def library() -> Any:
    """The module ``dexed``; raises UsageError with how to install it where there is none."""
    try:
        import dexed
    except ImportError:
        raise UsageError(f"dexed-py, which plays DX7 voices, is not installed. {INSTALL}") from None
    return dexed


def version() -> str:
    """dexed-py's own, such as ``0.3.0``."""
    return library().__version__


class Synth:
    """One voice, ready to be played.

    Args:
        packed: the voice, 128 bytes.
        gain: factor on the sound; Dexed's own peaks pass 4.
    """

    def __init__(self, packed: bytes, gain: float) -> None:
        dexed = library()
        self._synth = dexed.DexedSynth(RENDER_RATE)
        self._synth.load_patch(dexed.Patch.from_packed(packed))
        self._gain = gain

    def note(self, key: int, velocity: int) -> np.ndarray:
        """One note, float32 ``[64000]`` at 16 kHz, held for three seconds and released for one.

        ``key`` and ``velocity`` are 0-127. The same note has the same samples whatever was played before.
        """
        return self._gain * decimate(self._synth.render(key, velocity, HELD_SECONDS, SAMPLES / SAMPLE_RATE))
