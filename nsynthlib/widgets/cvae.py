"""The explorer of a CVAE: pitch, family and velocity, and a pad of the family's instruments, moved by hand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from nsynthlib.constants import CONSTANTS
from nsynthlib.data import FAMILIES, VELOCITIES
from nsynthlib.generation import GRIFFIN_LIM_STEPS, TEXTURE, decode
from nsynthlib.generation.pad import REACH, pad_of
from nsynthlib.models import CVAE
from nsynthlib.models.autoencoders import need_model
from nsynthlib.spectral.phase import OnStep
from nsynthlib.widgets.base import ExplorerWidget, Settings, level_cells, spectrogram
from nsynthlib.widgets.controls import LOOK, Explorer, RealSlider, choose
from nsynthlib.widgets.mel import corners_of
from nsynthlib.widgets.modules import WEB, one_file
from nsynthlib.widgets.settings import Choice, Real, Whole, refusal, setting

if TYPE_CHECKING:
    from torch import Tensor

PITCHES: tuple[int, int] = tuple(CONSTANTS["model_pitches"])  # lowest and highest, as MIDI numbers
FIRST: dict[str, Any] = {  # settings to begin with; choices by their places
    "pitch": 60,
    "family": FAMILIES.index("organ"),
    "velocity": VELOCITIES.index(100),
    "x": 0.0,
    "y": 0.0,
    "texture": TEXTURE,
}


class CVAEWidget(ExplorerWidget):
    """Spectrogram and sound of a note that a CVAE makes.

    ``x`` and ``y`` are standard deviations from the middle of its family's :class:`~nsynthlib.generation.pad.Pad`.
    """

    _esm = one_file(WEB / "views/cvae.mjs")
    _css: Any = "".join((WEB / f"page/{name}.css").read_text("utf-8") for name in ("explorer", "pad"))
    pitch = setting(Whole(*PITCHES))
    family = setting(Choice(FAMILIES))
    velocity = setting(Choice(VELOCITIES))
    x = setting(Real(-REACH, REACH))
    y = setting(Real(-REACH, REACH))
    texture = setting(Real(0, 1))
    reach = traitlets.Float(REACH).tag(sync=True)  # of x and y

    def __init__(self, model: CVAE, **chosen: float) -> None:
        need_model(model, "the explorer of a CVAE", CVAE)
        self.model = model
        self._pad = cache(partial(pad_of, model))  # each takes a second
        self._decode_once = lru_cache(maxsize=1)(self._decode)  # a note's sound is asked for right after its figure
        super().__init__(kind="cvae", **chosen)

    def _decode(self, pitch: int, family: str, velocity: int, x: float, y: float, texture: float) -> Tensor:
        return decode(self.model, self._pad(family).at(x, y), pitch, family, velocity, texture)

    def figure(self, settings: Settings, note: Tensor) -> dict[str, Any]:
        bands = self.model.log_mel
        corners = corners_of(bands.n_mels, 0, self.sample_rate / 2, bands.mel_scale)
        cells = level_cells(self._decode_once(**settings))
        ends = self._pad(settings["family"]).ends[:2]  # those of the pad; two more directions lie on none
        return {**spectrogram(cells, bands.hop_length / self.sample_rate), "corners": corners, "ends": ends}

    def audio(self, want: str, settings: Settings, note: Tensor, on_step: OnStep | None = None) -> tuple[Tensor, int]:
        db = self._decode_once(**settings)
        return self.model.log_mel.inverse(db, GRIFFIN_LIM_STEPS, on_step), self.sample_rate


class CVAEExplorer(Explorer):
    """Made by :func:`cvae_explorer`.

    >>> explorer = cvae_explorer(controls=["pitch", "velocity"])
    >>> sorted(explorer.controls)
    ['pitch', 'velocity']
    """

    def __repr__(self) -> str:
        return f"CVAEExplorer({len(FAMILIES)} families, {self.widget.model.latent_dim} latent dimensions)"


def cvae_controls() -> dict[str, ipywidgets.Widget]:
    """What is set beside the pad, by the names of its settings."""
    families = [(name.replace("_", " "), name) for name in FAMILIES]
    return {
        "family": choose("Family", families, FIRST["family"], slider=False),
        "pitch": ipywidgets.IntSlider(FIRST["pitch"], *PITCHES, description="Pitch (MIDI)", **LOOK),
        "velocity": choose("Velocity", VELOCITIES, FIRST["velocity"]),
        "texture": RealSlider(TEXTURE, min=0, max=1, step=0.05, description="Breath", **LOOK),
    }


def cvae_explorer(
    model: CVAE | None = None, controls: Sequence[str] | None = None, stored: bool = False
) -> CVAEExplorer:
    """Family, pitch and velocity of a CVAE's note, and a pad of the family's instruments; the note is seen and heard.

    A pad's two directions are those in which the family's instruments differ most, see
    :func:`~nsynthlib.generation.pad.pad_of`. Its edges lie 2 standard deviations from its middle.

    Args:
        model: a trained CVAE, by default the shipped one. On a page of the book the shipped one answers in any case.
        controls: which to show, of family, pitch, velocity and texture; without, all. The pad is there in any case.
        stored: whether a page carries its first figure and sound, 0.2 MB, and loads the model (10 MB) only when a
            reader moves something.

    Raises:
        UsageError: for what is no CVAE.
        ValueError: for a control that there is not.

    >>> cvae_explorer()
    CVAEExplorer(11 families, 48 latent dimensions)
    """
    widget = CVAEWidget(model or CVAE.from_pretrained(), **FIRST)
    known = cvae_controls()
    shown = list(known) if controls is None else controls
    for name in shown:
        if name not in known:
            raise ValueError(refusal("control", repr(name), f"of {', '.join(known)}"))
    if stored:
        widget.store_answers("sound")
    return CVAEExplorer({name: known[name] for name in shown}, widget)
