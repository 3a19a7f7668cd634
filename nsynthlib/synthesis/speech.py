"""A voice from formulas: a buzz with the pitch of the vocal folds, through the resonances of a mouth, its formants.

The vowels' formants are the means that Peterson and Barney (1952, table II) measured on 33 men. That speech can be
described as a source and its resonances is Fant's theory (1960).
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.synthesis.additive import BLOCK, CEILING, additive_tone
from nsynthlib.synthesis.controls import at_peak, one_thread, require
from nsynthlib.synthesis.spectral_model import band_edges, shaped_noise
from nsynthlib.synthesis.subtractive import filter_response

VOWELS: dict[str, tuple[float, float, float]] = {  # the first three formants in hertz
    "a": (730, 1090, 2440),  # as in "hod", in American English
    "e": (530, 1840, 2480),  # head
    "i": (270, 2290, 3010),  # heed
    "o": (570, 840, 2410),  # hawed
    "u": (300, 870, 2240),  # who'd
}
SECONDS = {**dict.fromkeys(VOWELS, 0.5), "s": 0.25}  # how long each sound lasts
HIGHER = (3500.0, 4500.0)  # resonances of an even tube of 17.5 cm that carry on the row
SHARPNESS = (10.0, 14.0, 17.0, 17.0, 17.0)  # frequency over bandwidth of the five, about as Fant gives them
GLIDE = 0.08  # seconds that the mouth takes from one sound to the next
HISS_DB = -14.0  # RMS of the "s" against the voice's peak


def formant_speech(says: str = "aisueo", f0: float = 120.0, seed: int = 0) -> Tensor:
    """A voice that says vowels and hisses in a row, its pitch falling as in a statement; peak at -3 dBFS.

    Args:
        says: letters, each one sound: the vowels a, e, i, o, u for half a second, the fricative s for a quarter.
        f0: pitch in hertz, 50 to 400, in the middle of the fall.
        seed: of the hiss.

    Returns:
        Float32 ``[samples]`` at 16 kHz, in [-1, 1], the same for the same arguments.

    Raises:
        UsageError: for a letter that has no sound here, no letter at all, or a pitch out of range.

    >>> formant_speech("as").shape
    torch.Size([12000])
    """
    known = isinstance(says, str) and says and set(says) <= SECONDS.keys()
    require(bool(known), "says", repr(says), f"a row of the letters {', '.join(SECONDS)}")
    require(50 <= f0 <= 400, "f0", f0, "from 50 to 400 Hz")
    ends = np.cumsum([SECONDS[letter] for letter in says])
    samples = round(ends[-1] * SAMPLE_RATE)
    time = np.arange(0, samples + BLOCK, BLOCK) / SAMPLE_RATE
    with one_thread():
        voice = _voice(says, ends, time, f0, samples)
        hiss = shaped_noise(_hiss_levels(_presence(says, ends, time, "s")), np.random.default_rng(seed), samples)
        return at_peak(at_peak(voice, 0.0) + hiss if voice.any() else hiss)


def _voice(says: str, ends: np.ndarray, time: np.ndarray, f0: float, samples: int) -> Tensor:
    """The vowels, ``[samples]``: harmonics of a gliding pitch, each as strong as the mouth lets it through."""
    formants = _formants(says, ends, time)
    fall = 0.3 - 0.6 * time / ends[-1]  # octaves: from a little above f0 to a little below
    lilt = 0.08 * np.sin(2 * np.pi * time / SECONDS["a"])
    pitch = torch.from_numpy(f0 * 2 ** (fall + lilt))
    harmonics = torch.arange(1, int(CEILING / pitch.min()) + 1, dtype=torch.float64)[:, None] * pitch
    level = pitch / harmonics  # the folds' buzz falls by 12 dB an octave, and lips radiate 6 of them back
    for track, sharpness in zip(formants, SHARPNESS, strict=True):
        level = level * filter_response(harmonics, track, 20 * math.log10(sharpness)).abs()
    voiced = torch.from_numpy(1 - _presence(says, ends, time, "s"))
    voiced[[0, -1]] = 0
    return additive_tone(harmonics, level * voiced, samples=samples)


def _formants(says: str, ends: np.ndarray, time: np.ndarray) -> Tensor:
    """Frequencies in hertz ``[5, breakpoints]``; straight lines from one vowel to the next. An "s" keeps the last."""
    vowels = [(letter, end) for letter, end in zip(says, ends, strict=True) if letter in VOWELS] or [("a", ends[0])]
    corners = [(t, VOWELS[v]) for v, end in vowels for t in (end - SECONDS[v] + GLIDE / 2, end - GLIDE / 2)]
    when = [moment for moment, _ in corners]
    moving = [np.interp(time, when, [hertz[i] for _, hertz in corners]) for i in range(3)]
    return torch.from_numpy(np.stack([*moving, *(np.full_like(time, hertz) for hertz in HIGHER)]))


def _presence(says: str, ends: np.ndarray, time: np.ndarray, letter: str) -> np.ndarray:
    """How much of ``letter`` sounds at each breakpoint, 0 to 1, with smooth edges."""
    heard = np.zeros_like(time)
    for here, end in zip(says, ends, strict=True):
        if here == letter:
            inside = np.minimum(time - (end - SECONDS[here]), end - time) / (GLIDE / 2)
            heard = np.maximum(heard, np.sin(np.clip(inside, 0, 1) * np.pi / 2) ** 2)
    return heard


def _hiss_levels(presence: np.ndarray) -> Tensor:
    """Levels in dBFS ``[BANDS, breakpoints]`` of an "s": noise above 4 kHz, where its narrow gap resonates."""
    edges = band_edges()
    high = (edges[:-1] >= 4000).astype(float)
    share = 10 * np.log10(high / high.sum() + 1e-9)
    loud = 20 * np.log10(presence + 1e-4)
    return torch.from_numpy(HISS_DB + share[:, None] + loud).float()
