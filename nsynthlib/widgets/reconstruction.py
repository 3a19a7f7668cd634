"""The explorer of reconstructions: a note beside what AE, VAE and CVAE and two copies without a model make of it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import ipywidgets
import torch
import traitlets

from nsynthlib.audio.encoding import to_pcm16
from nsynthlib.audio.tuning import measure_tuning
from nsynthlib.constants import CONSTANTS
from nsynthlib.data import FAMILIES, VELOCITIES, Note, pocket
from nsynthlib.data.sets import pocket_instruments
from nsynthlib.generation import GRIFFIN_LIM_STEPS, condition_of
from nsynthlib.models import KINDS, Condition
from nsynthlib.models.texture import highpass
from nsynthlib.spectral import LogMel
from nsynthlib.spectral.phase import OnStep
from nsynthlib.widgets.base import ExplorerWidget, Settings, level_cells, spectrogram
from nsynthlib.widgets.controls import LOOK, Explorer, choose, places_of
from nsynthlib.widgets.cvae import PITCHES
from nsynthlib.widgets.mel import corners_of
from nsynthlib.widgets.modules import WEB, one_file
from nsynthlib.widgets.settings import Choice, Whole, setting

if TYPE_CHECKING:
    from torch import Tensor

    from nsynthlib.models import AE

CHOICES: tuple[str, ...] = tuple(CONSTANTS["choices"]["way"])
WAYS, ALL = CHOICES[:-1], CHOICES[-1]
WAY_NAMES = ("AE", "VAE", "CVAE", "smoothed copy", "copy-synthesis", "all five")  # of CHOICES, for the reader
EXAMPLES = {note.name: note for note in pocket()}
LOG_MEL = LogMel()  # that of all shipped models


@lru_cache(maxsize=len(KINDS))
def _shipped(kind: str) -> AE:
    return KINDS[kind].from_pretrained()


class ReconstructionWidget(ExplorerWidget):
    """Pictures and sounds of a note and of what is made of it."""

    _esm = one_file(WEB / "views/reconstruction.mjs")
    slow = WAYS
    of_example = ("example",)
    example = setting(Choice(tuple(EXAMPLES)))
    way = setting(Choice(CHOICES))
    pitch = setting(Whole(*PITCHES, default=PITCHES[0]))
    family = setting(Choice(FAMILIES))
    velocity = setting(Choice(VELOCITIES))
    labels = traitlets.Dict().tag(sync=True)  # of each pocket note, as the three controls above show them

    def __init__(self, **chosen: int) -> None:
        super().__init__(kind="reconstruction", labels={name: labels_of(note) for name, note in EXAMPLES.items()})
        for name, value in chosen.items():
            setattr(self, name, value)

    def example_of(self, settings: Settings) -> bytes:
        return to_pcm16(EXAMPLES[settings["example"]].audio.numpy()).tobytes()

    def figure(self, settings: Settings, note: Tensor) -> dict[str, Any]:
        original = LOG_MEL(_checked(note))
        made = {way: picture(way, note, settings) for way in (WAYS if settings["way"] == ALL else (settings["way"],))}
        return {
            **spectrogram(level_cells(original), LOG_MEL.hop_length / self.sample_rate),
            "corners": corners_of(LOG_MEL.n_mels, 0, self.sample_rate / 2, LOG_MEL.mel_scale),
            **{way: level_cells(db) for way, db in made.items()},
            "errors": {way: float((db - original).square().mean().sqrt()) for way, db in made.items()},
            "cents": tuning_of(note, settings),
        }

    def audio(self, want: str, settings: Settings, note: Tensor, on_step: OnStep | None = None) -> tuple[Tensor, int]:
        if want == "original":
            return note, self.sample_rate
        return LOG_MEL.inverse(picture(want, note, settings), GRIFFIN_LIM_STEPS, on_step), self.sample_rate


def labels_of(note: Note) -> dict[str, int]:
    """Where the controls of what is told stand for a note: a number, or the place of a choice."""
    return dict(pitch=note.pitch, family=FAMILIES.index(note.family), velocity=VELOCITIES.index(note.velocity))


def _checked(note: Tensor) -> Tensor:
    """``note``, which has a note's length; raises ValueError for any other."""
    if len(note) != LOG_MEL.samples:
        raise ValueError(f"a note has {LOG_MEL.samples} samples, not {len(note)}")
    return note


