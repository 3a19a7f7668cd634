"""Short runs that differ in one thing: what they learn from, what is told of them, and that none is run twice."""

import json
import sys
from collections import Counter
from dataclasses import replace
from unittest import mock

import experiments
import numpy as np
import pytest
import run_experiments
import torch
from experiments import EXPERIMENTS, Variant, measure_control, measure_damaged, register
from run_experiments import Notes, learned_notes, run

from nsynthlib import AE, CVAE, Settings
from nsynthlib.data import write_notes
from nsynthlib.models import KINDS, PRESETS, PRETRAINED
from nsynthlib.models.variants import EmbeddingCVAE
from nsynthlib.synthesis import synthetic_notes

QUICK = Settings(kind="vae", preset="small", latent_dim=5, epochs=1, batch_size=8, learning_rate=1e-3)


@pytest.fixture(autouse=True, scope="module")
def registered():
    """For these tests alone: others ask which kinds the package offers."""
    with mock.patch.dict(KINDS), mock.patch.dict(PRESETS):
        register()
        yield


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two sets, the second with a soundfont that only training hears."""
    made = []
    for number, name in enumerate(("one", "two")):
        folder = tmp_path_factory.mktemp("sets") / name
        for split, seed in (("train", number), ("valid", 10 + number)):
            write_notes(folder / split, synthetic_notes(44, seed=seed))
        made.append(folder)
    trained = sorted({note.instrument for note in Notes.of(made[1]).train})
    fonts = {name: {"font": "TimGM6mb" if at % 2 else "FluidR3_GM"} for at, name in enumerate(trained)}
    (made[1] / "soundfont.json").write_text(json.dumps({"instruments": fonts}))
    return made


@pytest.fixture(scope="module")
def sets(folders):
    return {folder.name: Notes.of(folder) for folder in folders}


def test_a_run_learns_from_every_source_but_one(sets):
    folders = lambda notes: {note.path.parts[-4] for note in notes}  # noqa: E731
    assert folders(learned_notes(sets, None)) == {"one", "two"}
    assert folders(learned_notes(sets, "two")) == {"one"}
    left = {note.instrument for note in learned_notes(sets, "small soundfonts") if note.path.parts[-4] == "two"}
    assert left == {note.instrument for note in sets["two"].train} - sets["two"].small
    assert sets["two"].small


def test_notes_are_drawn_once_and_families_alike(sets, monkeypatch):
    monkeypatch.setattr(run_experiments, "LEARNED", 44)
    drawn = learned_notes(sets, None)
    assert len({note.path for note in drawn}) == len(drawn) == 44
    counts = Counter(note.family for note in drawn)
    assert len(counts) == 11
    assert max(counts.values()) <= 4 * min(counts.values())


def test_what_is_told_of_a_run(sets, monkeypatch):
    monkeypatch.setattr(run_experiments, "LEARNED", 16)
    monkeypatch.setattr(run_experiments, "JUDGED", 3)
    told = run(Variant("quick", QUICK, "two"), sets, "no", None)
    assert told["settings"]["latent_dim"] == 5
    assert told["learned"]["drawn"] == 16
    assert 0 <= told["active"] <= 5
    assert {name: one["drawn"] for name, one in told["judged"].items()} == {"one": 3, "two": 3}
    for row in told["reconstruction"].values():
        assert row["rmse_db"]["n"] == 3
        low, high = row["rmse_db"]["interval"]
        assert 0 < low <= row["rmse_db"]["value"] <= high


def test_experiments_change_one_thing():
    """Kinds differ by network and seed, points of a curve by beta and size, and so on."""
    free = {
        "architectures": ("kind", "preset", "seed"),
        "rate_distortion": ("beta", "latent_dim"),
        "sources": ("seed",),
        "thesis_claims": ("preset", "latent_dim", "seed"),
        "objectives": ("kind", "latent_dim", "seed"),
        "conditioning": ("kind", "preset", "seed"),
    }
    assert free.keys() == EXPERIMENTS.keys()
    for name, variants in EXPERIMENTS.items():
        made = list(variants())
        common = {field: getattr(QUICK, field) for field in free[name]}
        assert len({replace(variant.settings, **common) for variant in made}) == 1
        assert len({(v.name, v.settings) for v in made}) == len(made)
        if name != "rate_distortion":
            assert set(Counter(variant.name for variant in made).values()) == {3}


def test_the_claims_of_the_thesis_each_change_one_thing():
    runs = [v.settings for v in EXPERIMENTS["thesis_claims"]() if v.settings.seed == 0]
    thesis = next(s for s in runs if s.preset == "thesis" and s.latent_dim is None)
    assert all((s.preset == thesis.preset) != (s.latent_dim == thesis.latent_dim) for s in runs if s != thesis)
    assert len({s.preset for s in runs}) == 6
    assert {s.latent_dim for s in runs} == {None, 16, 32, 64, 256, 512}


def test_damage_is_measured_and_what_the_network_makes_of_it(sets):
    """Silence in 40 % of the cells, which differ in level, costs about the root of 0.4 of silence everywhere."""
    model = AE("small", latent_dim=5).eval()
    notes = sets["one"].valid
    told = measure_damaged(model, {"one": notes})
    assert told["used"] == 5
    silent = np.median([(model.log_mel(n.audio) + 100).square().mean().sqrt() for n in notes])
    assert told["damaged"]["one"]["damage_db"]["value"] == pytest.approx(0.4**0.5 * silent, rel=0.08)
    assert told["damaged"]["one"]["mended_db"]["n"] == len(notes)


def test_control_is_what_the_tracker_hears(monkeypatch):
    monkeypatch.setattr(experiments, "ASKED", (48, 60))
    assert measure_control(CVAE.from_pretrained(), {})["in_tune"]["value"] >= 0.8
    torch.manual_seed(0)
    nobody = measure_control(EmbeddingCVAE("small").eval(), {})["in_tune"]
    assert nobody["value"] <= 0.2
    assert nobody["n"] == 22


def test_what_was_run_is_not_run_again(folders, tmp_path, monkeypatch):
    ran = []
    variants = [Variant("a", QUICK), Variant("b", replace(QUICK, seed=1))]
    monkeypatch.setattr(run_experiments, "PRETRAINED", tmp_path)
    monkeypatch.setattr(run_experiments, "EXPERIMENTS", {"sources": lambda: variants})
    monkeypatch.setattr(
        run_experiments, "run", lambda variant, *_: ran.append(variant.name) or describe(variant, variant.name == "b")
    )
    monkeypatch.setattr(sys, "argv", ["run_experiments.py", "sources", *map(str, folders)])
    with pytest.raises(KeyboardInterrupt):
        run_experiments.main()
    assert ran == ["a", "b"]
    monkeypatch.setattr(run_experiments, "run", lambda variant, *_: ran.append(variant.name) or describe(variant))
    run_experiments.main()
    assert ran == ["a", "b", "b"]
    stored = json.loads((tmp_path / "experiments" / "sources.json").read_text())
    assert [one["name"] for one in stored["runs"]] == ["a", "b"]


def test_several_runs_at_a_time_are_stored_in_the_experiments_order(folders, tmp_path, monkeypatch):
    variants = [Variant("a", replace(QUICK, kind="sparse")), Variant("b", replace(QUICK, seed=1), "two")]
    monkeypatch.setattr(run_experiments, "PRETRAINED", tmp_path)
    monkeypatch.setattr(run_experiments, "EXPERIMENTS", {"sources": lambda: variants})
    monkeypatch.setattr(sys, "argv", ["run_experiments.py", "sources", *map(str, folders), "--jobs", "2"])
    run_experiments.main()
    stored = json.loads((tmp_path / "experiments" / "sources.json").read_text())["runs"]
    assert [(one["name"], one["settings"]["kind"], one["without"]) for one in stored] == [
        ("a", "sparse", None),
        ("b", "vae", "two"),
    ]
    assert stored[0]["learned"]["drawn"] > stored[1]["learned"]["drawn"]
    assert all(one["reconstruction"]["one"]["rmse_db"]["value"] > 0 for one in stored)


def describe(variant, stopped=False):
    if stopped:
        raise KeyboardInterrupt
    return {"name": variant.name, "settings": vars(variant.settings)}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_shipped_experiment_is_whole(name):
    """The runs of a stored file are those that the experiment asks for, all of one budget and one set of notes."""
    path = PRETRAINED / "experiments" / f"{name}.json"
    if not path.exists():
        pytest.skip("not run yet")
    runs = json.loads(path.read_text())["runs"]
    wanted = [(variant.name, vars(variant.settings)) for variant in EXPERIMENTS[name]()]
    assert sorted(json.dumps([one["name"], one["settings"]], sort_keys=True) for one in runs) == sorted(
        json.dumps(one, sort_keys=True) for one in wanted
    )
    assert len({json.dumps(one["judged"], sort_keys=True) for one in runs}) == 1
