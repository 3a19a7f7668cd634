"""The chapters' training runs: seconds by default, the shipped run's own settings when it is to be real."""

import json
import shutil

import pytest

from nsynthlib.data import pocket
from nsynthlib.errors import UsageError
from nsynthlib.models import PRETRAINED
from nsynthlib.training import recipe, recipes


def fake_set(folder) -> None:
    """A train and a valid set below ``folder``; opening them reads labels only."""
    for split in ("train", "valid"):
        (folder / split).mkdir(parents=True)
        shutil.copy(pocket().folder / "examples.json", folder / split)


@pytest.fixture
def chapters(tmp_path, monkeypatch):
    """The folder where a chapter runs."""
    (tmp_path / "chapters").mkdir()
    monkeypatch.chdir(tmp_path / "chapters")
    return tmp_path / "chapters"


def test_a_short_recipe_holds_out_instruments_of_the_pocket_notes():
    notes, settings = recipe("vae", "thesis", epochs=3)
    train, valid = notes
    assert {n.name for n in train} | {n.name for n in valid} == {n.name for n in pocket()}
    assert {n.instrument for n in train}.isdisjoint(n.instrument for n in valid)
    assert (settings.kind, settings.preset, settings.epochs) == ("vae", "thesis", 3)
    assert len(train) // settings.batch_size * settings.epochs < 200  # seconds


def test_a_real_recipe_repeats_the_shipped_run_on_the_notes_at_hand(chapters):
    record = json.loads((PRETRAINED / "cvae" / "training.json").read_text())["settings"]
    folder = chapters.parent / "data" / "soundfont"
    fake_set(folder)
    made = recipe("cvae", real=True)
    assert made.settings.epochs == record["epochs"]
    assert made.settings.preset == record["preset"]
    assert made.notes[0].folder.resolve() == (folder / "train").resolve()


def test_sets_beside_the_first_are_learned_from_as_well(chapters):
    for name in ("soundfont", "recordings"):
        fake_set(chapters.parent / "data" / name)
    train, _ = recipe("cvae", real=True).notes
    assert {note.path.parts[-4] for note in train} == {"soundfont", "recordings"}


def test_a_real_recipe_renders_notes_that_are_not_there_and_says_how_long(chapters, monkeypatch, capsys):
    asked = {}

    def render(out, **options):
        asked.update(options)
        fake_set(out)

    monkeypatch.setattr(recipes, "render", render)
    made = recipe("vae", real=True)
    assert made.notes[0].folder.resolve() == (chapters / "data" / "soundfont" / "train").resolve()
    assert asked["notes"] == 36_000
    told = capsys.readouterr().err
    assert "minutes of training" in told
    assert "36,000 are rendered now" in told


def test_a_real_recipe_downloads_nsynths_validation_set_where_nothing_can_be_rendered(chapters, monkeypatch, capsys):
    def render(out, **options):
        raise UsageError("FluidSynth is not installed. Debian: sudo apt-get install fluidsynth")

    def download(split, folder, progress):
        assert (split, progress) == ("valid", True)
        shutil.copytree(pocket().folder, folder / "nsynth-valid")
        from nsynthlib.data import NSynth

        return NSynth(folder / "nsynth-valid")

    monkeypatch.setattr(recipes, "render", render)
    monkeypatch.setattr(recipes, "download", download)
    train, valid = recipe("cvae", real=True).notes
    assert len(train) + len(valid) == len(pocket())
    assert "sudo apt-get install fluidsynth" in capsys.readouterr().err
    monkeypatch.setattr(recipes, "download", None)  # the second time they are there
    assert recipe("cvae", real=True).notes == (train, valid)


def test_an_unknown_kind_is_told_before_notes_are_made(chapters):
    with pytest.raises(UsageError, match="model 'gan' is unknown"):
        recipe("gan", real=True)


def test_a_recipe_tells_what_it_is():
    assert repr(recipe("ae")) == (
        "44 notes to learn from, 18 of other instruments to check by;\nae, preset small: 6 epochs in batches of 4"
    )
