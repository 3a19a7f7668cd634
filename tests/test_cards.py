"""The data card, the model card and the page on citing say what their files say."""

import json
import re
from collections import Counter

import pytest
import yaml
from citation import apa, bibtex
from count_notes import count
from helpers import ROOT
from pybtex.database import parse_string

from nsynthlib.data import pocket
from nsynthlib.models import PRETRAINED

CARDS = [ROOT / "book" / f"{name}.md" for name in ("data_card", "model_card")]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
# What a number in prose may be: a name, or the format that all notes have.
NAMED = r"DX7|TimGM6mb|R3|16 kHz|8 kHz|A = 440 Hz|MP3|GPL-[23]|within 50 cents|95 %|near 1"


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.stem)
def test_a_card_has_no_number_that_no_file_holds(card):
    text = re.sub(r"(?s)^---.*?\n---|```.*?```|`[^`]*`", "", card.read_text(encoding="utf-8"))
    assert re.findall(r".*\d.*", re.sub(NAMED, "", text)) == []


def test_notes_are_counted():
    found, notes = count(pocket()), pocket()
    assert {family: about["notes"] for family, about in found.items()} == Counter(note.family for note in notes)
    assert sum(about["instruments"] for about in found.values()) == len({note.instrument for note in notes})
    for field in ("velocities", "sources"):
        assert all(sum(about[field].values()) == about["notes"] for about in found.values())
    assert min(about["lowest"] for about in found.values()) == min(note.pitch for note in notes)


def test_the_notes_counted_are_those_that_were_learned_from():
    counted = json.loads((ROOT / "tools" / "notes.json").read_text(encoding="utf-8"))
    told = json.loads((PRETRAINED / "cvae" / "training.json").read_text(encoding="utf-8"))["data"]
    for part, name in (("train", "train"), ("valid", "validation")):
        notes = sum(family["notes"] for parts in counted.values() for family in parts[part].values())
        assert notes == pytest.approx(told[name], rel=0.005)  # one program was left out afterwards


def test_the_citation_file_has_what_its_format_asks_for():
    # The fields that the Citation File Format 1.2.0 requires, and its types of works.
    assert CITATION.keys() >= {"cff-version", "message", "title", "authors"}
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["type"] in ("software", "dataset")
    assert all("name" in author or "family-names" in author for author in CITATION["authors"])
    for reference in CITATION["references"]:
        assert reference.keys() >= {"type", "title", "authors"}


@pytest.mark.parametrize("address", [None, "https://ada.github.io/notes/"])
def test_the_entry_is_read_by_a_program_for_bibliographies(address):
    (entry,) = parse_string(bibtex(CITATION, address), "bibtex").entries.values()
    assert str(entry.persons["author"][0]).strip("{}") == CITATION["authors"][0]["name"]
    assert entry.fields["title"].strip("{}") == CITATION["title"]
    assert entry.fields["year"] == str(CITATION["date-released"].year)
    assert entry.fields.get("url") == address


def test_people_are_cited_by_their_names():
    people = {**CITATION, "authors": [{"given-names": "Ada", "family-names": "Lovelace"}, {"name": "The Band"}]}
    (entry,) = parse_string(bibtex(people), "bibtex").entries.values()
    assert [str(person) for person in entry.persons["author"]] == ["Lovelace, Ada", "{The Band}"]
    assert apa(people, "https://x.org").startswith("Lovelace, A., & The Band. (20")
    assert apa(people, "https://x.org").endswith(f"(Version {CITATION['version']}) [Computer software]. https://x.org")
