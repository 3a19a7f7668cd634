"""Composers with many rules: what counterpoint forbids, what a grammar can yield, what recombination may join."""

import re
from itertools import pairwise

import pytest

from nsynthlib.errors import UsageError
from nsynthlib.playing.composers import SCORES, compose_counterpoint, compose_grammar, compose_recombination
from nsynthlib.playing.composers.counterpoint import CANTUS, RULES, Break, broken_rules, select_line
from nsynthlib.playing.composers.grammar import GRAMMAR, derive, read_degrees
from nsynthlib.playing.composers.recombination import BARS, HARMONY, cut, reassemble, signatures
from nsynthlib.playing.composers.scores import read_score

# Fux's own line over his cantus, Gradus ad Parnassum, figure 5 of the first species: it keeps what is asked here.
FUX = [57, 57, 55, 57, 59, 60, 60, 59, 62, 61, 62]


def broken(line, cantus=CANTUS):
    return {(one.rule, one.place) for one in broken_rules(cantus, line)}


def test_fuxs_own_solution_breaks_no_rule_but_repeats_a_note():
    """He repeats notes, and one of them, where the rule here is stricter than he is."""
    assert {rule for rule, _ in broken(FUX)} <= {"no repetition"}


# One fault each, in a line that is otherwise like Fux's.
FAULTS = [
    ("parallel fifths", [50, 52], [57, 59], 1),
    ("parallel fifths", [50, 52, 53], [57, 60, 60], None),
    ("parallel octaves", [50, 52], [62, 64], 1),
    ("parallel octaves", [50, 50], [62, 62], None),
    ("direct motion", [50, 53], [59, 60], 1),
    ("direct motion", [53, 50], [56, 57], None),
    ("direct motion", [50, 50], [59, 57], None),
    ("direct motion", [53, 50], [62, 62], None),
    ("consonance", [50, 50, 50], [57, 55, 62], 1),
    ("above", [50, 53, 50], [57, 52, 62], 1),
    ("ends", [50, 52], [53, 64], 0),
    ("ends", [50, 52], [57, 59], 1),
    ("singable", [50, 50], [59, 65], 1),
    ("singable", [50, 50], [59, 64], None),
    ("recovered leap", [50, 50, 50], [57, 65, 67], 2),
    ("recovered leap", [50, 50, 50], [57, 65, 64], None),
    ("no repetition", [50, 52], [57, 57], 1),
    ("cadence", [50, 52, 50], [57, 60, 62], 1),
    ("cadence", [50, 52, 50], [57, 61, 62], None),
    ("cadence", [50, 52, 50], [61, 61, 62], 0),
]


@pytest.mark.parametrize(("rule", "cantus", "line", "place"), FAULTS)
def test_a_forbidden_step_is_named_with_its_place_and_an_allowed_one_is_not(rule, cantus, line, place):
    assert broken_rules(cantus, line, [rule]) == ([] if place is None else [Break(rule, place)])


def test_a_line_that_is_selected_breaks_none_of_its_rules():
    for seed in range(15):
        line = select_line(CANTUS, seed=seed)
        assert broken_rules(CANTUS, line.pitches) == []
        assert len(line.pitches) == len(CANTUS)
        assert line.generated >= len(CANTUS)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_that_is_switched_off_is_broken_sooner_or_later(rule):
    """So each rule forbids something that random notes do, and none follows from the others."""
    others = [name for name in RULES if name != rule]
    found = {one.rule for seed in range(60) for one in broken_rules(CANTUS, select_line(CANTUS, others, seed).pitches)}
    assert found == {rule}


def test_without_rules_the_first_notes_drawn_are_kept():
    line = select_line(CANTUS, [], seed=3)
    assert (line.generated, line.beginnings) == (len(CANTUS), 1)
    assert len({one.rule for one in broken_rules(CANTUS, line.pitches)}) > 3


def test_the_piece_is_the_cantus_under_its_line():
    notes = compose_counterpoint(seed=4)
    assert [n.pitch for n in notes if n.family == "organ"] == CANTUS
    assert [n.pitch for n in notes if n.family == "flute"] == select_line(CANTUS, seed=4).pitches


def test_what_cannot_be_asked_is_refused_in_one_line():
    with pytest.raises(UsageError, match="rule 'beauty' is unknown; choose one of consonance, above"):
        select_line(CANTUS, ["beauty"])
    with pytest.raises(UsageError, match="the line has 1 notes and the cantus 11"):
        broken_rules(CANTUS, [60])
    with pytest.raises(UsageError, match="no line passes the rules ends, cadence over this cantus"):
        select_line([50, 51], ["ends", "cadence"])  # the leading note would be a minor seventh... no fifth or octave


