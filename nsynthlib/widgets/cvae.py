"""The explorer of a CVAE: pitch, family, velocity and a latent point, moved by hand."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from nsynthlib.data import FAMILIES, VELOCITIES
from nsynthlib.generation import GRIFFIN_LIM_STEPS, TEXTURE, decode
from nsynthlib.generation.export import explorer_axes
from nsynthlib.models import CVAE
from nsynthlib.widgets.base import ExplorerWidget, Settings, choice, setting
from nsynthlib.widgets.controls import LOOK, Explorer, choose
from nsynthlib.widgets.mel import corners_of
from nsynthlib.widgets.modules import WEB, one_file

if TYPE_CHECKING:
    from torch import Tensor


class CVAEWidget(ExplorerWidget):
    """Spectrogram and sound of a note that a CVAE makes."""

    _esm = one_file(WEB / "views/cvae.mjs")
    pitch = setting(traitlets.Int())
    family = choice(FAMILIES)
    velocity = choice(VELOCITIES)
    point = setting(traitlets.Int())
    x = setting(traitlets.Float())
    y = setting(traitlets.Float())
    texture = setting(traitlets.Float())

    def __init__(self, model: CVAE, **chosen: float) -> None:
        self.model = model
        self.axes, self.points = explorer_axes(model)
        self._decode_once = lru_cache(maxsize=1)(self._decode)  # a note's sound is asked for right after its figure
        super().__init__(kind="cvae", **chosen)

    def _decode(self, pitch: int, family: str, velocity: int, point: int, x: float, y: float, texture: float) -> Tensor:
        z = self.points[FAMILIES.index(family), point].clone()
        z[self.axes[0]] += x
        z[self.axes[1]] += y
        return decode(self.model, z, pitch, family, velocity, texture, point)

    def decibels(self, settings: Settings) -> tuple[Tensor, int]:
        return self._decode_once(**settings), self.model.log_mel.hop_length

    def figure(self, settings: Settings, note: Tensor) -> dict[str, Any]:
        bands = self.model.log_mel
        corners = corners_of(bands.n_mels, 0, self.sample_rate / 2, bands.mel_scale)
        return {**super().figure(settings, note), "corners": corners}

    def sound(self, settings: Settings) -> Tensor:
        return self.model.log_mel.inverse(self.decibels(settings)[0], GRIFFIN_LIM_STEPS)


class CVAEExplorer(Explorer):
    """Made by :func:`cvae_explorer`."""

    def __repr__(self) -> str:
        return f"CVAEExplorer({len(FAMILIES)} families, {self.widget.model.latent_dim} latent dimensions)"


def cvae_explorer(model: CVAE | None = None) -> CVAEExplorer:
    """Pitch, family, velocity and a latent point of a CVAE, moved by hand; the note is seen and heard.

    Args:
        model: a trained CVAE, by default the shipped one. On a page of the book the shipped one answers in any case.
    """
    model = model or CVAE.from_pretrained()
    family, velocity = FAMILIES.index("organ"), VELOCITIES.index(100)
    widget = CVAEWidget(model, pitch=60, family=family, velocity=velocity, point=0, x=0.0, y=0.0, texture=TEXTURE)
    families = [(name.replace("_", " "), name) for name in FAMILIES]
    along: dict[str, Any] = {"value": 0.0, "min": -3.0, "max": 3.0, "step": 0.1, "readout_format": ".1f", **LOOK}
    controls = {
        "pitch": ipywidgets.IntSlider(60, 24, 96, description="Pitch (MIDI)", **LOOK),
        "family": choose("Family", families, family, slider=False),
        "velocity": choose("Velocity", VELOCITIES, velocity),
        "point": ipywidgets.IntSlider(0, 0, widget.points.shape[1] - 1, description="Latent point", **LOOK),
        "x": ipywidgets.FloatSlider(description=f"Dimension {widget.axes[0]}", **along),
        "y": ipywidgets.FloatSlider(description=f"Dimension {widget.axes[1]}", **along),
        "texture": ipywidgets.FloatSlider(TEXTURE, min=0, max=1, step=0.05, description="Breath", **LOOK),
    }
    return CVAEExplorer(controls, widget)
