"""Tables of results: nothing is lost, nothing is rounded the wrong way, and a screen reader can follow."""

import re
from xml.etree import ElementTree

import pytest

from nsynthlib.evaluation.tables import MEASURES, table

ROW = {"value": 0.984, "n": 100, "interval": [0.951, 1.0]}
ROWS = {
    "real": {"rmse_db": {"value": 0.0, "n": 100, "interval": [0.0, 0.0]}, "in_tune": {**ROW, "n": 61}},
    "copy_synthesis": {"rmse_db": {"value": 1.26, "n": 100, "interval": [1.1, 1.44]}, "in_tune": ROW},
    "model": {"rmse_db": {"value": 4.25, "n": 100, "interval": [4.0, 4.5]}},
}


def test_values_intervals_and_numbers_of_notes_are_told():
    made = table(ROWS, ["rmse_db", "in_tune"], "Copies", "row")
    assert made.caption == "Copies (95 % intervals in brackets; n = 100)"
    assert made.head == ("row", "RMSE (dB)", "in tune (%)")
    assert made.body == (
        ("real notes", "0.0", "98 [95, 100], n = 61"),
        ("copy-synthesis", "1.3 [1.1, 1.4]", "98 [95, 100]"),
        ("model", "4.2 [4.0, 4.5]", "–"),
    )


def test_its_text_is_what_a_notebook_compares():
    assert repr(table({"model": ROWS["model"]}, caption="C")).splitlines() == [
        "C (95 % intervals in brackets; n = 100)",
        "       RMSE (dB)",
        "model  4.2 [4.0, 4.5]",
    ]


def test_without_a_choice_all_measures_come_in_their_order_and_unknown_ones_last():
    row = {"new_thing": 0.125, "kl_nats": {"value": 27.96, "n": 5, "interval": [27, 29]}, "active_dimensions": 48}
    made = table({"test": row})
    assert made.head == ("", "KL (nats)", "active dimensions", "new thing")
    assert made.body == (("test", "28.0 [27.0, 29.0]", "48", "0.12"),)


def test_plain_numbers_need_no_notes():
    made = table({"theirs": {"pitch_accuracy": 0.979, "frechet_distance": 167}}, caption="Published")
    assert made.caption == "Published"
    assert made.body == (("theirs", "98", "167.0"),)


def test_every_measure_is_written_with_its_unit():
    for key, measure in MEASURES.items():
        assert (measure.unit == "dB") == key.endswith("_db")
        assert (measure.unit == "%") == bool(re.search("accuracy|in_tune|velocity", key)), key


def test_a_page_gets_headings_for_rows_and_columns():
    root = ElementTree.fromstring(table(ROWS, caption="a < b")._repr_html_())
    assert root.attrib["tabindex"] == "0"  # it may scroll sideways
    assert root.find(".//caption").text == root.attrib["aria-label"] == "a < b (95 % intervals in brackets; n = 100)"
    assert [cell.attrib["scope"] for cell in root.findall("./table/thead/tr/th")] == ["col"] * 2
    assert root.find("./table/thead/tr/td").text is None  # the corner heads nothing: an empty heading would be read out
    rows = root.findall("./table/tbody/tr/th[@scope='row']")
    assert [cell.text for cell in rows] == ["real notes", "copy-synthesis", "model"]


def test_a_difference_is_told_with_its_sign():
    row = {"value": -0.04, "n": 100, "interval": [-1.26, 0.5]}
    made = table({"model - copy_synthesis": {"rmse_db": row}, "CVAE - AE": {"rmse_db": -2.0}})
    assert made.body == (("model − copy-synthesis", "0.0 [−1.3, 0.5]"), ("CVAE − AE", "−2.0"))


def test_how_many_instruments_stand_behind_is_told_where_it_is_the_same_for_all():
    row = {**ROW, "instruments": 14}
    assert table({"real": {"in_tune": row}}, caption="C").caption.endswith("n = 100, of 14 instruments)")
    other = {"in_tune": {**row, "instruments": 50}}
    assert table({"real": {"in_tune": row}, "model": other}, caption="C").caption.endswith("n = 100)")
    assert table({"model": {"in_tune": {**row, "instruments": 100}}}, caption="C").caption.endswith("n = 100)")


def test_a_row_that_has_none_of_the_measures_is_left_out():
    rows = {"real": {"in_tune": ROW}, "memorisation": {"nearest_ratio": ROW}}
    assert [row[0] for row in table(rows, ["in_tune"]).body] == ["real notes"]
    assert [row[0] for row in table(rows).body] == ["real notes", "memorisation"]


@pytest.mark.parametrize("rows", [{}, {"model": {}}])
def test_nothing_makes_an_empty_table(rows):
    assert table(rows, caption="None").caption == "None"
