"""A piano roll draws every note where it sounds, in the colour of who plays it."""

import matplotlib
import pytest
from matplotlib.colors import to_hex

from nsynthlib.playing import PlayedNote
from nsynthlib.plots import FAMILY_COLOURS
from nsynthlib.score_plots import piano_roll

matplotlib.use("Agg")
NOTES = [
    PlayedNote(0.5, 2.0, 60, 90, "organ"),
    PlayedNote(0.0, 1.0, 67, 90, "flute"),
    PlayedNote(2.0, 2.5, 48, 90, "flute"),
]


def bars(ax):
    return sorted((b.get_x(), b.get_x() + b.get_width(), b.get_y() + b.get_height() / 2) for b in ax.patches)


def test_a_bar_lies_where_its_note_sounds():
    assert bars(piano_roll(NOTES)) == sorted((n.start, n.end, pytest.approx(n.pitch)) for n in NOTES)


def test_families_have_their_colours_and_a_legend_where_there_are_two():
    ax = piano_roll(NOTES)
    shown = {to_hex(bar.get_facecolor()) for bar in ax.patches}
    assert shown == {FAMILY_COLOURS["organ"], FAMILY_COLOURS["flute"]}
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["organ", "flute"]
    assert piano_roll(NOTES[1:]).get_legend() is None


def test_other_labels_have_other_colours():
    ax = piano_roll(NOTES, colours={"first": "#111111", "rest": "#222222"}, labels=["first", "rest", "rest"])
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == ["#111111", "#222222", "#222222"]
