"""Spectrograms that explorers show: of the STFT, in mel bands, and of a note that a model makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from nsynthlib.data import FAMILIES, VELOCITIES
from nsynthlib.generation import GRIFFIN_LIM_STEPS, decode, explorer_axes
from nsynthlib.spectral import (
    MEL_SCALES,
    STFT,
    WINDOWS,
    from_db,
    griffin_lim,
    istft,
    magnitude_to_audio,
    mel_corners,
    mel_filterbank,
    mel_to_magnitude,
    stft,
    to_db,
)
from nsynthlib.widgets.encoding import to_int16
from nsynthlib.widgets.explorers import Explorer, Settings, cells, choice, level_cells, setting, spectrogram
from nsynthlib.widgets.modules import WEB, one_file

if TYPE_CHECKING:
    from torch import Tensor

    from nsynthlib.models import CVAE

FFT_SIZES = (256, 512, 1024, 2048, 4096)
WIN_LENGTHS = (0, 128, 256, 512, 1024, 2048, 4096)  # 0: as long as the FFT
HOPS = (64, 128, 256, 512, 1024)
DISPLAYS = ("decibels", "linear")
PHASES = ("kept", "pghi", "griffin-lim", "pghi, griffin-lim")
BANDS = (16, 32, 64, 80, 96, 128, 192, 256, 384, 512)


class STFTPicture(Explorer):
    """Spectrogram of one sound, and the sound rebuilt from it with or without its phase."""

    _esm = one_file(WEB / "stft_view.mjs")
    n_fft = choice(FFT_SIZES)
    win_length = choice(WIN_LENGTHS)
    hop_length = choice(HOPS)
    window = choice(WINDOWS)
    display = choice(DISPLAYS)
    phase = choice(PHASES)
    n_iter = setting(traitlets.Int())

    def __init__(self, audio: np.ndarray, sample_rate: int, **chosen: int) -> None:
        super().__init__(kind="stft", note=to_int16(audio).tobytes(), sample_rate=sample_rate, **chosen)

    def drawn(self, settings: Settings, note: Tensor) -> dict[str, Any]:
        made = _stft_of(settings)
        hop = made.hop_length / self.sample_rate
        magnitude = stft(note, made).abs()
        if settings["display"] == "decibels":
            return spectrogram(level_cells(to_db(magnitude, made)), hop)
        top = max(float(magnitude.max()), 1e-12)
        return {**spectrogram(cells(magnitude / top), hop), "top": top / made.reference}

    def played(self, want: str, settings: Settings, note: Tensor) -> tuple[Tensor, int]:
        return (note if want == "original" else self._rebuilt(settings, note)), self.sample_rate

    def _rebuilt(self, settings: Settings, note: Tensor) -> Tensor:
        made, samples = _stft_of(settings), len(note)
        spectrum = stft(note, made)
        if settings["phase"] == "kept":
            return istft(spectrum, made, samples)
        if settings["phase"] == "griffin-lim":
            return griffin_lim(spectrum.abs(), made, samples, settings["n_iter"])
        steps = 0 if settings["phase"] == "pghi" else settings["n_iter"]
        return magnitude_to_audio(spectrum.abs(), made, samples, steps)


def _stft_of(settings: Settings) -> STFT:
    return STFT(settings["n_fft"], settings["hop_length"], settings["win_length"] or None, settings["window"])


class MelPicture(Explorer):
    """Mel bands of one sound, and the sound that survives them."""

    _esm = one_file(WEB / "mel_view.mjs")
    n_mels = choice(BANDS)
    mel_scale = choice(MEL_SCALES)
    f_min = setting(traitlets.Int())
    f_max = setting(traitlets.Int())
    n_fft = setting(traitlets.Int())
    hop_length = setting(traitlets.Int())
    n_iter = setting(traitlets.Int())

    def __init__(self, audio: np.ndarray, sample_rate: int, **chosen: int) -> None:
        super().__init__(kind="mel", note=to_int16(audio).tobytes(), sample_rate=sample_rate, **chosen)

    def _bands(self, settings: Settings, note: Tensor) -> tuple[Tensor, Tensor, STFT]:
        """Decibels ``[n_mels, frames]``, the filterbank and the transform below it."""
        made = STFT(settings["n_fft"], settings["hop_length"])
        size = settings["n_mels"], settings["n_fft"], self.sample_rate, settings["mel_scale"]
        filterbank = mel_filterbank(*size, *_range(settings))
        return to_db(filterbank @ stft(note, made).abs(), made), filterbank, made

    def drawn(self, settings: Settings, note: Tensor) -> dict[str, Any]:
        db, filterbank, made = self._bands(settings, note)
        return {
            **spectrogram(level_cells(db), made.hop_length / self.sample_rate),
            "corners": _corners(settings["n_mels"], *_range(settings), settings["mel_scale"]),
            "empty": int((filterbank.amax(1) == 0).sum()),
        }

    def played(self, want: str, settings: Settings, note: Tensor) -> tuple[Tensor, int]:
        if want == "original":
            return note, self.sample_rate
        db, filterbank, made = self._bands(settings, note)
        magnitude = mel_to_magnitude(from_db(db, made), filterbank)
        return magnitude_to_audio(magnitude, made, len(note), settings["n_iter"]), self.sample_rate


def _range(settings: Settings) -> tuple[int, int]:
    """Lowest and highest frequency in hertz; raises ValueError where there is nothing between them."""
    low, high = settings["f_min"], settings["f_max"]
    if low >= high:
        raise ValueError(f"the lowest frequency ({low} Hz) must lie below the highest ({high} Hz)")
    return low, high


def _corners(n_mels: int, low: float, high: float, scale: str) -> np.ndarray:
    """Corners in hertz of ``n_mels`` triangles, ``[n_mels + 2]``."""
    return mel_corners(n_mels, low, high, scale).astype(np.float32)


class CVAEPicture(Explorer):
    """Picture and sound of a note that a CVAE makes."""

    _esm = one_file(WEB / "cvae_view.mjs")
    pitch = traitlets.Int().tag(sync=True)
    family = traitlets.Int().tag(sync=True)
    velocity = traitlets.Int().tag(sync=True)
    point = traitlets.Int().tag(sync=True)
    x = traitlets.Float().tag(sync=True)
    y = traitlets.Float().tag(sync=True)
    breath = traitlets.Float().tag(sync=True)

    def __init__(self, model: CVAE, **chosen: float) -> None:
        self.model = model
        self.axes, self.points = explorer_axes(model)
        super().__init__(
            kind="cvae",
            settings=["pitch", "family", "velocity", "point", "x", "y", "breath"],
            choices={"family": list(FAMILIES), "velocity": list(VELOCITIES)},
            **chosen,
        )

    def picture(self, settings: Settings) -> tuple[Tensor, int]:
        z = self.points[FAMILIES.index(settings["family"]), settings["point"]].clone()
        z[self.axes[0]] += settings["x"]
        z[self.axes[1]] += settings["y"]
        label = settings["pitch"], settings["family"], settings["velocity"]
        db = decode(self.model, z, *label, settings["breath"], settings["point"])
        return db, self.model.log_mel.hop_length

    def drawn(self, settings: Settings, note: Tensor) -> dict[str, Any]:
        bands = self.model.log_mel
        corners = _corners(bands.n_mels, 0, self.sample_rate / 2, bands.mel_scale)
        return {**super().drawn(settings, note), "corners": corners}

    def sound(self, settings: Settings) -> Tensor:
        return self.model.log_mel.sound(self.picture(settings)[0], GRIFFIN_LIM_STEPS)
