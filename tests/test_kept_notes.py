"""The notes behind a number are kept beside the weights: the right ones, to the sample, with their licence."""

import json

import numpy as np
import pytest
from kept_notes import keep_notes

from nsynthlib import NSynth
from nsynthlib.data import check, write_notes
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
