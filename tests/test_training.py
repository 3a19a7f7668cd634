"""The training loop: it learns, it can be killed, it stops when it should."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from nsynthlib import NSynth
from nsynthlib.data import write_notes
from nsynthlib.errors import DataError, RunFailed, UsageError
from nsynthlib.models.autoencoders import CVAE
from nsynthlib.synthesis.instruments import synthetic_notes
from nsynthlib.training import loop
from nsynthlib.training.checkpoints import Progress
from nsynthlib.training.loop import train
from nsynthlib.training.losses import sigma_vae_loss
from nsynthlib.training.settings import Settings

SETTINGS = Settings(epochs=3, batch_size=8, seed=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """44 notes of 22 instruments: 22 to learn from, 22 to validate."""
    folder = tmp_path_factory.mktemp("notes") / "synthetic"
    write_notes(folder, synthetic_notes(44))
    return folder


@pytest.fixture(scope="module")
def finished(folder, tmp_path_factory):
    """A run that nothing interrupted."""
    run = tmp_path_factory.mktemp("runs") / "whole"
    train(NSynth(folder).split(), run, SETTINGS, quiet=True)
    return run


def test_a_run_leaves_what_is_promised(finished):
    assert sorted(p.name for p in finished.iterdir()) == [
        "config.json",
        "history.json",
        "latest.pt",
        "model.safetensors",
        "prior.safetensors",
        "settings.json",
    ]
    history = json.loads((finished / "history.json").read_text())
    errors = [row["rmse_db"] for row in history["validation"]]
    assert len(errors) == 3
    assert errors[-1] < errors[0]
    assert history["best"] == min(errors)
    settings = json.loads((finished / "settings.json").read_text())
    assert settings["settings"]["seed"] == 3
    assert settings["data"]["train"] == settings["data"]["validation"] == 22
    assert CVAE.from_pretrained(finished).get_buffer("activity").sum() > 0


KILLED = """
import os, signal, sys
from pathlib import Path
from nsynthlib import NSynth, training
from nsynthlib.settings import Settings
rows = training._rows
def dies(notes, step, *rest):
    if step == 3:  # the second of the two steps of the second epoch
        os.kill(os.getpid(), signal.SIGKILL)
    return rows(notes, step, *rest)
training._rows = dies
settings = Settings(epochs=3, batch_size=8, seed=3)
training.train(NSynth(sys.argv[1]).split(), Path(sys.argv[2]), settings, quiet=True)
"""


def test_a_killed_run_resumes_to_the_same_bits(folder, finished, tmp_path):
    run = tmp_path / "killed"
    killed = subprocess.run([sys.executable, "-c", KILLED, folder, run], capture_output=True, timeout=300)
    assert killed.returncode == -9
    assert json.loads((run / "history.json").read_text())["validation"][-1]["step"] == 2
    with pytest.raises(UsageError, match="add --resume"):
        train(NSynth(folder).split(), run, SETTINGS, quiet=True)
    train(NSynth(folder).split(), run, SETTINGS, resume=True, quiet=True)
    whole, again = (torch.load(r / "latest.pt", weights_only=True) for r in (finished, run))
    assert whole["step"] == again["step"] == 6
    for part in ("model", "average"):
        for name, tensor in whole[part].items():
            assert torch.equal(tensor, again[part][name]), name
    whole, again = (load_file(r / "model.safetensors") for r in (finished, run))
    assert all(torch.equal(whole[name], again[name]) for name in whole)


INTERRUPTED = """
import os, signal, sys
from nsynthlib import cli, training
rows = training._rows
def interrupted(notes, step, *rest):
    if step == 2:  # the first of the two steps of the second epoch
        os.kill(os.getpid(), signal.SIGINT)
    return rows(notes, step, *rest)
training._rows = interrupted
sys.argv = ["nsynthlib", "train", "cvae", sys.argv[1], "--out", sys.argv[2], "--epochs", "3", "--batch-size", "8"]
sys.argv += ["--seed", "3"]
cli.main()
"""


def test_an_interrupt_saves_and_the_run_goes_on_from_there(folder, finished, tmp_path):
    """Ctrl-C in mid-epoch: exit code 0, the step under way kept, and the same bits in the end."""
    run = tmp_path / "run"
    done = subprocess.run([sys.executable, "-c", INTERRUPTED, folder, run], capture_output=True, timeout=300, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads((run / "history.json").read_text())["validation"][-1]["step"] == 2
    assert torch.load(run / "latest.pt", weights_only=True)["step"] == 3
    train(NSynth(folder).split(), run, SETTINGS, resume=True, quiet=True)
    whole, again = (load_file(r / "model.safetensors") for r in (finished, run))
    assert all(torch.equal(whole[name], again[name]) for name in whole)


TWO = """
import sys
from pathlib import Path
from nsynthlib import NSynth, training
from nsynthlib.settings import Settings
settings = Settings(epochs=2, batch_size=8, seed=3)
training.train(NSynth(sys.argv[1]).split(), Path(sys.argv[2]), settings, quiet=True)
"""


def test_the_same_loop_trains_on_two_processes(folder, tmp_path):
    """Each takes half of every batch; one writes, and there is one model in the end."""
    (tmp_path / "two.py").write_text(TWO)
    launch = [str(Path(sys.executable).with_name("accelerate")), "launch", "--cpu", "--num_processes", "2"]
    plain = ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    command = [*launch, *plain, str(tmp_path / "two.py"), str(folder), str(tmp_path / "run")]
    done = subprocess.run(
        command, capture_output=True, timeout=300, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr
    errors = [row["rmse_db"] for row in json.loads((tmp_path / "run" / "history.json").read_text())["validation"]]
    assert len(errors) == 2
    assert errors[1] < errors[0]
    assert CVAE.from_pretrained(tmp_path / "run").prior is not None


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from nsynthlib import NSynth, training
from nsynthlib.settings import Settings
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
settings = Settings(epochs=4, batch_size=8, seed=3)
training.train(NSynth(sys.argv[1]).split(), Path(sys.argv[2]), settings, quiet=True)
"""