# grammar


def language(symbol: str) -> str:
    """A regular expression for all that a symbol of a grammar without recursion yields: an outside reading of it."""
    if symbol not in GRAMMAR:
        return re.escape(symbol) + " "
    return "(?:" + "|".join("".join(map(language, words)) for words in GRAMMAR[symbol]) + ")"


def test_what_is_derived_belongs_to_the_language_and_what_is_changed_does_not():
    whole = re.compile(language("melody"))
    for seed in range(100):
        words = derive(GRAMMAR, seed=seed).words
        text = "".join(word + " " for word in words)
        assert whole.fullmatch(text)
        assert not whole.fullmatch("9:1 " + text)
        assert not whole.fullmatch(text.removesuffix(words[-1] + " "))


def test_the_rewritings_lead_to_the_words():
    """Replayed leftmost first, with nothing but the numbers of the alternatives."""
    found = derive(GRAMMAR, seed=8)
    text, steps = ["melody"], iter(found.rewritings)
    while any(word in GRAMMAR for word in text):
        place = next(i for i, word in enumerate(text) if word in GRAMMAR)
        step = next(steps)
        assert step.symbol == text[place]
        text[place : place + 1] = GRAMMAR[text[place]][step.alternative]
    assert text == found.words
    assert next(steps, None) is None


def test_every_melody_of_the_grammar_has_whole_bars_and_ends_on_the_tonic():
    for seed in range(100):
        chords = read_degrees(derive(GRAMMAR, seed=seed).words)
        assert sum(chord.beats for chord in chords) % 4 == 0
        assert chords[-1].pitches == (60,)


def test_every_alternative_is_used_and_a_grammar_without_end_is_refused():
    used = {(r.symbol, r.alternative) for seed in range(60) for r in derive(GRAMMAR, seed=seed).rewritings}
    assert used == {(symbol, i) for symbol in GRAMMAR for i in range(len(GRAMMAR[symbol]))}
    with pytest.raises(UsageError, match="still rewrites after 500 rewritings"):
        derive({"melody": [["1:1", "melody"]]})
    with pytest.raises(UsageError, match="the grammar has no symbol 'tune'; choose one of melody"):
        compose_grammar(start="tune")


# recombination


def test_every_seam_agrees_in_pitch_and_harmony_with_what_followed_in_the_source():
    for seed in range(50):
        made = reassemble(cut(), 8, seed)
        assert len(made) == 8
        for before, after in pairwise(made):
            bars, harmony = BARS[before.tune], HARMONY[before.tune]
            followed = read_score(bars[before.bar + 1])[0].pitches[0], harmony[before.bar + 1]
            begins = read_score(BARS[after.tune][after.bar])[0].pitches[0], HARMONY[after.tune][after.bar]
            assert begins == followed
        assert made[0].bar == 0
        assert made[-1].bar == len(BARS[made[-1].tune]) - 1


def test_every_bar_of_the_new_tune_is_found_in_its_source():
    for seed in range(20):
        notes = compose_recombination(seed=seed, tempo=240)
        fragments = reassemble(cut(), 8, seed)
        bars = [[n.pitch for n in notes if i <= n.start < i + 1] for i in range(8)]
        for bar, fragment in zip(bars, fragments, strict=True):
            assert bar == [chord.pitches[0] for chord in read_score(BARS[fragment.tune][fragment.bar])]


def test_it_joins_different_tunes_and_seldom_gives_one_back():
    made = [reassemble(cut(), 8, seed) for seed in range(50)]
    assert all(len({one.tune for one in fragments}) >= 2 for fragments in made)
    assert sum(len({one.tune for one in fragments}) >= 3 for fragments in made) > 35


def test_bars_of_every_tune_are_whole_and_have_a_harmony():
    for name, tune in SCORES["tunes"].items():
        assert len(tune["bars"]) == len(tune["harmony"])
        assert {sum(chord.beats for chord in read_score(bar)) for bar in tune["bars"]} == {4}, name


def test_a_signature_is_found_in_as_many_tunes_as_it_says():
    for steps, count in signatures(notes=5).items():
        found = 0
        for bars in BARS.values():
            pitches = [chord.pitches[0] for chord in read_score(" ".join(bars))]
            moves = [b - a for a, b in pairwise(pitches)]
            found += any(tuple(moves[i : i + 4]) == steps for i in range(len(moves)))
        assert found == count >= 2


def test_tunes_that_cannot_be_joined_are_refused():
    with pytest.raises(UsageError, match="no 2 bars of these tunes agree at their seams"):
        reassemble(cut(["ode_to_joy"]), 2)
    with pytest.raises(UsageError, match="tune 'x' is unknown"):
        cut(["x"])
