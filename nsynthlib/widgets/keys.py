"""The explorer of a CVAE under piano keys, in a notebook: a reader plays a model of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nsynthlib.audio.levels import limit_peak
from nsynthlib.constants import CONSTANTS
from nsynthlib.models import CVAE
from nsynthlib.playing import HeldNote, hold
from nsynthlib.spectral.phase import OnStep
from nsynthlib.widgets.base import Settings
from nsynthlib.widgets.cvae import FIRST, CVAEExplorer, CVAEWidget, cvae_controls
from nsynthlib.widgets.modules import WEB, one_file

UPSAMPLING: int = CONSTANTS["playing"][
    "upsampling"
]  # to 48 kHz, so that the browser, which draws lines between samples, has little left to draw
AFTERWARDS = 100  # samples of the loop that the filter sees behind its end


class InstrumentWidget(CVAEWidget):
    """Spectrogram and sound of a note that a CVAE makes, and keys that play it for as long as they are down."""

    slow = ("sound", "held")
    _esm = one_file(WEB / "views/instrument.mjs")
    _css = "".join((WEB / f"page/{name}.css").read_text("utf-8") for name in ("explorer", "pad", "keyboard"))

    def answer(
        self, want: str, settings: Settings, own: Sequence[bytes] = (), on_step: OnStep | None = None
    ) -> dict[str, Any]:
        """As every explorer's; ``"held"`` is the sound as keys play it, see :func:`~nsynthlib.playing.hold`."""
        if want != "held":
            return super().answer(want, settings, own, on_step)
        audio, _ = self.audio("sound", settings, self.source_of(own, settings), on_step)
        return as_played(hold(limit_peak(audio)[0]))


def as_played(held: HeldNote) -> dict[str, Any]:
    """A held note in the words of the page's engine: its samples, float32, and its loop at 48 kHz."""
    from scipy.signal import resample_poly

    x, start, end = held.samples, held.loop_start, held.loop_end
    after = x[start : start + AFTERWARDS] if start is not None else np.zeros(AFTERWARDS)
    upsampled = resample_poly(np.concatenate([x, after]), UPSAMPLING, 1)[: UPSAMPLING * len(x)]
    return {
        "samples": upsampled.astype(np.float32),
        "loopStart": None if start is None else UPSAMPLING * start,
        "loopEnd": None if end is None else UPSAMPLING * end,
        "decayDb": held.decay_db,
        "release": held.release.astype(np.float32),
    }


def instrument(model: CVAE | None = None) -> CVAEExplorer:
    """A CVAE under piano keys: two octaves, played by mouse, by touch and by the computer's keys.

    Family, velocity and breath are set by controls, the instrument on a pad, as in :func:`cvae_explorer`. Keys sound
    for as long as they are down. Where a kernel runs it makes the notes, of any model; on a page of the book, which has
    an instrument of its own with more to it, the shipped one answers.

    Args:
        model: a trained CVAE, by default the shipped one.

    Raises:
        UsageError: for what is no CVAE.

    >>> instrument(CVAE.from_pretrained())
    CVAEExplorer(11 families, 48 latent dimensions)
    """
    return CVAEExplorer(cvae_controls(), InstrumentWidget(model or CVAE.from_pretrained(), **FIRST))
