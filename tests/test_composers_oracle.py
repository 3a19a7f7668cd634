"""The composers against music21, which knows rows, parallels and a motet of the fourteenth century."""

from itertools import product

import pytest
from music21 import converter, corpus, pitch, serial, voiceLeading

from nsynthlib.playing.composers import SCORES
from nsynthlib.playing.composers.counterpoint import broken_rules
from nsynthlib.playing.composers.isorhythm import turns
from nsynthlib.playing.composers.twelve_tone import ROWS, matrix, row_form

VITRY = SCORES["isorhythm"]["vitry"]


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_all_forty_eight_forms_and_the_matrix_are_music21s(row):
    theirs = serial.TwelveToneRow(row)
    assert row == list(theirs.pitchClasses())
    for form, up in product(("P", "I", "R", "RI"), range(12)):
        assert row_form(row, form, up) == list(theirs.originalCenteredTransformation(form, up).pitchClasses())
    square = [[entry.pitch.pitchClass for entry in line] for line in theirs.matrix()]
    assert [[(entry + row[0]) % 12 for entry in line] for line in square] == matrix(row)


def test_schoenbergs_row_is_the_one_of_his_suite():
    historical = serial.getHistoricalRowByName("SchoenbergOp25")
    assert list(historical.pitchClasses()) == ROWS["schoenberg_op25"]


def test_the_thesis_row_is_in_no_piece_that_music21_lists():
    row = serial.TwelveToneRow(ROWS["thesis"])
    listed = [serial.getHistoricalRowByName(name) for name in serial.historicalDict]
    assert len(listed) > 50
    assert not any(row.findZeroCenteredTransformations(other) for other in listed)


def test_parallels_are_those_that_music21_hears():
    """All moves of two voices between white keys, where a fifth is never spelled as a sixth."""
    below, above = (50, 53, 55, 57), (57, 59, 60, 62, 65, 67, 69, 72)
    checked = 0
    for a, b, c, d in product(below, below, above, above):
        if c < a or d < b:
            continue
        names = [pitch.Pitch(midi) for midi in (c, d, a, b)]
        quartet = voiceLeading.VoiceLeadingQuartet(*names)
        for rule, theirs in (("parallel fifths", quartet.parallelFifth()), ("parallel octaves", _octaves(quartet))):
            assert bool(broken_rules([a, b], [c, d], [rule])) == theirs, (a, b, c, d, rule)
            checked += theirs
    assert checked > 30


def _octaves(quartet):
    return quartet.parallelOctave() or quartet.parallelUnison()


def test_vitrys_tenor_is_turned_out_by_its_talea_and_color():
    """Against the whole tenor as edited in Polyphonic Music of the Fourteenth Century, volume 1; a breve is a beat."""
    name = "trecento/PMFC_01-Vos Qui Admiramini Gratissima virginis species"
    tenor = converter.parse(corpus.getWork(name)).parts[-1].stripTies()
    edited = []
    for one in tenor.flatten().notesAndRests:
        midi, beats = (None if one.isRest else one.pitch.midi), one.quarterLength / 3
        if midi is None and edited and edited[-1][0] is None:
            beats += edited.pop()[1]
        edited.append((midi, beats))
    first = [(t.pitch, t.beats) for t in turns(VITRY["talea"], VITRY["color"])]
    second = [(t.pitch, t.beats) for t in turns(VITRY["second_talea"], VITRY["color"], notes=30)]
    ours = first + second
    assert [midi for midi, _ in ours] == [midi for midi, _ in edited]
    different = [i for i, (own, other) in enumerate(zip(ours, edited, strict=True)) if own != other]
    assert different == [len(first) - 2, len(ours) - 2, len(ours) - 1], "only where a section ends"
