"""What a reader moves: controls joined to an explorer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets

from nsynthlib.data import FAMILIES
from nsynthlib.models import CVAE
from nsynthlib.spectral import SAMPLE_RATE, WINDOWS
from nsynthlib.widgets.encoding import check_audio
from nsynthlib.widgets.explorers import FFT_SIZES, HOPS, PHASES, VELOCITIES, CVAEPicture, Explorer, STFTPicture

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

PHASE_NAMES = ("kept", "thrown away, PGHI", "thrown away, Griffin-Lim 32")  # of PHASES, for the reader

# Names stand whole beside their controls, and controls are as wide as their place.
_STYLE = {"description_width": "6.5rem"}
_WIDE = {"width": "auto", "max_width": "100%"}


def _choice(name: str, options: Sequence[Any], index: int, slider: bool = True) -> ipywidgets.Widget:
    """A control that chooses one of ``options`` (numbers, or pairs of label and value)."""
    kind = ipywidgets.SelectionSlider if slider else ipywidgets.Dropdown
    return kind(description=name, options=options, index=index, style=_STYLE, layout=_WIDE)


class _Explorer(ipywidgets.VBox):
    """Controls above one :class:`Explorer`, joined in the browser, so that they work with and without Python."""

    def __init__(self, controls: Mapping[str, ipywidgets.Widget], explorer: Explorer) -> None:
        for name, control in controls.items():
            held = "index" if name in explorer.choices else "value"
            ipywidgets.jslink((control, held), (explorer, name))
        panel = ipywidgets.Box(list(controls.values()))
        panel.add_class("nn-controls")
        super().__init__([panel, explorer])
        self.add_class("nn-explorer")
        self.controls = dict(controls)
        self.explorer = explorer


class STFTExplorer(_Explorer):
    """Made by :func:`stft_explorer`."""

    def __repr__(self) -> str:
        samples = len(self.explorer.note) // 2
        return f"STFTExplorer({samples} samples, {self.explorer.sample_rate} Hz)"


class CVAEExplorer(_Explorer):
    """Made by :func:`cvae_explorer`."""

    def __repr__(self) -> str:
        return f"CVAEExplorer({len(FAMILIES)} families, {self.explorer.model.latent_dim} latent dimensions)"


def stft_explorer(
    audio: ArrayLike,
    sample_rate: int = SAMPLE_RATE,
    *,
    hop_length: int = 256,
    window: str = "hann",
    n_fft: int = 1024,
    phase: str = "pghi",
) -> STFTExplorer:
    """Hop length, window and FFT size of a spectrogram, moved by hand; and what is heard when its phase is lost.

    Args:
        audio: ``[samples]`` in [-1, 1]; it travels with the widget as 16-bit samples.
        sample_rate: in hertz.
        hop_length, window, n_fft, phase: where the controls stand at first; values in ``HOPS``, ``WINDOWS``,
            ``FFT_SIZES`` and ``PHASES``.

    Raises:
        ValueError: for a sound that cannot be played, or a value that the controls do not have.
    """
    offered: dict[str, Sequence[Any]] = {"hop_length": HOPS, "window": WINDOWS, "n_fft": FFT_SIZES, "phase": PHASES}
    wanted = {"hop_length": hop_length, "window": window, "n_fft": n_fft, "phase": phase}
    for name, value in wanted.items():
        if value not in offered[name]:
            raise ValueError(f"{name} {value!r} is not offered; choose one of {', '.join(map(str, offered[name]))}")
    at = {name: offered[name].index(value) for name, value in wanted.items()}
    controls = {
        "n_fft": _choice("FFT size", FFT_SIZES, at["n_fft"]),
        "hop_length": _choice("Hop length", HOPS, at["hop_length"]),
        "window": _choice("Window", WINDOWS, at["window"], slider=False),
        "phase": _choice("Phase", PHASE_NAMES, at["phase"], slider=False),
    }
    return STFTExplorer(controls, STFTPicture(check_audio(audio), sample_rate, **at))


def cvae_explorer(model: CVAE | None = None) -> CVAEExplorer:
    """Pitch, family, velocity and a latent point of a CVAE, moved by hand; the note is seen and heard.

    Args:
        model: a trained CVAE, by default the shipped one. On a page of the book the shipped one answers in any case.
    """
    model = model or CVAE.from_pretrained()
    family, velocity = FAMILIES.index("organ"), VELOCITIES.index(100)
    explorer = CVAEPicture(model, pitch=60, family=family, velocity=velocity, point=0, x=0.0, y=0.0)
    families = [(name.replace("_", " "), name) for name in FAMILIES]
    look: dict[str, Any] = {"style": _STYLE, "layout": _WIDE}
    along: dict[str, Any] = {"value": 0.0, "min": -3.0, "max": 3.0, "step": 0.1, "readout_format": ".1f", **look}
    controls = {
        "pitch": ipywidgets.IntSlider(60, 24, 96, description="Pitch (MIDI)", **look),
        "family": _choice("Family", families, family, slider=False),
        "velocity": _choice("Velocity", VELOCITIES, velocity),
        "point": ipywidgets.IntSlider(0, 0, len(explorer.points) - 1, description="Latent point", **look),
        "x": ipywidgets.FloatSlider(description=f"Dimension {explorer.axes[0]}", **along),
        "y": ipywidgets.FloatSlider(description=f"Dimension {explorer.axes[1]}", **along),
    }
    return CVAEExplorer(controls, explorer)
