"""The training loop: it learns, it can be killed, it stops when it should."""

import json
import math
import signal

import pytest
import torch
from helpers import in_python
from safetensors.torch import load_file

from nsynthlib import CVAE, NSynth, Settings, train
from nsynthlib.errors import DataError, RunFailed, UsageError
from nsynthlib.models.likelihood import bin_error, itakura_saito, level_weight
from nsynthlib.training import beta_vae_loss, loop
from nsynthlib.training.batches import BatchSource
from nsynthlib.training.checkpoints import Progress

SETTINGS = Settings(epochs=3, batch_size=8, seed=3)


@pytest.fixture(scope="module")
def notes(synthetic_folder):
    """22 to learn from, 22 of other instruments to validate."""
    return NSynth(synthetic_folder).split()


@pytest.fixture(scope="module")
def finished(notes, tmp_path_factory):
    """A run that nothing interrupted."""
    run = tmp_path_factory.mktemp("runs") / "whole"
    train(notes, run, SETTINGS, quiet=True)
    return run


def history_of(run):
    return json.loads((run / "history.json").read_text())


def errors_of(run):
    return [row["rmse_db"] for row in history_of(run)["validation"]]


def test_a_run_leaves_what_is_promised(finished):
    assert sorted(p.name for p in finished.iterdir()) == [
        "config.json",
        "history.json",
        "latest.pt",
        "model.safetensors",
        "prior.safetensors",
        "settings.json",
    ]
    errors = errors_of(finished)
    assert len(errors) == 3
    assert errors[-1] < errors[0]
    assert history_of(finished)["best"] == min(errors)
    settings = json.loads((finished / "settings.json").read_text())
    assert settings["settings"]["seed"] == 3
    assert settings["data"]["train"] == settings["data"]["validation"] == 22
    assert CVAE.from_pretrained(finished).get_buffer("activity").sum() > 0


SIGNALLED = """
import os, sys
from nsynthlib.__main__ import main
from nsynthlib.training.batches import BatchSource
folder, run, number, last = sys.argv[1:]
give, given = BatchSource.augmented_batch, []
def signalled(notes, *rest):
    given.append(1)
    if len(given) == int(last):
        os.kill(os.getpid(), int(number))
    return give(notes, *rest)
BatchSource.augmented_batch = signalled
options = "--epochs 3 --batch-size 8 --seed 3".split()
sys.argv = ["nsynthlib", "train", "cvae", folder, "--out", run, *options]
main()
"""


def check_resumed(finished, notes, run):
    """Gone on with, a run ends as one that nothing interrupted, to the bit."""
    train(notes, run, SETTINGS, resume=True, quiet=True)
    whole, again = (torch.load(r / "latest.pt", weights_only=True) for r in (finished, run))
    assert whole["step"] == again["step"] == 6
    for part in ("model", "average"):
        for name, tensor in whole[part].items():
            assert torch.equal(tensor, again[part][name]), name
    whole, again = (load_file(r / "model.safetensors") for r in (finished, run))
    assert all(torch.equal(whole[name], again[name]) for name in whole)


@pytest.mark.posix
@pytest.mark.fault(
    "SIGKILL", kept="The training run up to its last epoch; what `--resume` ends with is the same to the bit."
)
def test_a_killed_run_resumes_to_the_same_bits(synthetic_folder, notes, finished, tmp_path, shown):
    """In the second of the two steps of the second epoch."""
    run = tmp_path / "killed"
    in_python("-c", SIGNALLED, synthetic_folder, run, int(signal.SIGKILL), 4, code=-signal.SIGKILL)
    assert history_of(run)["validation"][-1]["step"] == 2
    with pytest.raises(UsageError, match="add --resume") as error:
        train(notes, run, SETTINGS, quiet=True)
    shown(str(error.value))
    check_resumed(finished, notes, run)


@pytest.mark.posix
def test_an_interrupt_saves_and_the_run_goes_on_from_there(synthetic_folder, notes, finished, tmp_path):
    """Ctrl-C in mid-epoch: exit code 0, the step under way kept, and the same bits in the end."""
    run = tmp_path / "run"
    in_python("-c", SIGNALLED, synthetic_folder, run, int(signal.SIGINT), 3)
    assert history_of(run)["validation"][-1]["step"] == 2
    assert torch.load(run / "latest.pt", weights_only=True)["step"] == 3
    check_resumed(finished, notes, run)


TRAIN = """
import resource, signal, sys
from pathlib import Path
from nsynthlib import NSynth, Settings, train
folder, run, size = sys.argv[1:]
if size != "any":  # of a file
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), int(size)))
train(NSynth(folder).split(), Path(run), Settings(epochs=2, batch_size=8, seed=3), quiet=True)
"""


@pytest.mark.posix
@pytest.mark.fault("full disk", kept="The last good checkpoint of a training run.")
@pytest.mark.parametrize("size", [20_000, 20_000_000])
def test_a_full_disk_stops_the_run_in_one_line(synthetic_folder, tmp_path, size):
    """Too small for the weights, and too small for the checkpoint: nothing half written stays."""
    run = tmp_path / "run"
    told = in_python("-c", TRAIN, synthetic_folder, run, size, code=1).stderr.splitlines()[-1]
    assert "RunFailed" in told
    assert "cannot be written" in told
    assert not (run / "latest.pt").exists()
    assert not list(run.glob(".*.partial"))


@pytest.mark.fault("GPU out of memory", kept="The last good checkpoint.")
@pytest.mark.parametrize("place", ["BatchSource", "beta_vae_loss"])
def test_a_full_gpu_is_told_in_one_line(notes, tmp_path, monkeypatch, shown, place):
    """By the notes, which stay in it, and by a batch."""

    def full(*_):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    monkeypatch.setattr(loop, place, full)
    with pytest.raises(RunFailed, match=r"does not hold a batch of 8 .* smaller --batch-size") as error:
        train(notes, tmp_path / "run", SETTINGS, quiet=True)
    shown(str(error.value))


