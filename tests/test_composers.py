"""The composers keep their rules: wheels that come round, canons that copy, fair dice, rows and their forms."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from nsynthlib.errors import UsageError
from nsynthlib.models.condition import read_family
from nsynthlib.playing.composers import (
    SCORES,
    compose_cage,
    compose_canon,
    compose_counterpoint,
    compose_dice,
    compose_grammar,
    compose_isorhythm,
    compose_markov,
    compose_recombination,
    compose_rows,
    compose_xenakis,
)
from nsynthlib.playing.composers.dice import MEASURES, SIXTEENTHS, TABLE, different_measures, play_measures, throw_dice
from nsynthlib.playing.composers.isorhythm import period, turns
from nsynthlib.playing.composers.scores import pick, read_score
from nsynthlib.playing.composers.twelve_tone import ROWS, matrix, read_row, row_form
from nsynthlib.shared_random import make_random, uniform

VITRY = SCORES["isorhythm"]["vitry"]
UNLIKELY = 1e-3  # a right composer fails a test of chance at most once in a thousand seeds, and these are fixed
ALL = {
    "isorhythm": lambda seed: compose_isorhythm(VITRY["talea"], VITRY["color"]),
    "canon": lambda seed: compose_canon(),
    "dice": compose_dice,
    "rows": lambda seed: compose_rows(ROWS["thesis"]),
    "cage": lambda seed: compose_cage(seed=seed),
    "xenakis": lambda seed: compose_xenakis(seed=seed),
    "markov": lambda seed: compose_markov(seed=seed),
    "counterpoint": lambda seed: compose_counterpoint(seed=seed),
    "grammar": compose_grammar,
    "recombination": lambda seed: compose_recombination(seed=seed),
}
BY_CHANCE = set(ALL) - {"isorhythm", "canon", "rows"}


@pytest.mark.parametrize("name", ALL)
def test_a_piece_is_notes_that_can_be_played_of_at_most_thirty_seconds(name):
    for seed in range(20):
        notes = ALL[name](seed)
        assert 5 < max(note.end for note in notes) <= 30
        assert [note.start for note in notes] == sorted(note.start for note in notes)
        assert all(0 <= note.start < note.end and 24 <= note.pitch <= 96 for note in notes)
        assert all(1 <= note.velocity <= 127 and read_family(note.family) for note in notes)


@pytest.mark.parametrize("name", ALL)
def test_the_same_seed_gives_the_same_piece_and_others_give_others(name):
    pieces = [tuple(ALL[name](seed)) for seed in range(12)]
    assert pieces == [tuple(ALL[name](seed)) for seed in range(12)]
    assert (len(set(pieces)) >= 6) == (name in BY_CHANCE)


def test_numbers_are_drawn_one_by_one_as_all_at_once():
    for seed in (0, 1, 2**32 - 1, -5):
        random = make_random(seed)
        assert [random() for _ in range(500)] == uniform(500, seed % 2**32).tolist()
    random = make_random(3)
    counts = np.bincount([pick(random, 5) for _ in range(5000)], minlength=5)
    assert len(counts) == 5
    assert stats.chisquare(counts).pvalue > UNLIKELY


# isorhythm


@pytest.mark.parametrize(("talea", "color"), [([2, 1], [60, 62, 64]), ([1, -1, 3, 2], [60, 62, 64, 65]), ([1], [60])])
def test_talea_and_color_begin_together_after_the_least_common_multiple(talea, color):
    sounding = sum(beats > 0 for beats in talea)
    whole = math.lcm(sounding, len(color))
    assert period(talea, color) == whole
    twice = turns(talea, color, 2 * whole)
    starts = [
        n for n, turn in enumerate(t for t in twice if t.pitch) if turn.color_place == 0 and turn.talea_place == 0
    ]
    assert starts == [0, whole]
    half = len(twice) // 2
    later = twice[half].start
    assert [t._replace(start=t.start + later) for t in twice[:half]] == twice[half:]


def test_every_value_is_the_taleas_and_every_pitch_the_colors():
    made = turns(VITRY["second_talea"], VITRY["color"])
    assert [t.beats for t in made] == [abs(b) for b in VITRY["second_talea"]] * (len(made) // 5)
    pitches = [t.pitch for t in made if t.pitch is not None]
    assert pitches == VITRY["color"] * 2
    assert sum(t.beats for t in made) == 15 * sum(map(abs, VITRY["second_talea"]))
    notes = compose_isorhythm(VITRY["second_talea"], VITRY["color"], notes=30)
    assert [note.pitch for note in notes] == VITRY["color"]


@pytest.mark.parametrize(("talea", "color"), [([], [60]), ([1], []), ([-1], [60]), ([1, 0], [60])])
def test_a_wheel_without_a_note_is_refused(talea, color):
    with pytest.raises(UsageError, match="isorhythm needs a talea with a note"):
        turns(talea, color)


def test_a_piece_that_is_too_long_is_refused_in_one_line():
    with pytest.raises(
        UsageError, match=r"^the piece would last \d+\.\d s, more than 30 s; take a faster tempo or less$"
    ):
        compose_isorhythm(VITRY["talea"], VITRY["color"], tempo=60)


# canon


@pytest.mark.parametrize(("voices", "delay", "interval"), [(2, 4, 0), (3, 8, 0), (4, 2, 7)])
def test_each_voice_of_a_canon_is_a_shifted_copy_of_the_one_before(voices, delay, interval):
    notes = compose_canon("au_clair_de_la_lune", voices=voices, delay=delay, interval=interval, tempo=240)
    parts = {}
    for note in notes:
        parts.setdefault(note.family, []).append(note)
    assert len(parts) == voices
    ordered = sorted(parts.values(), key=lambda part: part[0].start)
    for before, after in pairwise(ordered):
        for a, b in zip(before, after, strict=True):
            assert b.pitch - a.pitch == interval
            assert b.start - a.start == pytest.approx(delay * 60 / 240, abs=1e-9)
            assert b.end - a.end == pytest.approx(delay * 60 / 240, abs=1e-9)


def test_a_tune_that_there_is_not_or_a_canon_before_itself_is_refused():
    with pytest.raises(UsageError, match="tune 'yesterday' is unknown; choose one of ode_to_joy"):
        compose_canon("yesterday")
    with pytest.raises(UsageError, match="delay -1 lies before the tune"):
        compose_canon(delay=-1)


# dice


def test_the_table_holds_each_measure_once_and_each_measure_fills_its_bar():
    assert sorted(number for row in TABLE for number in row) == list(range(1, 177))
    assert {len(row) for row in TABLE} == {16}
    assert len(MEASURES) == 176
    for measure in MEASURES:
        assert {sum(chord.beats for chord in read_score(voice)) for voice in measure.split("|")} == {SIXTEENTHS}


def test_cadences_are_the_same_whatever_the_dice_say():
    """The eighth place has one measure eleven times, the last place two; all end in G and in C."""
    different = different_measures()
    assert different == [11] * 7 + [1] + [11] * 7 + [2], "759,499,667,166,482 waltzes, as is often told"
    for place, root in ((7, 7), (15, 0)):
        for row in TABLE:
            bass = read_score(MEASURES[row[place] - 1].split("|")[1])
            assert bass[0].pitches[0] % 12 == root


def test_the_dice_are_fair_and_their_sums_fall_as_those_of_two_dice():
    throws = [throw for seed in range(300) for throw in throw_dice(seed)]
    sums = np.bincount([t.first + t.second for t in throws], minlength=13)[2:]
    expected = np.convolve(np.ones(6) / 6, np.ones(6) / 6) * len(throws)
    assert stats.chisquare(sums, expected).pvalue > UNLIKELY
    assert stats.chisquare(sums).pvalue < 1e-12, "eleven sums as likely each would be no dice"
    pairs = Counter((t.first, t.second) for t in throws)
    assert len(pairs) == 36
    assert stats.chisquare(list(pairs.values())).pvalue > UNLIKELY


def test_a_throw_chooses_from_the_row_of_its_sum_and_the_column_of_its_place():
    for place, throw in enumerate(throw_dice(5)):
        assert throw.measure == TABLE[throw.first + throw.second - 2][place]
    assert compose_dice(5) == play_measures([throw.measure for throw in throw_dice(5)])


def test_measures_follow_one_another_without_overlap():
    first, second = play_measures([96], tempo=180), play_measures([96, 22], tempo=180)
    later = [note for note in second if note not in first]
    assert min(note.start for note in later) == pytest.approx(3 * 60 / 180)
    with pytest.raises(UsageError, match="measure 177 is not in the table"):
        play_measures([177])


# twelve tones


def test_figure_2_4_of_the_thesis_is_this_matrix():
    names = {"C": 0, "D♭": 1, "D": 2, "E♭": 3, "E": 4, "F": 5, "G♭": 6, "G": 7, "A♭": 8, "A": 9, "B♭": 10, "B": 11}
    printed = """E♭ D♭ G♭ G F E D C B B♭ A♭ A
        F E♭ A♭ A G G♭ E D D♭ C B♭ B
        C B♭ E♭ E D D♭ B A A♭ G F G♭
        B A D E♭ D♭ C B♭ A♭ G G♭ E F
        D♭ B E F E♭ D C B♭ A A♭ G♭ G
        D C F G♭ E E♭ D♭ B B♭ A G A♭
        E D G A♭ G♭ F E♭ D♭ C B A B♭
        G♭ E A B♭ A♭ G F E♭ D D♭ B C
        G F B♭ B A A♭ G♭ E E♭ D C D♭
        A♭ G♭ B C B♭ A G F E E♭ D♭ D
        B♭ A♭ D♭ D C B A G G♭ F E♭ E
        A G C D♭ B B♭ A♭ G♭ F E D E♭"""
    assert matrix(ROWS["thesis"]) == [[names[name] for name in line.split()] for line in printed.splitlines()]


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_forms_keep_turn_over_and_reverse_the_intervals(row):
    steps = [(b - a) % 12 for a, b in pairwise(row)]
    for up in range(12):
        forms = {form: row_form(row, form, up) for form in ("P", "I", "R", "RI")}
        intervals = {form: [(b - a) % 12 for a, b in pairwise(notes)] for form, notes in forms.items()}
        assert intervals["P"] == steps
        assert intervals["I"] == [-step % 12 for step in steps]
        assert forms["R"] == forms["P"][::-1]
        assert forms["RI"] == forms["I"][::-1]
        assert forms["P"][0] == forms["I"][0] == (row[0] + up) % 12
    assert {i for line in matrix(row) for i in line} == set(range(12))
    assert all(matrix(row)[i][i] == row[0] for i in range(12))


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10], "the row repeats pitch class 10; each of 0 to 11 may come once"),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "does not hold each pitch class from 0 to 11 once"),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12], "does not hold each pitch class from 0 to 11 once"),
    ],
)
def test_what_is_no_row_is_refused_in_one_line(row, line):
    for refuse in (read_row, matrix, compose_rows):
        with pytest.raises(UsageError, match=line) as told:
            refuse(row)
        assert "\n" not in str(told.value)


def test_the_piece_plays_the_forms_one_after_another():
    notes = compose_rows(ROWS["schoenberg_op25"], [("RI", 6), ("P", 0)])
    played = [note.pitch % 12 for note in notes]
    assert played == row_form(ROWS["schoenberg_op25"], "RI", 6) + ROWS["schoenberg_op25"]
    with pytest.raises(UsageError, match="form 'X' is unknown; choose one of P, I, R, RI"):
        row_form(ROWS["thesis"], "X")
