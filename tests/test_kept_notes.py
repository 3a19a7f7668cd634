"""The notes behind a number are kept beside the weights: the right ones, to the sample, with their licence."""

import json

import numpy as np
import pytest
from keep_nearest import nearest
from kept_notes import keep_notes, write_kept

from nsynthlib import NSynth
from nsynthlib.data import check, write_notes
from nsynthlib.evaluation.record import weights_sha256
from nsynthlib.generation import generate
from nsynthlib.models import CVAE, PRETRAINED
from nsynthlib.synthesis import synthetic_notes

LICENCE = "MIT, copyright of somebody"


@pytest.fixture
def notes(tmp_path):
    write_notes(tmp_path / "set" / "test", synthetic_notes(22))
    made = NSynth(tmp_path / "set" / "test")
    about = {
        "fonts": [{"name": "Some", "licence": LICENCE}],
        "instruments": {note.instrument: {"font": "Some", "instrument": 7} for note in made},
    }
    (tmp_path / "set" / "soundfont.json").write_text(json.dumps(about))
    return made


def test_the_median_and_the_worst_note_are_kept(notes, tmp_path):
    names = [note.name for note in notes][:5]
    errors = [3.0, 9.0, 1.0, 4.0, 2.0]
    judged = {"notes": {"test": {"names": names, "model": {"rmse_db": errors}}}, "sets": {"test": {"sha256": ""}}}
    for _ in range(2):  # a second time in place of the first
        assert keep_notes(tmp_path / "kept", judged, notes) == [names[0], names[1]]
    kept = NSynth(tmp_path / "kept")
    assert sorted(note.name for note in kept) == sorted(names[:2])
    for note in kept:
        (original,) = notes.filter(name=note.name)
        np.testing.assert_array_equal(note.samples, original.samples)
    assert not list(check(tmp_path / "kept"))
    entries = json.loads((tmp_path / "kept" / "examples.json").read_text())
    assert {entry["licence"] for entry in entries.values()} == {LICENCE}


def test_what_else_is_told_of_a_kept_note(notes, tmp_path):
    about = json.loads((tmp_path / "set" / "soundfont.json").read_text())
    write_kept(tmp_path / "kept", list(notes)[:2], about, [{"apart_db": 1.5}, {"apart_db": 2.5}])
    entries = json.loads((tmp_path / "kept" / "examples.json").read_text())
    assert [entries[note.name]["apart_db"] for note in list(notes)[:2]] == [1.5, 2.5]


def test_the_nearest_note_of_the_same_pitch_is_found(notes):
    """A note that is played back softer lies nearest to itself; notes of another pitch are not looked at."""
    for note in list(notes)[:3]:
        found, apart = nearest(0.5 * note.audio, note.pitch, list(notes))
        assert found == note
        assert apart < 0.5
        others = [other for other in notes if other != note and other.pitch == note.pitch]
        assert nearest(note.audio, note.pitch, others)[0] in [*others, None]
    assert nearest(note.audio, 127, list(notes))[0] is None


def test_the_shipped_neighbours_are_those_of_the_shipped_model():
    """A new note of the weights that are shipped lies from its kept neighbour as far as the file says."""
    model, folder = CVAE.from_pretrained(), PRETRAINED / "cvae" / "nearest"
    told = json.loads((folder / "examples.json").read_text())
    kept = list(NSynth(folder))
    assert len(kept) == len(told) == 3
    for note in kept:
        one = told[note.name]
        audio = generate(model, pitch=note.pitch, **one["asked"])
        assert nearest(audio, note.pitch, [note])[1] == pytest.approx(one["apart_db"], abs=0.1)
        assert one["nearest_of_all_db"] <= one["apart_db"]
        assert not one["licence"].startswith("GPL")


def test_probes_are_those_of_the_shipped_models():
    found = json.loads((PRETRAINED / "experiments" / "probes.json").read_text())
    assert found["models"].keys() == {"ae", "vae", "cvae", "cvae_thesis"}
    for name, one in found["models"].items():
        assert one["weights"] == weights_sha256(name)
        assert {row["n"] for row in one["probe"].values()} == {found["judged"]["drawn"]}