def tuning_of(note: Tensor, settings: Settings) -> float:
    """Cents from the pitch that the controls tell to where ``note`` sounds."""
    return float(measure_tuning(note[None], torch.tensor([settings["pitch"]]))[0])


@torch.inference_mode()
def picture(way: str, note: Tensor, settings: Settings) -> Tensor:
    """Decibels ``[n_mels, frames]`` that one of ``WAYS`` makes of ``note`` ``[64000]``."""
    original = LOG_MEL(_checked(note))
    if way == "copy":
        return original
    if way == "smoothed":
        return original - highpass(original)
    told: Condition | None = None
    if way == "cvae":
        told = condition_of(settings["pitch"], settings["family"], settings["velocity"], tuning_of(note, settings))
    model = _shipped(way)
    z, _ = model.encode(original[None], told)
    return model.decode(z, told)[0]


class ReconstructionExplorer(Explorer):
    """Made by :func:`reconstruction_explorer`.

    >>> sorted(reconstruction_explorer().controls)[:3]
    ['example', 'family', 'pitch']
    """

    def __repr__(self) -> str:
        return f"ReconstructionExplorer({len(EXAMPLES)} notes, or one of your own; {', '.join(WAY_NAMES[:-1])})"


def reconstruction_explorer(
    example: str = "brass_acoustic_060-053-127", *, way: str = "ae", stored: bool = False
) -> ReconstructionExplorer:
    """A note beside what the shipped AE, VAE and CVAE make of it, and two copies that no model made.

    The note is one of those that come with the package, or a reader's own. The smoothed copy is its picture without
    what moves quickly, as good as a decoder of means can be; copy-synthesis is the picture itself and back. The error
    of each is the root mean square difference of the two pictures in decibels.

    Args:
        example: name of the pocket note to begin with.
        way: what to begin with, in ``CHOICES``: one of the five, or ``"all"`` side by side.
        stored: whether a page carries its first figure and sounds, 0.5 MB, and loads a model (6 to 8 MB each) only when
            a reader moves something.

    Raises:
        ValueError: for a note or a way that there is not.

    >>> from nsynthlib.widgets import reconstruction_explorer
    >>> reconstruction_explorer(way="vae")
    ReconstructionExplorer(62 notes, or one of your own; AE, VAE, CVAE, smoothed copy, copy-synthesis)
    """
    at = places_of({"example": tuple(EXAMPLES), "way": CHOICES}, {"example": example, "way": way})
    labels = labels_of(EXAMPLES[example])
    widget = ReconstructionWidget(**at, **labels)
    instruments = pocket_instruments()
    names = [(f"{instruments[n.instrument]}, MIDI {n.pitch}, velocity {n.velocity}", n.name) for n in EXAMPLES.values()]
    families = [(name.replace("_", " "), name) for name in FAMILIES]
    controls = {
        "example": choose("Note", names, at["example"], slider=False),
        "way": choose("Through", list(zip(WAY_NAMES, CHOICES, strict=True)), at["way"], slider=False),
        "pitch": ipywidgets.IntSlider(labels["pitch"], *PITCHES, description="Pitch (MIDI)", **LOOK),
        "family": choose("Family", families, labels["family"], slider=False),
        "velocity": choose("Velocity", VELOCITIES, labels["velocity"]),
    }
    if stored:
        widget.store_answers("original", *(WAYS if way == ALL else (way,)))
    return ReconstructionExplorer(controls, widget)
