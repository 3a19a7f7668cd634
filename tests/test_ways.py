"""Ways to tell a pitch, to be heard: what is kept is what the models play, and a file of other runs is noticed."""

import json

import numpy as np
import pytest
import soundfile
import torch
from curve_notes import run_sha256
from keep_ways import PITCHES, file_name, write

from nsynthlib import CVAE
from nsynthlib.audio.excerpt import SECONDS
from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.errors import DataError
from nsynthlib.evaluation.experiments import describe_runs, over_seeds, read_runs, seeds_table
from nsynthlib.evaluation.trackers import in_tune
from nsynthlib.models import PRETRAINED
from nsynthlib.models.pretrained import save_weights

SHIPPED = PRETRAINED / "experiments"
RUN = {"settings": {"kind": "cvae", "seed": 0}}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Files of the shipped CVAE, as if an experiment had kept it."""
    folder, kept = tmp_path_factory.mktemp("results"), tmp_path_factory.mktemp("kept")
    model = CVAE.from_pretrained()
    for name in ("comb", "one-hot, no FiLM"):
        save_weights(model, kept / f"{name}, seed 0")
    runs = [{"name": name, **RUN} for name in ("comb", "one-hot, no FiLM")]
    (folder / "conditioning.json").write_text(json.dumps({"runs": runs}))
    return folder, write(folder, kept)


def parts(path):
    """The notes of one file, ``[notes, samples]``."""
    sound, rate = soundfile.read(path, dtype="float32")
    assert rate == SAMPLE_RATE
    return sound.reshape(len(PITCHES), int(SECONDS * SAMPLE_RATE))


def test_one_vector_is_heard_at_every_pitch(written):
    for path in written[1]:
        for part, pitch in zip(parts(path), PITCHES, strict=True):
            assert in_tune(torch.from_numpy(part), pitch)
            assert np.sqrt(np.mean(part**2)) > 0.01


def test_files_have_names_without_blanks_and_say_what_they_are_of(written):
    folder, paths = written
    assert [path.name for path in paths] == ["comb.flac", "one-hot_no_FiLM.flac"]
    told = json.loads((folder / "conditioning.json").read_text())
    assert told["ways"]["pitches"] == list(PITCHES)
    assert told["ways"]["runs"] == {run["name"]: run_sha256(run) for run in told["runs"]}


def test_a_lack_is_told(written, tmp_path):
    (tmp_path / "conditioning.json").write_text(json.dumps({"runs": []}))
    with pytest.raises(DataError, match="holds no run whose seed is 0"):
        write(tmp_path, tmp_path)


@pytest.mark.skipif(not (SHIPPED / "ways").exists(), reason="the experiment has not been run")
def test_the_shipped_sounds_are_of_the_shipped_runs():
    told = json.loads((SHIPPED / "conditioning.json").read_text())
    runs = [run for run in told["runs"] if run["settings"]["seed"] == 0]
    assert told["ways"]["runs"] == {run["name"]: run_sha256(run) for run in runs}
    found = {path.name: parts(path) for path in (SHIPPED / "ways").glob("*.flac")}
    assert found.keys() == {f"{file_name(run['name'])}.flac" for run in runs}
    assert sum(path.stat().st_size for path in (SHIPPED / "ways").glob("*.flac")) < 1_000_000


def test_the_middle_of_the_seeds_lies_between_the_others():
    runs = [
        {"name": name, "kl": kl, "copies": {"rmse_db": {"value": error, "n": 5}}}
        for name, kl, error in (("a", 3.0, 4.126), ("b", 9.0, 1.0), ("a", 5.4, 4.0), ("a", 4.0, 4.9))
    ]
    assert over_seeds(runs, "copies", "rmse_db") == {"a": [4.0, 4.126, 4.9], "b": [1.0]}
    made = seeds_table(runs, {"error (dB)": ("copies", "rmse_db"), "nats": ("kl",)}, "Copies", "model")
    assert made.caption == "Copies (the middle of 3 seeds, and the least and the largest)"
    assert made.head == ("model", "error (dB)", "nats")
    assert made.body == (("a", "4.13 [4.00, 4.90]", "4 [3, 5]"), ("b", "1.00", "9"))


def test_it_is_told_how_long_runs_were_and_where():
    common = {"settings": {"epochs": 2, "batch_size": 32}, "learned": {"drawn": 9600}}
    runs = [{**common, "device": device, "cpu_seconds": 90.0} for device in ("cpu", "T4", "cpu")]
    assert describe_runs(runs).splitlines() == [
        "600 steps of 32 notes, drawn from 9600",
        "2 trainings on cpu: 3 minutes of a core",
        "1 trainings on T4: 2 minutes of a core",
    ]


def test_shipped_runs_are_read_by_the_experiments_name():
    runs = read_runs("architectures")
    assert {run["name"] for run in runs} == {"AE", "VAE", "CVAE", "CVAE of the thesis"}
    assert all(len(values) == 3 for values in over_seeds(runs, "cpu_seconds").values())