@pytest.mark.parametrize("size", [20_000, 20_000_000])
def test_a_full_disk_stops_the_run_in_one_line(folder, tmp_path, size):
    """Too small for the weights, and too small for the checkpoint: nothing half written stays."""
    run = tmp_path / "run"
    command = [sys.executable, "-c", FULL_DISK, folder, run, str(size)]
    told = subprocess.run(command, capture_output=True, timeout=300, text=True).stderr.splitlines()[-1]
    assert "RunFailed" in told
    assert "cannot be written" in told
    assert not (run / "latest.pt").exists()
    assert not list(run.glob(".*.partial"))


def test_a_full_gpu_is_told_in_one_line(folder, tmp_path, monkeypatch):
    def full(*_):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    monkeypatch.setattr(loop, "sigma_vae_loss", full)
    with pytest.raises(RunFailed, match=r"does not hold a batch of 8 .* smaller --batch-size"):
        train(NSynth(folder).split(), tmp_path / "run", SETTINGS, quiet=True)


def test_a_run_that_learns_no_more_is_stopped(folder, tmp_path, monkeypatch):
    """Two validations in a row without a better one end a run of patience 2."""
    errors = [5.0, 4.0, 4.5, 4.2, 3.9]
    progress = Progress(history={"validation": [], "best": math.inf, "seconds": 0.0})
    stale = []
    for error in errors:
        progress.validated({"rmse_db": error}, 0.0, tmp_path)
        stale.append(progress.stale(2))
    assert stale == [False, False, False, True, False]
    assert progress.history["best"] == 3.9
    monkeypatch.setattr(loop, "validate", lambda *_: {"rmse_db": errors.pop(0)})
    errors = [5.0, 4.0, 4.5, 4.2, 3.9]
    settings = Settings(epochs=5, batch_size=8, seed=3, patience=2)
    history = train(NSynth(folder).split(), tmp_path / "run", settings, quiet=True)
    assert [row["rmse_db"] for row in history["validation"]] == [5.0, 4.0, 4.5, 4.2]


def test_tensorboard_is_asked_for_by_name(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="pip install tensorboard"):
        train(NSynth(folder).split(), tmp_path / "run", SETTINGS, tensorboard=True, quiet=True)


def test_another_run_is_not_resumed(folder, finished, tmp_path):
    notes = NSynth(folder).split()
    with pytest.raises(UsageError, match="other settings"):
        train(notes, finished, Settings(epochs=4, batch_size=8, seed=3), resume=True, quiet=True)
    with pytest.raises(DataError, match="other notes"):
        train((notes[0][:10], notes[1]), finished, SETTINGS, resume=True, quiet=True)


def test_a_loss_that_is_no_number_stops_the_run(folder, finished, tmp_path, monkeypatch):
    """Within the epoch it happens in, with the last good checkpoint kept."""
    run = tmp_path / "run"

    def loss(picture, *rest):
        value = sigma_vae_loss(picture, *rest)
        calls.append(1)
        return value * math.nan if len(calls) > 2 else value

    calls = []
    monkeypatch.setattr(loop, "sigma_vae_loss", loss)
    with pytest.raises(RunFailed, match=r"nan at step 4; .* lower learning rate"):
        train(NSynth(folder).split(), run, SETTINGS, quiet=True)
    kept = torch.load(run / "latest.pt", weights_only=True)
    assert kept["step"] == 2
    assert all(t.isfinite().all() for t in kept["model"].values())


def test_no_notes_no_training(tmp_path):
    with pytest.raises(DataError, match="no notes"):
        train(([], []), tmp_path / "run", SETTINGS, quiet=True)


@pytest.mark.parametrize("wrong", [{"kind": "gan"}, {"epochs": 0}, {"learning_rate": -1.0}])
def test_settings_are_checked(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong)).replace("kind", "model")):
        Settings(**wrong)


def test_every_note_is_taken_once_an_epoch():
    steps = 4
    taken = [
        torch.cat([loop._rows(32, e * steps + s, steps, Settings(batch_size=8)) for s in range(steps)])
        for e in range(2)
    ]
    assert all(sorted(t.tolist()) == list(range(32)) for t in taken)
    assert taken[0].tolist() != taken[1].tolist()


def test_sigma_vae_loss_is_the_gaussians_best():
    """The likelihood at the best variance, found here by search, differs from the loss by a constant only."""
    torch.manual_seed(0)
    target = torch.randn(4, 50)
    values = []
    for error in (0.1, 0.5):
        picture = target + error * torch.randn(4, 50)
        sigmas = torch.logspace(-3, 1, 4001)
        nll = [-torch.distributions.Normal(picture, s).log_prob(target).mean().item() for s in sigmas]
        values.append(sigma_vae_loss(picture, target, torch.zeros(()), 1.0, 1.0).item() - min(nll))
    assert values[0] == pytest.approx(values[1], abs=1e-3)


@pytest.mark.gpu
def test_the_same_loop_trains_on_cuda(folder, tmp_path):
    history = train(NSynth(folder).split(), tmp_path / "run", SETTINGS, quiet=True)
    assert history["validation"][-1]["rmse_db"] < history["validation"][0]["rmse_db"]
    assert json.loads((tmp_path / "run" / "settings.json").read_text())["device"] != "cpu"
