"""The explorer of mel bands: their number, scale and range, and the sound that survives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np

from nsynthlib.audio.encoding import check_rate, to_pcm16
from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.constants import CONSTANTS
from nsynthlib.data.sound import Sound, read_sound
from nsynthlib.spectral import (
    MEL_SCALE,
    MEL_SCALES,
    STFT,
    from_db,
    magnitude_to_audio,
    mel_corners,
    mel_filterbank,
    mel_to_magnitude,
    stft,
    to_db,
)
from nsynthlib.spectral.phase import OnStep
from nsynthlib.widgets.base import ExplorerWidget, Settings, level_cells, spectrogram
from nsynthlib.widgets.controls import LOOK, Explorer, check_within, choose, length_of, places_of, with_unit
from nsynthlib.widgets.modules import WEB, one_file
from nsynthlib.widgets.settings import Choice, Whole, setting

if TYPE_CHECKING:
    from torch import Tensor

BANDS = tuple(CONSTANTS["choices"]["n_mels"])
SCALE_NAMES = {"htk": "HTK", "slaney": "Slaney"}
LOW_STEP, HIGH_STEP = 50, 250  # of the mel range's two ends, in hertz


SIZES = (4, 16_384)  # smallest and largest FFT
MOST_STEPS = 100  # of Griffin and Lim


def _half_rate(widget: ExplorerWidget) -> int:
    return widget.sample_rate // 2


class MelWidget(ExplorerWidget):
    """Mel bands of one sound, and the sound that survives them."""

    _esm = one_file(WEB / "views/mel.mjs")
    n_mels = setting(Choice(BANDS))
    mel_scale = setting(Choice(MEL_SCALES))
    f_min = setting(Whole(0, _half_rate))
    f_max = setting(Whole(0, _half_rate))
    n_fft = setting(Whole(*SIZES))
    hop_length = setting(Whole(1, lambda widget: widget.n_fft))
    n_iter = setting(Whole(0, MOST_STEPS))

    def __init__(self, audio: np.ndarray, sample_rate: int, **chosen: int) -> None:
        super().__init__(kind="mel", note=to_pcm16(audio).tobytes(), sample_rate=sample_rate, **chosen)

    def _bands(self, settings: Settings, note: Tensor) -> tuple[Tensor, Tensor, STFT]:
        """Decibels ``[n_mels, frames]``, the filterbank and the transform below it."""
        transform = STFT(settings["n_fft"], settings["hop_length"])
        size = settings["n_mels"], settings["n_fft"], self.sample_rate, settings["mel_scale"]
        filterbank = mel_filterbank(*size, *_range(settings))
        return to_db(filterbank @ stft(note, transform).abs(), transform), filterbank, transform

    def figure(self, settings: Settings, note: Tensor) -> dict[str, Any]:
        db, filterbank, transform = self._bands(settings, note)
        return {
            **spectrogram(level_cells(db), transform.hop_length / self.sample_rate),
            "corners": corners_of(settings["n_mels"], *_range(settings), settings["mel_scale"]),
            "empty": int((filterbank.amax(1) == 0).sum()),
        }

    def audio(self, want: str, settings: Settings, note: Tensor, on_step: OnStep | None = None) -> tuple[Tensor, int]:
        if want == "original":
            return note, self.sample_rate
        db, filterbank, transform = self._bands(settings, note)
        magnitude = mel_to_magnitude(from_db(db, transform), filterbank)
        return magnitude_to_audio(magnitude, transform, len(note), settings["n_iter"], on_step), self.sample_rate


def _range(settings: Settings) -> tuple[int, int]:
    """Lowest and highest frequency in hertz; raises ValueError where there is nothing between them."""
    low, high = settings["f_min"], settings["f_max"]
    if low >= high:
        raise ValueError(f"the lowest frequency ({low} Hz) must lie below the highest ({high} Hz)")
    return low, high


def corners_of(n_mels: int, low: float, high: float, scale: str) -> np.ndarray:
    """Corners in hertz of ``n_mels`` triangles, ``[n_mels + 2]``."""
    return mel_corners(n_mels, low, high, scale).astype(np.float32)


class MelExplorer(Explorer):
    """Made by :func:`mel_explorer`.

    >>> from nsynthlib import pocket
    >>> mel_explorer(pocket()[0], n_mels=64).controls["n_mels"].value
    64
    """

    def __repr__(self) -> str:
        return f"MelExplorer({length_of(self.widget)})"


def mel_explorer(
    audio: Sound,
    sample_rate: int = SAMPLE_RATE,
    *,
    n_mels: int = 128,
    mel_scale: str = MEL_SCALE,
    f_min: int = 0,
    f_max: int | None = None,
    n_fft: int = 2048,
    hop_length: int = 512,
    n_iter: int = 16,
) -> MelExplorer:
    """Number, scale and range of mel bands, moved by hand; and the sound that survives them.

    Args:
        audio: ``[samples]`` in [-1, 1], or int16, or a note; it travels with the widget as 16-bit samples.
        sample_rate: in hertz, 3000 to 768000.
        n_mels, mel_scale: where the controls stand at first; values in ``BANDS`` and ``MEL_SCALES``.
        f_min, f_max: lowest and highest frequency at first, in hertz; ``None`` is half the sample rate.
        n_fft, hop_length: of the STFT below (Hann window); no control moves them.
        n_iter: steps of Griffin and Lim after PGHI.

    Raises:
        ValueError: for a sound that cannot be played, or a value that the controls do not have.

    >>> from nsynthlib import pocket
    >>> mel_explorer(pocket()[0], n_mels=64, mel_scale="htk")
    MelExplorer(64000 samples, 16000 Hz)
    """
    sound, sample_rate = read_sound(audio).numpy(), check_rate(sample_rate)
    at = places_of(dict(n_mels=BANDS, mel_scale=MEL_SCALES), dict(n_mels=n_mels, mel_scale=mel_scale))
    half = sample_rate // 2
    low = check_within("f_min", f_min, 0, half, "Hz")
    high = check_within("f_max", half if f_max is None else f_max, 0, half, "Hz")
    transform = STFT(n_fft, hop_length)  # refuses what has no way back
    steps = check_within("n_iter", n_iter, 0, MOST_STEPS, "steps")
    fixed = dict(n_fft=transform.n_fft, hop_length=transform.hop_length, n_iter=steps)
    scales = [(SCALE_NAMES[name], name) for name in MEL_SCALES]
    controls = {
        "n_mels": choose("Bands", with_unit(BANDS, "bands"), at["n_mels"]),
        "mel_scale": choose("Scale", scales, at["mel_scale"], slider=False),
        "f_min": ipywidgets.IntSlider(low, 0, half, LOW_STEP, description="Lowest (Hz)", **LOOK),
        "f_max": ipywidgets.IntSlider(high, 0, half, HIGH_STEP, description="Highest (Hz)", **LOOK),
    }
    return MelExplorer(controls, MelWidget(sound, sample_rate, f_min=low, f_max=high, **fixed, **at))
