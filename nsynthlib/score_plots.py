"""Still pictures of notes: the piano roll."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from nsynthlib.plots import FAMILY_COLOURS, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class RollNote(Protocol):
    """What a piano roll needs of a note, such as :class:`~nsynthlib.playing.PlayedNote` has."""

    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...
    @property
    def pitch(self) -> int: ...
    @property
    def family(self) -> str: ...


def piano_roll(
    notes: Iterable[RollNote],
    ax: Axes | None = None,
    *,
    colours: Mapping[str, str] | None = None,
    labels: Sequence[str] | None = None,
) -> Axes:
    """Draw notes as bars over time, the higher the pitch the higher up.

    Args:
        notes: with ``start`` and ``end`` in seconds, ``pitch`` (MIDI number) and ``family``.
        ax: axes to draw on; a new figure without.
        colours: of each label; those of the families without.
        labels: of each note, in place of its family; colours are by label.
    """
    from matplotlib.ticker import MaxNLocator

    ax = new_axes(ax, (8.0, 2.8))
    given = list(notes)
    kinds = [note.family for note in given] if labels is None else list(labels)
    shades = FAMILY_COLOURS if colours is None else colours
    for kind in dict.fromkeys(kinds):
        mine = [note for note, own in zip(given, kinds, strict=True) if own == kind]
        ax.barh(
            [note.pitch for note in mine],
            [note.end - note.start for note in mine],
            left=[note.start for note in mine],
            height=0.8,
            color=shades[kind],
            edgecolor="white",
            linewidth=0.4,
            alpha=0.85,
            label=kind.replace("_", " "),
        )
    ax.set(xlabel="seconds", ylabel="MIDI pitch")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    if len(set(kinds)) > 1:
        ax.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    return ax