@pytest.mark.gpu
def test_a_gpu_that_is_really_full_is_told_in_one_line(notes, tmp_path):
    """As one whose memory is all but taken by others."""
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(0.002)
    try:
        with pytest.raises(RunFailed, match=r"does not hold a batch of 8 .* smaller --batch-size"):
            train(notes, tmp_path / "run", SETTINGS, quiet=True)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)


def test_a_run_that_learns_no_more_is_stopped(notes, tmp_path, monkeypatch):
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
    history = train(notes, tmp_path / "run", settings, quiet=True)
    assert [row["rmse_db"] for row in history["validation"]] == [5.0, 4.0, 4.5, 4.2]


def test_tensorboard_is_asked_for_by_name(notes, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="pip install tensorboard"):
        train(notes, tmp_path / "run", SETTINGS, tensorboard=True, quiet=True)


def test_another_run_is_not_resumed(notes, finished, tmp_path):
    with pytest.raises(UsageError, match="other settings"):
        train(notes, finished, Settings(epochs=4, batch_size=8, seed=3), resume=True, quiet=True)
    with pytest.raises(DataError, match="other notes"):
        train((notes[0][:10], notes[1]), finished, SETTINGS, resume=True, quiet=True)


def test_a_loss_that_is_no_number_stops_the_run(notes, tmp_path, monkeypatch):
    """Within the epoch it happens in, with the last good checkpoint kept."""
    run = tmp_path / "run"

    def loss(*given):
        value = beta_vae_loss(*given)
        calls.append(1)
        return value * math.nan if len(calls) > 2 else value

    calls = []
    monkeypatch.setattr(loop, "beta_vae_loss", loss)
    with pytest.raises(RunFailed, match=r"nan at step 4; .* lower learning rate"):
        train(notes, run, SETTINGS, quiet=True)
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


def test_every_step_draws_a_batch_of_its_own(notes, tmp_path, monkeypatch):
    give, taken = BatchSource.augmented_batch, []
    monkeypatch.setattr(BatchSource, "augmented_batch", lambda s, rows, *how: taken.append(rows) or give(s, rows, *how))
    settings = Settings(kind="ae", epochs=2, batch_size=4)
    train((notes[0][:8], notes[1][:2]), tmp_path / "run", settings, quiet=True)
    assert [len(rows) for rows in taken] == [4] * 4
    assert len({tuple(rows.tolist()) for rows in taken}) == 4


def test_beta_vae_loss_is_the_gaussians_best():
    """Beta times it is the likelihood at the best variance, found here by search, and beta KL, but for a constant."""
    torch.manual_seed(0)
    beta, target = 7.0, torch.randn(4, 5, 10)
    values = []
    for error, kl in ((0.1, 3.0), (0.5, 11.0)):
        mean = target + error * torch.randn(4, 5, 10)
        sigmas = torch.logspace(-3, 1, 4001)
        nll = [-torch.distributions.Normal(mean, s).log_prob(target).sum().item() / 4 for s in sigmas]
        loss = beta_vae_loss((mean - target).square(), torch.tensor(kl), beta).item()
        values.append(beta * loss - (min(nll) + beta * kl))
    assert values[0] == pytest.approx(values[1], abs=0.05)


def test_the_error_counted_by_level_asks_for_the_mean_of_the_amplitude():
    """The best guess at values spread about a level: the mean in decibels, or the decibels of the mean amplitude."""
    torch.manual_seed(0)
    target = -30 + 2 * torch.randn(1, 1, 20_000).double()
    guesses = torch.linspace(-32, -28, 401).double()[:, None, None]
    plain, by_level = (
        guesses[bin_error(guesses, target.expand(401, -1, -1), share).mean((1, 2)).argmin()].item()
        for share in (0.0, 1.0)
    )
    assert plain == pytest.approx(target.mean().item(), abs=0.02)
    weight = level_weight(target)
    amplitude = 20 * math.log10(float((weight * 10 ** (target / 20)).sum() / weight.sum()))
    assert by_level == pytest.approx(amplitude, abs=0.02)
    assert by_level > plain + 0.4


def test_weights_fall_by_half_every_12_decibels_down_to_a_floor():
    target = torch.tensor([[[-10.0, -22.04, -50.0, -100.0]]])
    weight = level_weight(target)[0, 0]
    assert weight.mean() == pytest.approx(1.0)
    assert (weight / weight[0]).tolist() == pytest.approx([1.0, 0.5, 0.1, 0.03], abs=1e-3)


def test_small_errors_count_alike_by_level_and_large_ones_grow_no_faster_than_a_line():
    assert itakura_saito(torch.tensor(0.01)) == pytest.approx(1e-4, rel=0.01)
    too_weak = itakura_saito(torch.tensor([20.0, 30.0, 40.0]))
    assert (too_weak[2] - too_weak[1]).item() == pytest.approx((too_weak[1] - too_weak[0]).item(), rel=1e-5)
    assert itakura_saito(torch.tensor(4.0)) > itakura_saito(torch.tensor(-4.0))


@pytest.mark.gpu
def test_the_same_loop_trains_on_cuda(notes, tmp_path):
    history = train(notes, tmp_path / "run", SETTINGS, quiet=True)
    assert history["validation"][-1]["rmse_db"] < history["validation"][0]["rmse_db"]
    assert json.loads((tmp_path / "run" / "settings.json").read_text())["device"] != "cpu"
