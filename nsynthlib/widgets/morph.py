"""The explorer of morphing: two notes, one slider, and both ways from one to the other."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nsynthlib.audio.encoding import from_pcm16, to_pcm16
from nsynthlib.audio.format import SAMPLES
from nsynthlib.constants import CONSTANTS
from nsynthlib.data import pocket
from nsynthlib.data.sound import Sound, read_sound
from nsynthlib.spectral import STFT, stft, to_db
from nsynthlib.spectral.phase import OnStep
from nsynthlib.synthesis import Morph
from nsynthlib.synthesis.harmonics import FRAMES
from nsynthlib.widgets.base import ExplorerWidget, Settings, level_cells, spectrogram
from nsynthlib.widgets.controls import LOOK, Explorer, RealSlider
from nsynthlib.widgets.modules import WEB, one_file
from nsynthlib.widgets.settings import Real, refusal, setting

SHORTEST = FRAMES.n_fft  # samples of a note
EXAMPLES = ("brass_acoustic_057-046-075", "vocal_acoustic_053-052-100")  # a trombone's B flat 2, a choir's E3
TRANSFORM = STFT(CONSTANTS["synthesis"]["n_fft"], CONSTANTS["synthesis"]["hop_length"])


class MorphWidget(ExplorerWidget):
    """Two notes, which travel one behind the other, and a place between them."""

    _esm = one_file(WEB / "views/morph.mjs")
    position = setting(Real(0, 1, 0.5))

    def __init__(self, a: np.ndarray, b: np.ndarray, position: float) -> None:
        samples = max(len(a), len(b))
        both = np.concatenate([np.pad(to_pcm16(note), (0, samples - len(note))) for note in (a, b)])
        super().__init__(kind="morph", note=both.tobytes(), position=position)

    def source_of(self, own: Any, settings: Settings) -> Tensor:
        return torch.from_numpy(from_pcm16(self.note))

    def figure(self, settings: Settings, note: Tensor) -> dict[str, Any]:
        ways = (way(settings["position"], note) for way in (_morphed, _cross_faded))
        cells, faded = (level_cells(to_db(stft(sound, TRANSFORM).abs(), TRANSFORM)) for sound in ways)
        return {**spectrogram(cells, TRANSFORM.hop_length / self.sample_rate), "faded": faded}

    def audio(self, want: str, settings: Settings, note: Tensor, on_step: OnStep | None = None) -> tuple[Tensor, int]:
        way = _morphed if want == "sound" else _cross_faded
        return way(settings["position"], note), self.sample_rate


@lru_cache(maxsize=2)
def _analysed(notes: bytes) -> Morph:
    """The morph of two notes laid one behind the other."""
    a, b = torch.from_numpy(from_pcm16(notes)).chunk(2)
    return Morph(a, b)


def _morphed(position: float, note: Tensor) -> Tensor:
    return _analysed(to_pcm16(note.numpy()).tobytes()).at(position)


def _cross_faded(position: float, note: Tensor) -> Tensor:
    a, b = note.chunk(2)
    return torch.lerp(a, b, position)


def _read(name: str, given: Sound | None, example: str) -> np.ndarray:
    """The samples of a note, or of the example where none is given."""
    if given is None:
        [given] = (note for note in pocket() if note.name == example)
    sound = read_sound(given).numpy()
    if not SHORTEST <= len(sound) <= SAMPLES:
        raise ValueError(refusal(f"the length of note {name},", len(sound), f"from {SHORTEST} to {SAMPLES} samples"))
    return sound


class MorphExplorer(Explorer):
    """Made by :func:`morph_explorer`.

    >>> morph_explorer(position=0.25).controls["position"].value
    0.25
    """

    def __repr__(self) -> str:
        return f"MorphExplorer(2 notes of {len(self.widget.note) // 4} samples)"


def morph_explorer(a: Sound | None = None, b: Sound | None = None, *, position: float = 0.5) -> MorphExplorer:
    """Two notes and the way between them, moved by hand: a morph of their partials beside a cross-fade.

    Args:
        a, b: each ``[samples]`` at 16 kHz in [-1, 1], or int16, or a note; 2048 to 64000 samples. Without them a
            trombone's B flat 2 and a choir's E3 from the notes that come with the package.
        position: of the slider at first, from 0, the first note, to 1, the second.

    Raises:
        ValueError: for a sound that is too short or too long, or a position outside 0 to 1.

    >>> from nsynthlib import pocket
    >>> morph_explorer(*pocket()[:2])
    MorphExplorer(2 notes of 64000 samples)
    """
    if not 0 <= position <= 1:
        raise ValueError(refusal("position", position, "from 0 to 1"))
    first, second = (_read(*told) for told in zip("ab", (a, b), EXAMPLES, strict=True))
    slider = RealSlider(position, min=0, max=1, step=0.05, description="Position", readout_format=".2f", **LOOK)
    return MorphExplorer({"position": slider}, MorphWidget(first, second, position))
