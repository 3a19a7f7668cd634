"""Published numbers of others: each row is whole, and says where its numbers stand."""

import json
import re

import pytest
from helpers import ROOT

from nsynthlib.evaluation.published import FILE, KINDS, Published, published

NUMBERS = ("parameters", "audio_hours", "device_days", "times_real_time", "latency_ms", "kbps")
ROWS = [pytest.param(row, id=row.system) for row in published()]


def keys() -> set[str]:
    return set(
        re.findall(r"^@\w+\{(\w+),", (ROOT / "book" / "references.bib").read_text(encoding="utf-8"), re.MULTILINE)
    )


def with_a_lack(row: Published, known: set[str]) -> list[str]:
    """What is wrong with a row, in words."""
    lacks = [f"{key} is not in the bibliography" for key in row.sources if key not in known]
    lacks += ["no source"] * (not row.sources)
    lacks += [f"{name} is not above 0" for name in NUMBERS if (value := getattr(row, name)) is not None and value <= 0]
    lacks += ["a speed without its machine"] * ((row.times_real_time is None) != (row.on is None))
    lacks += ["days without a device"] * ((row.device_days is None) != (row.device is None))
    lacks += ["an unknown kind"] * (row.kind not in KINDS)
    lacks += ["no such year"] * (not 2016 <= row.year <= 2026)
    return lacks


@pytest.mark.parametrize("row", ROWS)
def test_a_row_names_its_sources_and_its_machine(row):
    assert with_a_lack(row, keys()) == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"sources": ("nobody1999",)}, "nobody1999 is not in the bibliography"),
        ({"sources": ()}, "no source"),
        ({"parameters": 0.0}, "parameters is not above 0"),
        ({"on": None}, "a speed without its machine"),
        ({"kind": "magic"}, "an unknown kind"),
    ],
)
def test_a_lack_is_noticed(wrong, words):
    assert with_a_lack(published()[0]._replace(**wrong), keys()) == [words]


def test_rows_are_in_order_and_different():
    rows = published()
    assert [row.year for row in rows] == sorted(row.year for row in rows)
    assert len({row.system for row in rows}) == len(rows) == len(json.loads(FILE.read_text(encoding="utf-8")))
    assert {row.kind for row in rows} == set(KINDS)


def test_derived_numbers_follow_from_the_published_ones():
    """WaveNet from its pupil's 20 and 1000 times; Stable Audio's 95 s in 8 s; NSynth's 10 days on 32 devices."""
    rows = {row.system: row for row in published()}
    assert rows["WaveNet"].times_real_time == pytest.approx(20 / 1000)
    assert rows["Stable Audio"].times_real_time == pytest.approx(95 / 8, abs=0.05)
    assert rows["Magenta RealTime"].times_real_time == pytest.approx(2 / 1.25)
    assert rows["NSynth"].device_days == 10 * 32


def test_the_chapter_cites_every_source():
    chapter = json.loads((ROOT / "chapters" / "05b_neural_audio.ipynb").read_text(encoding="utf-8"))
    prose = "".join("".join(cell["source"]) for cell in chapter["cells"] if cell["cell_type"] == "markdown")
    cited = {key for found in re.findall(r"\{cite:p\}`([^`]+)`", prose) for key in found.split(",")}
    assert {key for row in published() for key in row.sources} <= cited
