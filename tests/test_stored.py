"""Evaluations as files: what they say of themselves, models beside each other, and the notes behind a number."""

import copy
import hashlib
import json

import numpy as np
import pytest

from nsynthlib.data import NSynth, load_samples
from nsynthlib.errors import DataError
from nsynthlib.evaluation import compare_models, notes_behind, write_evaluation
from nsynthlib.evaluation.record import KEPT, note_record, set_record, weights_sha256
from nsynthlib.evaluation.tables import MEASURES, table
from nsynthlib.models import PRETRAINED

SHIPPED = sorted(path.parent for path in PRETRAINED.glob("*/evaluation.json"))
NAMES = [f"organ_acoustic_{i // 5:03d}-{40 + i % 5:03d}-100" for i in range(200)]  # 40 instruments
ROW = {"n": 200, "instruments": 40, "interval": [0, 9]}


class Named:
    """A note of which only the name is asked."""

    def __init__(self, name):
        self.name = name


def values(seed, better=0.0):
    """Values of 200 notes, most of them common to all seeds."""
    rng, shared = np.random.default_rng(seed), np.random.default_rng(99).gamma(9, 0.4, 200)
    columns = {measure: shared - better + rng.normal(0, 0.1, 200) for measure in KEPT if MEASURES[measure].unit == "dB"}
    return columns | {"in_tune": rng.random(200) < 0.9}


def evaluation(seed, better=0.0, sha256="0" * 64):
    rows = {row: values(seed, better) for row in ("model", "refined")}
    shown = {row: {m: {"value": float(np.median(v)), **ROW} for m, v in some.items()} for row, some in rows.items()}
    return {
        "model": "VAE",
        "sets": {"test": {"notes": 900, "drawn": 200, "instruments": 40, "sha256": sha256}},
        "reconstruction": {"test": shown},
        "notes": {"test": note_record([Named(name) for name in NAMES], rows)},
    }


def written(tmp_path, result, name="evaluation.json"):
    write_evaluation(tmp_path / name, result, kind="VAE", data="soundfont", judge=None)
    return json.loads((tmp_path / name).read_text())


def test_models_are_compared_note_by_note(tmp_path):
    """The intervals of both overlap widely, and that of the difference lies clear of zero."""
    stored = {"AE": written(tmp_path, evaluation(0)), "CVAE": written(tmp_path, evaluation(1, better=0.1))}
    rows = compare_models(stored)
    assert list(rows) == ["AE", "CVAE", "CVAE - AE"]
    between = rows["CVAE - AE"]
    assert between["rmse_db"]["value"] == pytest.approx(
        rows["CVAE"]["rmse_db"]["value"] - rows["AE"]["rmse_db"]["value"], abs=2e-3
    )
    assert (between["rmse_db"]["n"], between["rmse_db"]["instruments"]) == (200, 40)
    low, high = between["rmse_db"]["interval"]
    assert -0.3 < low < -0.1 < high < 0
    assert between["in_tune"]["interval"][0] < 0 < between["in_tune"]["interval"][1]
    shown = table(rows, caption="Two models", first="model")
    assert shown.caption == "Two models (95 % intervals in brackets; n = 200, of 40 instruments)"
    assert [row[0] for row in shown.body] == ["AE", "CVAE", "CVAE − AE"]
    three = compare_models({"A": stored["AE"], "B": stored["AE"], "C": stored["CVAE"]}, measures=["rmse_db"])
    assert list(three) == ["A", "B", "C", "C - A", "C - B"]


def test_evaluations_of_other_notes_are_not_compared():
    one, other = evaluation(0), evaluation(1, sha256="1" * 64)
    with pytest.raises(DataError, match="CVAE and AE were judged by other notes of 'test'"):
        compare_models({"AE": one, "CVAE": other})
    renamed = copy.deepcopy(one)
    renamed["notes"]["test"]["names"][0] = "organ_acoustic_000-039-100"
    with pytest.raises(DataError, match="other notes"):
        compare_models({"AE": one, "CVAE": renamed})
    with pytest.raises(DataError, match=r"keeps no notes of 'nsynth'.*judge it again"):
        compare_models({"AE": one, "CVAE": one}, "nsynth")
    del renamed["notes"]
    with pytest.raises(DataError, match="keeps no notes of 'test'"):
        compare_models({"AE": one, "CVAE": renamed})


def test_the_worst_and_the_median_note_have_names(tmp_path):
    result = evaluation(0)
    column = values(0)["rmse_db"]
    column[17] = np.nan
    result["notes"]["test"]["model"]["rmse_db"][17] = None
    found = notes_behind(written(tmp_path, result))["test"]
    assert found["worst"].name == NAMES[int(np.nanargmax(column))]
    assert found["worst"].value == pytest.approx(np.nanmax(column), abs=1e-3)
    assert found["best"].name == NAMES[int(np.nanargmin(column))]
    assert found["median"].value == pytest.approx(np.nanmedian(column), abs=0.02)
    with pytest.raises(DataError, match="'ndb' is not kept for every note"):
        notes_behind(result, "ndb")
    assert notes_behind({}) == {}


def test_a_file_says_what_it_speaks_of(tmp_path):
    stored = written(tmp_path, evaluation(0) | {"seconds": 1234.5678, "judges": {}})
    assert stored["weights"] == weights_sha256("vae")
    assert stored["weights"]["model.safetensors"] == _sha256(PRETRAINED / "vae" / "model.safetensors")
    assert stored["judge_weights"] == weights_sha256(PRETRAINED / "classifier")
    assert (stored["model"], stored["data"], stored["seconds"]) == ("VAE", "soundfont", 1234.6)
    assert set(weights_sha256("cvae")) == {"model.safetensors", "prior.safetensors"}


def test_a_file_stays_small(tmp_path):
    """About 60 kB for what is kept of 900 notes; each list is a line, and each measurement."""
    some = evaluation(0)["notes"]["test"]
    written(tmp_path, {"notes": {f"set{i}": some for i in range(4)} | {"nsynth": some}})
    assert 200 * 5 / 900 * 50_000 < (tmp_path / "evaluation.json").stat().st_size < 200 * 5 / 900 * 65_000
    written(tmp_path, evaluation(0))
    lines = (tmp_path / "evaluation.json").read_text().splitlines()
    assert sum('"value"' in line for line in lines) == 8
    assert all(line.count('"value"') <= 1 for line in lines)
    with pytest.raises(ValueError, match="not JSON compliant"):
        written(tmp_path, {"bad": float("nan")})
    assert [path.name for path in tmp_path.iterdir()] == ["evaluation.json"]


def test_a_set_is_known_by_its_names_and_samples(synthetic_folder):
    notes = list(NSynth(synthetic_folder))[:3]
    samples = load_samples(notes).numpy().tobytes()
    expected = hashlib.sha256("\n".join(note.name for note in notes).encode() + samples).hexdigest()
    assert set_record(notes, 44) == {"notes": 44, "drawn": 3, "instruments": 2, "sha256": expected}
    assert set_record(notes[:2], 44)["sha256"] != expected


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_shipped_results_speak_of_the_weights_beside_them(folder):
    """Whoever changes weights, a prior or the classifier judges again: `python tools/judge_shipped.py`."""
    stored = json.loads((folder / "evaluation.json").read_text())
    assert stored.get("weights") == weights_sha256(folder), "the weights are not those that were judged"
    assert stored.get("judge_weights") == weights_sha256(PRETRAINED / "classifier"), "another classifier judged them"


def _sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
