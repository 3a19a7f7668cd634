"""Principal components as a row beside the models: the right directions, judged by the notes of the models."""

import json

import judge_pca
import numpy as np
import pytest
import torch
from judge_pca import SIZES, Directions, copies, judged_notes

from nsynthlib import AE
from nsynthlib.data import pocket
from nsynthlib.evaluation import compare_models
from nsynthlib.evaluation.record import weights_sha256
from nsynthlib.models import PRETRAINED
from nsynthlib.models.scaling import gate
from nsynthlib.training.batches import draw_evenly


@pytest.fixture(scope="module")
def model():
    return AE("small", latent_dim=4, n_mels=48, n_fft=1024)


@pytest.fixture(scope="module")
def fitted(model):
    return Directions.fit(list(pocket())[:40], model, 6)


def test_directions_are_those_of_a_singular_value_decomposition(model, fitted):
    directions, shares = fitted
    rows = torch.stack([model.log_mel(note.audio).flatten() for note in list(pocket())[:40]]).double()
    _, found, v = torch.linalg.svd(rows - rows.mean(0), full_matrices=False)
    assert torch.allclose(directions.mean.double(), rows.mean(0), atol=1e-3)
    overlap = (directions.components.double() @ v[:6].T).abs()  # a direction may point either way
    assert torch.allclose(overlap.diag(), torch.ones(6, dtype=torch.float64), atol=1e-3)
    assert shares == pytest.approx((found.square() / found.square().sum())[:6].numpy(), rel=1e-3)


def test_a_copy_is_the_nearest_point_along_the_directions(model, fitted):
    """What is left is at right angles to all directions; with more of them less is left."""
    directions, _ = fitted
    db = torch.stack([model.log_mel(note.audio) for note in list(pocket())[40:44]])
    flat = (db.flatten(1) - directions.mean).double()
    errors = []
    for size in (2, 6):
        copy = directions.first(size).copy(db, model.log_mel.floor_db)
        basis = directions.components[:size].double()
        nearest = torch.linalg.lstsq(basis.T, flat.T).solution.T @ basis
        expected = gate((nearest.float() + directions.mean).view_as(db), model.log_mel.floor_db)
        assert torch.allclose(copy, expected, atol=0.01)
        errors.append(float((copy - db).square().mean()))
    assert errors[1] < errors[0]


def test_sounds_are_those_of_the_copies(model, fitted):
    directions, _ = fitted
    note = pocket()[41]
    (sound,) = copies(directions, model, [note])
    copy = directions.copy(model.log_mel(note.audio)[None], model.log_mel.floor_db)[0]
    loud = copy > -40
    assert (model.log_mel(sound) - copy)[loud].abs().mean() < 3


def test_directions_are_kept(fitted, tmp_path):
    directions, _ = fitted
    directions.save(tmp_path / "runs" / "pca.safetensors")
    again = Directions.load(tmp_path / "runs" / "pca.safetensors")
    assert torch.equal(again.components, directions.components)
    assert torch.equal(again.mean, directions.mean)


def test_notes_are_drawn_once_and_families_alike():
    notes = list(pocket())
    drawn = draw_evenly(notes, 33)
    assert len({note.name for note in drawn}) == 33
    assert [note.name for note in drawn] == [note.name for note in draw_evenly(notes, 33)]
    assert len({note.family for note in drawn}) == 11
    assert len(draw_evenly(notes, 1000)) == len(notes)


class Set(list):
    """Notes that lie nowhere."""


def test_other_notes_than_the_models_are_refused(tmp_path, monkeypatch):
    """Names alone do not tell: samples count as well."""
    notes = [pocket()[i] for i in (3, 1)]
    folder = tmp_path / "ae"
    folder.mkdir()
    record = judge_pca.set_record(notes, 2)
    told = {"notes": {"test": {"names": [note.name for note in notes]}}, "sets": {"test": record}}
    (folder / "evaluation.json").write_text(json.dumps(told))
    monkeypatch.setattr(judge_pca, "PRETRAINED", tmp_path)

    class Given:
        def sets(self):
            return {"test": Set(reversed(notes))}

    assert [note.name for note in judged_notes(Given())["test"]] == [note.name for note in notes]
    told["sets"]["test"] = {**record, "sha256": "0"}
    (folder / "evaluation.json").write_text(json.dumps(told))
    with pytest.raises(SystemExit, match="test: these are not the notes"):
        judged_notes(Given())


# --- what is shipped ----------------------------------------------------------------------------------------------


def stored(path):
    return json.loads((PRETRAINED / path).read_text())


def test_the_shipped_results_are_of_the_models_notes_and_judge():
    told = stored("comparison/pca.json")
    assert told["judge_weights"] == weights_sha256(PRETRAINED / "classifier")
    assert set(told["sizes"]) == {str(size) for size in SIZES}
    for name in ("ae", "vae", "cvae", "cvae_thesis"):
        of_model = stored(f"{name}/evaluation.json")
        for one in told["sizes"].values():
            assert one["sets"] == of_model["sets"]
    ae = stored("ae/evaluation.json")
    for notes in ae["sets"]:
        rows = compare_models({"AE": ae} | told["sizes"], notes)
        assert rows["128 - 48"]["rmse_db"]["value"] < 0  # more directions, less error
        for size, one in told["sizes"].items():
            column = np.array(one["notes"][notes]["model"]["rmse_db"])
            assert rows[size]["rmse_db"]["value"] == pytest.approx(float(np.median(column)), abs=2e-3)
    shares = told["explained_variance"]
    assert 0 < shares["48"] < shares["128"] < 1
