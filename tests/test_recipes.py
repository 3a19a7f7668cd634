"""The chapters' training runs: small by default, the shipped run's own settings when it is to be real."""

import json
import shutil

import pytest

from nsynthlib.data import pocket
from nsynthlib.errors import DataError
from nsynthlib.models import PRETRAINED
from nsynthlib.training import recipe


def test_a_short_recipe_holds_out_instruments_of_the_pocket_notes():
    notes, settings = recipe("vae", "thesis", real=False, epochs=3)
    learn, check = notes
    assert {n.name for n in learn} | {n.name for n in check} == {n.name for n in pocket()}
    assert {n.instrument for n in learn}.isdisjoint(n.instrument for n in check)
    assert (settings.kind, settings.preset, settings.epochs) == ("vae", "thesis", 3)
    assert len(learn) // settings.batch_size * settings.epochs < 200  # under a minute


def test_a_real_recipe_repeats_the_shipped_run_on_the_notes_at_hand(tmp_path, monkeypatch):
    stored = json.loads((PRETRAINED / "cvae" / "training.json").read_text())["settings"]
    folder = tmp_path / "data" / "soundfont"
    for split in ("train", "valid"):
        (folder / split).mkdir(parents=True)
        shutil.copy(pocket().folder / "examples.json", folder / split)  # opening a set reads labels only
    (tmp_path / "chapters").mkdir()
    monkeypatch.chdir(tmp_path / "chapters")  # where a chapter runs
    made = recipe("cvae", real=True)
    assert made.settings.epochs == stored["epochs"]
    assert made.notes[0].folder.resolve() == (folder / "train").resolve()


def test_a_real_recipe_without_notes_says_how_to_make_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="nsynthlib data soundfont nowhere"):
        recipe("cvae", real=True, source="nowhere")


def test_a_recipe_tells_what_it_is():
    assert repr(recipe("ae", real=False)) == (
        "44 notes to learn from, 18 of other instruments to check by;\nae, preset residual: 6 epochs in batches of 4"
    )
