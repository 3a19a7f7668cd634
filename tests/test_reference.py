"""The reference in the built book: everything public is told, once; every command with all that it takes."""

import re
from html import unescape

import pytest
import reference
import typer
from helpers import ROOT
from sphinx.util.inventory import InventoryFile
from test_examples import public

from nsynthlib.cli import app

SITE = ROOT / "_build" / "html"


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """The page of every Python object that the book tells of, by its name."""
    with (SITE / "objects.inv").open("rb") as file:
        kinds = InventoryFile.load(file, "", lambda base, path: path)
    return {n: one[2] for kind, names in kinds.items() if kind.startswith("py:") for n, one in names.items()}


def test_everything_public_is_told_by_the_package_it_lives_in(told):
    pages = {}
    for thing in public().values():
        package = reference.home(thing, thing.__name__)
        pages[f"{package}.{thing.__name__}"] = f"book/reference/{package.split('.')[1]}.html"
    assert len(pages) > 240
    assert {name: told.get(name, "").partition("#")[0] for name in pages} == pages


def test_what_two_packages_export_is_told_once(told):
    assert "nsynthlib.models.condition_of" in told
    assert "nsynthlib.generation.condition_of" not in told
    text = (SITE / "book" / "reference" / "generation.html").read_text(encoding="utf-8")
    assert re.search(r"Told elsewhere: .*condition_of.*nsynthlib.models", text)


def test_an_example_stands_with_its_results():
    text = (SITE / "book" / "reference" / "audio.html").read_text(encoding="utf-8")
    plain = unescape(re.sub(r"<[^>]+>", "", text))
    assert '>>> note_to_midi("C4"), note_to_midi("Bb2")\n(60, 46)' in plain


def test_constants_are_told_with_their_values():
    text = unescape(re.sub(r"<[^>]+>", "", (SITE / "book" / "reference" / "audio.html").read_text(encoding="utf-8")))
    assert "SAMPLE_RATE = 16000: hertz" in text


def test_every_command_is_told_with_its_options():
    page = unescape(re.sub(r"<[^>]+>", "", (SITE / "book" / "reference" / "command_line.html").read_text("utf-8")))
    group = typer.main.get_command(app)
    words = [name for name in group.commands if name != "data"]
    words += [f"data {name}" for name in group.commands["data"].commands]
    assert len(words) >= 15
    assert [name for name in words if f"nsynthlib {name}" not in page] == []
    options = {o for command in group.commands["train"].params for o in command.opts if o.startswith("--")}
    assert len(options) > 10
    assert [option for option in options if option not in page] == []


@pytest.mark.parametrize(
    ("name", "package", "there"),
    [
        ("band_edges", "nsynthlib.synthesis", True),
        ("Classifier.from_pretrained", "nsynthlib.training", True),
        ("nsynthlib.training.augmentation", None, True),
        ("ValueError", "nsynthlib.audio", True),
        ("band_edge", "nsynthlib.synthesis", False),
        ("Classifier.from_trained", "nsynthlib.training", False),
        ("nsynthlib.training.augmentations", None, False),
    ],
)
def test_a_name_in_a_docstring_must_be_somewhere(name, package, there):
    assert reference.exists(name, package) is there
