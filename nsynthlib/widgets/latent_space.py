"""A map of notes that are heard where they are touched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import anywidget
import numpy as np
import traitlets

from nsynthlib.audio.encoding import data_url
from nsynthlib.audio.excerpt import beginning
from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.data import FAMILIES, Note
from nsynthlib.plots import FAMILY_COLOURS, FAMILY_MARKERS
from nsynthlib.widgets.modules import WEB, one_file

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class LatentMap(anywidget.AnyWidget):
    """Made by :func:`latent_map`; all of it happens in the page, ``web/views/latent_map.mjs``.

    >>> from nsynthlib import pocket
    >>> len(latent_map([[0.0, 1.0], [1.0, 0.0]], pocket()[:2]).points)
    2
    """

    _esm = one_file(WEB / "views/latent_map.mjs")
    _css = WEB / "views/latent_map.css"
    points = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)  # x and y of each note
    families = traitlets.List(traitlets.Unicode()).tag(sync=True)  # of each note
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)  # of each note, for eye and screen reader
    sounds = traitlets.List(traitlets.Unicode()).tag(sync=True)  # of each note, as a data URL
    legend = traitlets.Dict().tag(sync=True)  # family -> [colour, outline of its shape as an SVG path]

    def __repr__(self) -> str:
        return f"LatentMap({len(self.points)} notes)"


def latent_map(points: ArrayLike, notes: Sequence[Note]) -> LatentMap:
    """A map on which each note is heard when it is chosen, by mouse, finger or arrow keys.

    The first two seconds of each note travel with it, as loud as they are.

    Args:
        points: ``[n, 2]``, where the notes lie.
        notes: as many, in the same order.

    Raises:
        ValueError: if there are more points than notes or fewer, or none.

    >>> from nsynthlib import pocket
    >>> latent_map([[0.0, 1.0], [1.0, 0.0]], pocket()[:2])
    LatentMap(2 notes)
    """
    places = np.asarray(points, dtype=float)
    if places.shape != (len(notes), 2) or not len(notes):
        raise ValueError(f"{len(notes)} notes need points of shape [{len(notes)}, 2], not {list(places.shape)}")
    return LatentMap(
        points=places.tolist(),
        families=[note.family for note in notes],
        labels=[label_of(note) for note in notes],
        sounds=[beginning_url(note.audio.numpy()) for note in notes],
        legend=legend_of(notes),
    )


def label_of(note: Note) -> str:
    """A note in words, for eye and screen reader."""
    return f"{note.family.replace('_', ' ')}, MIDI {note.pitch}, velocity {note.velocity} ({note.name})"


def legend_of(notes: Sequence[Note]) -> dict[str, list[str]]:
    """Colour and shape of every family that these notes have."""
    families = {note.family for note in notes}
    return {name: [FAMILY_COLOURS[name], outline(FAMILY_MARKERS[name])] for name in FAMILIES if name in families}


def outline(marker: str) -> str:
    """A marker of matplotlib's as an SVG path about the origin, y downwards, about 1 wide."""
    from matplotlib.markers import MarkerStyle

    style = MarkerStyle(marker)
    shape = style.get_path().transformed(style.get_transform())
    corners = [np.asarray(polygon).tolist() for polygon in shape.to_polygons(closed_only=True)]
    return "".join("M" + "L".join(f"{x:.3f} {-y:.3f}" for x, y in polygon) + "Z" for polygon in corners)


def beginning_url(audio: np.ndarray) -> str:
    """The first two seconds of a sound, faded out, as a data URL."""
    return data_url(beginning(audio), SAMPLE_RATE)
