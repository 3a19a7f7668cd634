"""Copy-synthesis, sound to picture to sound with no model in between: notes to copy, and how near the copies come."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.common import ROOT
from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.data import NSynth, pocket
from nsynthlib.errors import DataError

PARTIALS = 5  # the strongest, which carry the pitch
REACH = 50.0  # cents around a partial that count as its own
MOST = 80  # notes of a group, evenly spaced


def groups() -> dict[str, Tensor | str]:
    """Notes that no setting was tuned on, ``[notes, samples]`` by name, or in their place why they are missing.

    ``real``: the notes of NSynth's test split in ``$NSYNTH_NOTES``, or in ``shared/nsynth`` beside the repository.
    ``pocket``: the set that comes with the package. ``soundfont``: test instruments in ``$SOUNDFONT_NOTES``, or in
    ``data/soundfont/test``.
    """
    real = Path(os.environ.get("NSYNTH_NOTES", ROOT.parent / "shared" / "nsynth")) / "nsynth-test"
    rendered = Path(os.environ.get("SOUNDFONT_NOTES", ROOT / "data" / "soundfont" / "test"))
    return {
        "real": _read(real, "NSYNTH_NOTES"),
        "pocket": _audio(pocket()),
        "soundfont": _read(rendered, "SOUNDFONT_NOTES"),
    }


def _read(folder: Path, variable: str) -> Tensor | str:
    try:
        return _audio(NSynth(folder))
    except DataError:
        return f"no notes in {folder}; set ${variable}"


def _audio(notes: Sequence) -> Tensor:
    step = -(-len(notes) // MOST)
    return torch.stack([note.audio for note in notes[::step]])


def pitch_deviation(original: Tensor, copy: Tensor) -> float:
    """Cents by which the pitch of ``copy`` ``[samples]`` lies above or below that of ``original``, at least 0.

    For each of the original's five strongest partials, the power-weighted mean frequency within 50 cents of it in both
    sounds, by one Fourier transform of the whole note under a Hann window (bins 0.25 Hz apart); then the mean of
    their ratios in cents, weighted by power. A pitch tracker's step is coarser than a cent, and its octave errors
    would fall on both alike. 0 for silence.
    """
    window = torch.hann_window(len(original), dtype=torch.float64)
    before, after = (torch.fft.rfft(sound.double() * window).abs().square().numpy() for sound in (original, copy))
    hz = np.fft.rfftfreq(len(original), 1 / SAMPLE_RATE)
    left = np.where(hz > 20.0, before, 0.0)
    powers, cents = [], []
    for _ in range(PARTIALS):
        peak = hz[left.argmax()]
        near = (hz > peak * 2 ** (-REACH / 1200)) & (hz < peak * 2 ** (REACH / 1200))
        power = before[near].sum()
        if left.max() <= 0 or after[near].sum() <= 0:
            break
        centre, moved = ((spectrum[near] * hz[near]).sum() / spectrum[near].sum() for spectrum in (before, after))
        powers.append(power)
        cents.append(1200 * np.log2(moved / centre))
        left[near] = 0.0
    return abs(float(np.average(cents, weights=powers))) if powers else 0.0
