"""Which notes are judged: every instrument in its turn, and what is asked for is what real notes are."""

from collections import Counter

import numpy as np
import pytest
from helpers import noise_notes

from nsynthlib import NSynth
from nsynthlib.data import pack, write_notes
from nsynthlib.errors import UsageError
from nsynthlib.evaluation.keys import keyboards, other_instruments
from nsynthlib.evaluation.selection import (
    condition_pairs,
    crescendos,
    draw_notes,
    evenly,
    nearest_notes,
    pitch_intervals,
)
from nsynthlib.evaluation.sets import sets_to_judge
from nsynthlib.evaluation.targets import Targets, instruments_of

RNG = np.random.default_rng


@pytest.fixture(scope="module")
def uneven(tmp_path_factory):
    """Two organs of 30 and 3 keys, a flute of 12 and a reed of 1."""
    folder = tmp_path_factory.mktemp("uneven") / "notes"
    sizes = {"organ_acoustic_001": 30, "organ_acoustic_002": 3, "flute_acoustic_003": 12, "reed_acoustic_004": 1}
    write_notes(folder, (note for name, keys in sizes.items() for note in noise_notes([name], range(40, 40 + keys))))
    return NSynth(folder)


def test_keys_take_turns():
    keys = ["a"] * 90 + ["b"] * 9 + ["c"]
    order = evenly(keys, RNG(0))
    assert sorted(order) == list(range(100))
    assert {keys[i] for i in order[:3]} == {"a", "b", "c"}
    assert Counter(keys[i] for i in order[:19]) == {"a": 9, "b": 9, "c": 1}
    assert {keys[evenly(keys, RNG(seed))[0]] for seed in range(20)} == {"a", "b", "c"}


def test_instruments_give_as_many_notes_as_each_other(uneven):
    """By name the first ten would all be of the flute."""
    drawn = draw_notes(uneven, 10, RNG(0))
    assert Counter(note.instrument for note in drawn) == {
        "organ_acoustic_001": 3,
        "organ_acoustic_002": 3,
        "flute_acoustic_003": 3,
        "reed_acoustic_004": 1,
    }
    assert [note.name for note in drawn] == sorted(note.name for note in drawn)
    assert len({note.pitch for note in drawn if note.instrument == "organ_acoustic_001"} - {40, 41, 42}) > 1
    assert [note.name for note in draw_notes(uneven, 99, RNG(0))] == [note.name for note in uneven]
    assert draw_notes(uneven, 10, RNG(0)) == draw_notes(list(uneven), 10, RNG(0)) != draw_notes(uneven, 10, RNG(1))


def test_instruments_are_told_apart(uneven, tmp_path):
    names = [note.instrument for note in uneven]
    for notes in (uneven, list(uneven), NSynth(pack(uneven, tmp_path / "set.safetensors"))):
        of = instruments_of(notes)
        assert len(set(zip(of.tolist(), names, strict=True))) == len(set(names)) == len(set(of.tolist()))


def test_notes_are_asked_for_alike(pocket_notes):
    notes = list(pocket_notes)
    chosen, left = condition_pairs(notes, 10, RNG(0))
    assert len(chosen) <= 20
    assert sorted(n.name for n in chosen + left) == [n.name for n in sorted(notes, key=lambda n: n.name)]
    assert len({n.family for n in chosen}) >= 9  # each family in its turn
    twice = notes + notes
    chosen, _ = condition_pairs(twice, 5, RNG(0))
    assert len(chosen) == 10
    assert len(set(Targets.of(chosen).groups())) == 5
    near = nearest_notes(notes, Targets.of(chosen), 1, RNG(0))
    assert set(Targets.of(near).groups()) == set(Targets.of(chosen).groups())
    for soft, middle, loud in crescendos(notes, 5, RNG(0)):
        assert (soft.velocity, middle.velocity, loud.velocity) == (25, 75, 127)
        assert soft.pitch == middle.pitch == loud.pitch
    assert crescendos(notes, 5, RNG(0))  # the pocket set holds a piano's middle C at five velocities
    for source, target in pitch_intervals(notes, 20, RNG(0)):
        assert source.instrument == target.instrument
        assert 1 <= abs(source.pitch - target.pitch) <= 12


def test_keyboards_are_spread_over_an_instruments_range(uneven):
    found = keyboards(uneven, 10, RNG(0))
    assert {keys[0].instrument for keys in found} == {"organ_acoustic_001", "flute_acoustic_003"}
    organ = next(keys for keys in found if keys[0].family == "organ")
    pitches = [note.pitch for note in organ]
    assert pitches == sorted(pitches)
    assert (pitches[0], pitches[-1], len(pitches)) == (40, 69, 7)
    assert np.ptp(np.diff(pitches)) <= 1
    assert len(keyboards(uneven, 1, RNG(0))) == 1
    others = other_instruments(organ[:3], uneven)
    assert len({note.instrument for note in others} | {"organ_acoustic_001"}) == 4
    assert others[0].pitch == 40


def test_sets_are_named_after_their_folders(uneven, tmp_path):
    write_notes(tmp_path / "recordings" / "test", noise_notes(["reed_acoustic_001"], [60]))
    for split in ("train", "valid", "test"):
        write_notes(tmp_path / "soundfont" / split, noise_notes([f"organ_acoustic_{len(split)}00"], [60, 62]))
    soundfont, recordings = tmp_path / "soundfont", tmp_path / "recordings"
    sets = sets_to_judge([soundfont, recordings, uneven.folder], real=uneven.folder)
    assert {name: len(notes) for name, notes in sets.items()} == {
        "unseen_pitches": 1,
        "valid": 2,
        "test": 2,
        "recordings": 1,
        "notes": 46,
        "nsynth": 46,
    }
    assert list(sets_to_judge([soundfont / "train", recordings / "test"], all_notes=True)) == [
        "soundfont_train",
        "recordings_test",
    ]
    with pytest.raises(UsageError, match="two sets are called 'notes'"):
        sets_to_judge([soundfont, uneven.folder, uneven.folder])
