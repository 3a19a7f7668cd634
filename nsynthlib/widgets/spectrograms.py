"""Explorers of spectrograms, ready for a chapter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from nsynthlib.data import FAMILIES, VELOCITIES
from nsynthlib.generation import BREATH
from nsynthlib.models import CVAE
from nsynthlib.spectral import MEL_SCALES, SAMPLE_RATE, WINDOWS
from nsynthlib.widgets.controls import _LOOK, _choice, _counted, _Explorer, _places, _within
from nsynthlib.widgets.encoding import check_audio
from nsynthlib.widgets.pictures import (
    BANDS,
    DISPLAYS,
    FFT_SIZES,
    HOPS,
    PHASES,
    WIN_LENGTHS,
    CVAEPicture,
    MelPicture,
    STFTPicture,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

PHASE_NAMES = (  # of PHASES, for the reader
    "kept",
    "thrown away, PGHI",
    "thrown away, Griffin-Lim",
    "thrown away, PGHI then Griffin-Lim",
)
SCALE_NAMES = {"htk": "HTK", "slaney": "Slaney"}
MOST_STEPS = 100  # of Griffin and Lim
LOW_STEP, HIGH_STEP = 50, 250  # of the mel range's two ends, in hertz


class STFTExplorer(_Explorer):
    """Made by :func:`stft_explorer`."""

    def __repr__(self) -> str:
        return f"STFTExplorer({_length(self.explorer)})"


class MelExplorer(_Explorer):
    """Made by :func:`mel_explorer`."""

    def __repr__(self) -> str:
        return f"MelExplorer({_length(self.explorer)})"


class CVAEExplorer(_Explorer):
    """Made by :func:`cvae_explorer`."""

    def __repr__(self) -> str:
        return f"CVAEExplorer({len(FAMILIES)} families, {self.explorer.model.latent_dim} latent dimensions)"


def _length(explorer: Any) -> str:
    return f"{len(explorer.note) // 2} samples, {explorer.sample_rate} Hz"


def stft_explorer(
    audio: ArrayLike,
    sample_rate: int = SAMPLE_RATE,
    *,
    n_fft: int = 1024,
    win_length: int | None = None,
    hop_length: int = 256,
    window: str = "hann",
    display: str = "decibels",
    phase: str = "pghi",
    n_iter: int = 32,
) -> STFTExplorer:
    """The settings of a spectrogram, moved by hand; and what is heard when its phase is lost.

    Args:
        audio: ``[samples]`` in [-1, 1]; it travels with the widget as 16-bit samples.
        sample_rate: in hertz.
        n_fft, win_length, hop_length, window, display, phase: where the controls stand at first; values in
            ``FFT_SIZES``, ``WIN_LENGTHS`` (``None`` is as long as the FFT), ``HOPS``, ``WINDOWS``, ``DISPLAYS`` and
            ``PHASES``.
        n_iter: steps of Griffin and Lim at first, 1 to 100.

    Raises:
        ValueError: for a sound that cannot be played, or a value that the controls do not have.
    """
    sound = check_audio(audio)
    offered = dict(
        n_fft=FFT_SIZES, win_length=WIN_LENGTHS, hop_length=HOPS, window=WINDOWS, display=DISPLAYS, phase=PHASES
    )
    wanted = dict(
        n_fft=n_fft, win_length=win_length or 0, hop_length=hop_length, window=window, display=display, phase=phase
    )
    at = _places(offered, wanted)
    steps = _within("n_iter", n_iter, 1, MOST_STEPS, "steps")
    lengths = [("as long as the FFT", 0), *_counted(WIN_LENGTHS[1:], "samples")]
    phases = list(zip(PHASE_NAMES, PHASES, strict=True))
    controls = {
        "n_fft": _choice("FFT size", _counted(FFT_SIZES, "samples"), at["n_fft"]),
        "hop_length": _choice("Hop length", _counted(HOPS, "samples"), at["hop_length"]),
        "win_length": _choice("Window length", lengths, at["win_length"], slider=False),
        "window": _choice("Window", WINDOWS, at["window"], slider=False),
        "phase": _choice("Phase", phases, at["phase"], slider=False),
        "n_iter": ipywidgets.IntSlider(steps, 1, MOST_STEPS, description="Iterations", **_LOOK),
        "display": _choice("Display", DISPLAYS, at["display"], slider=False),
    }
    return STFTExplorer(controls, STFTPicture(sound, sample_rate, n_iter=steps, **at))


def mel_explorer(
    audio: ArrayLike,
    sample_rate: int = SAMPLE_RATE,
    *,
    n_mels: int = 128,
    mel_scale: str = "slaney",
    f_min: int = 0,
    f_max: int | None = None,
    n_fft: int = 2048,
    hop_length: int = 512,
    n_iter: int = 16,
) -> MelExplorer:
    """Number, scale and range of mel bands, moved by hand; and the sound that survives them.

    Args:
        audio: ``[samples]`` in [-1, 1]; it travels with the widget as 16-bit samples.
        sample_rate: in hertz.
        n_mels, mel_scale: where the controls stand at first; values in ``BANDS`` and ``MEL_SCALES``.
        f_min, f_max: lowest and highest frequency at first, in hertz; ``None`` is half the sample rate.
        n_fft, hop_length: of the STFT below (Hann window); no control moves them.
        n_iter: steps of Griffin and Lim after PGHI.

    Raises:
        ValueError: for a sound that cannot be played, or a value that the controls do not have.
    """
    sound = check_audio(audio)
    at = _places(dict(n_mels=BANDS, mel_scale=MEL_SCALES), dict(n_mels=n_mels, mel_scale=mel_scale))
    half = sample_rate // 2
    low = _within("f_min", f_min, 0, half, "Hz")
    high = _within("f_max", half if f_max is None else f_max, 0, half, "Hz")
    fixed = dict(n_fft=n_fft, hop_length=hop_length, n_iter=n_iter)
    scales = [(SCALE_NAMES[name], name) for name in MEL_SCALES]
    controls = {
        "n_mels": _choice("Bands", _counted(BANDS, "bands"), at["n_mels"]),
        "mel_scale": _choice("Scale", scales, at["mel_scale"], slider=False),
        "f_min": ipywidgets.IntSlider(low, 0, half, LOW_STEP, description="Lowest (Hz)", **_LOOK),
        "f_max": ipywidgets.IntSlider(high, 0, half, HIGH_STEP, description="Highest (Hz)", **_LOOK),
    }
    return MelExplorer(controls, MelPicture(sound, sample_rate, f_min=low, f_max=high, **fixed, **at))


def cvae_explorer(model: CVAE | None = None) -> CVAEExplorer:
    """Pitch, family, velocity and a latent point of a CVAE, moved by hand; the note is seen and heard.

    Args:
        model: a trained CVAE, by default the shipped one. On a page of the book the shipped one answers in any case.
    """
    model = model or CVAE.from_pretrained()
    family, velocity = FAMILIES.index("organ"), VELOCITIES.index(100)
    explorer = CVAEPicture(model, pitch=60, family=family, velocity=velocity, point=0, x=0.0, y=0.0, breath=BREATH)
    families = [(name.replace("_", " "), name) for name in FAMILIES]
    along: dict[str, Any] = {"value": 0.0, "min": -3.0, "max": 3.0, "step": 0.1, "readout_format": ".1f", **_LOOK}
    controls = {
        "pitch": ipywidgets.IntSlider(60, 24, 96, description="Pitch (MIDI)", **_LOOK),
        "family": _choice("Family", families, family, slider=False),
        "velocity": _choice("Velocity", VELOCITIES, velocity),
        "point": ipywidgets.IntSlider(0, 0, explorer.points.shape[1] - 1, description="Latent point", **_LOOK),
        "x": ipywidgets.FloatSlider(description=f"Dimension {explorer.axes[0]}", **along),
        "y": ipywidgets.FloatSlider(description=f"Dimension {explorer.axes[1]}", **along),
        "breath": ipywidgets.FloatSlider(BREATH, min=0, max=1, step=0.05, description="Breath", **_LOOK),
    }
    return CVAEExplorer(controls, explorer)
