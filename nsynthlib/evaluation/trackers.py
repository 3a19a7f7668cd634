"""The pitch of a note, heard by two trackers that know nothing of each other."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nsynthlib.audio import SAMPLE_RATE
from nsynthlib.audio.pitch import estimate_pitch
from nsynthlib.errors import DataError

NO_PITCH = float("nan")
NO_PESTO = "PESTO is not installed, so its measures are left out; get it by pip install pesto-pitch"
PESTO = "mir-1k_g7"
PESTO_STEP = 100  # milliseconds
PESTO_SECONDS = slice(0.1, 1.3)  # after the attack; hears as much as the whole note, in a third of the time
SILENT = 1e-5  # RMS


def heard_pitch(audio: Tensor) -> float:
    """MIDI number that our tracker hears in ``audio`` ``[samples]``, see :func:`estimate_pitch`; NaN for none."""
    try:
        return estimate_pitch(audio)
    except DataError:
        return NO_PITCH


def in_tune(audio: Tensor, pitch: int) -> bool:
    """Whether our tracker hears ``audio`` ``[samples]`` within 50 cents of a MIDI number; silence is not.

    >>> from nsynthlib.synthesis import plucked_tone
    >>> in_tune(plucked_tone(440.0), 69), in_tune(plucked_tone(460.0), 69)  # 460 Hz is 77 cents above
    (True, False)
    """
    return abs(heard_pitch(audio) - pitch) <= 0.5


@lru_cache(maxsize=1)
def pesto() -> Any:
    """PESTO (Riou et al. 2023), a network by others that learned from singing; ``None`` where it is not installed."""
    try:
        from pesto import load_model

        return load_model(PESTO, PESTO_STEP, SAMPLE_RATE)
    except ImportError:
        return None


def pesto_version() -> str | None:
    """The version of PESTO that listens; ``None`` where it is not installed."""
    return version("pesto-pitch") if pesto() else None


@torch.inference_mode()
def pesto_pitch(audio: Tensor) -> float:
    """MIDI number that PESTO hears in ``audio`` ``[samples]``; NaN for silence, and where it is not installed.

    The median of the frames within 30 dB of the loudest, by how sure it is of each. Below MIDI 48 it is often wrong,
    about recorded notes too: an octave or two too high.
    """
    network = pesto()
    first, last = (round(end * SAMPLE_RATE) for end in (PESTO_SECONDS.start, PESTO_SECONDS.stop))
    sound = audio[first:last].float().cpu()
    if network is None or sound.square().mean().sqrt() < SILENT:
        return NO_PITCH
    pitch, confidence, energy = (part.numpy() for part in network(sound, return_activations=False))
    order = np.argsort(pitch)
    sure = np.where(energy > energy.max() * 1e-3, confidence + 1e-9, 0.0)[order].cumsum()
    return float(pitch[order[np.searchsorted(sure, sure[-1] / 2)]])
