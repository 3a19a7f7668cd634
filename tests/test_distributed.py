"""Training on several processes: the losses of one, and runs that go on with another number of them."""

import json
import os
from pathlib import Path

import pytest
import torch
from helpers import in_python

from nsynthlib import CVAE, LogMel, Settings, train
from nsynthlib.errors import DataError, UsageError
from nsynthlib.models.variants import damage
from nsynthlib.training import train_classifier
from nsynthlib.training.batches import BatchSource
from nsynthlib.training.gan import train_gan
from nsynthlib.training.losses import beta_vae_loss
from nsynthlib.training.processes import Share
from nsynthlib.training.sampled import train_samples

# A step an epoch, so that each is logged; 13 notes a step, of which two processes have 7 and 6.
SETTINGS = Settings(kind="cvae", preset="small", epochs=6, batch_size=13, learning_rate=4e-3, seed=3)
LAUNCH = "accelerate.commands.launch --multi_gpu --num_processes 2 --num_machines 1 --mixed_precision no"
LAUNCH += " --dynamo_backend no --main_process_port 0"

# The run `argv[1]`; both processes are told to end after as many steps as `argv[2]` says.
TRAIN = """
import os, signal, sys
from nsynthlib import Settings, train
from nsynthlib.data import pocket
from nsynthlib.training.batches import BatchSource
run, last = sys.argv[1], int(sys.argv[2])
give, given = BatchSource.augmented_batch, []
def signalled(notes, *rest):
    given.append(1)
    if len(given) == last:
        os.kill(os.getpid(), signal.SIGTERM)
    return give(notes, *rest)
BatchSource.augmented_batch = signalled
every = pocket()
settings = Settings(kind="cvae", preset="small", epochs=6, batch_size=13, learning_rate=4e-3, seed=3)
train((every[:22], every[22:32]), run, settings, resume=True, quiet=True)
"""


@pytest.fixture(scope="module")
def alone(notes, tmp_path_factory) -> Path:
    """The run of one process."""
    run = tmp_path_factory.mktemp("runs") / "alone"
    train(notes, run, SETTINGS, quiet=True)
    return run


def launch(folder: Path, run: Path, last: int) -> None:
    """Two processes that compute on the CPU and talk by gloo."""
    (folder / "two.py").write_text(TRAIN)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
    in_python("-m", *LAUNCH.split(), "two.py", run, last, env=environment, cwd=folder)


def check_alike(run: Path, alone: Path) -> None:
    """The losses of every step, and the errors of every validation, to 1e-5."""
    got, expected = (json.loads((folder / "history.json").read_text()) for folder in (run, alone))
    for part, keys in (("train", ("step", "loss")), ("validation", ("step", "rmse_db"))):
        assert len(got[part]) == len(expected[part]) == 6
        for key in keys:
            assert [row[key] for row in got[part]] == pytest.approx([row[key] for row in expected[part]], rel=1e-5)


def test_two_processes_lose_what_one_does(notes, alone, tmp_path):
    launch(tmp_path, tmp_path / "run", 0)
    check_alike(tmp_path / "run", alone)
    assert CVAE.from_pretrained(tmp_path / "run").prior is not None  # of the main process


def test_a_run_goes_on_with_more_processes_and_with_fewer(notes, alone, tmp_path):
    """One of six steps by one process, three by two, two by one."""
    run = tmp_path / "run"
    train(notes, run, SETTINGS, minutes=0, quiet=True)
    assert torch.load(run / "latest.pt", weights_only=True)["step"] == 1
    launch(tmp_path, run, 3)
    assert torch.load(run / "latest.pt", weights_only=True)["step"] == 4
    train(notes, run, SETTINGS, resume=True, quiet=True)
    check_alike(run, alone)


class Others:
    """As much of an accelerator as a share needs: ``reduced`` is what comes back, in turn, from asking the others."""

    device = torch.device("cpu")

    def __init__(self, index: int, count: int, *reduced: torch.Tensor) -> None:
        self.process_index, self.num_processes, self.reduced = index, count, list(reduced)

    def reduce(self, values: torch.Tensor, how: str) -> torch.Tensor:
        return self.reduced.pop(0)


@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_process_takes_its_notes_of_the_one_batch(notes, count):
    source = BatchSource(notes[0], torch.device("cpu"), LogMel())
    rows = torch.arange(13)
    settings = Settings(mix_prob=0.5, augment_prob=0.5, noise_prob=0.5)

    def batch(*of):
        return source.augmented_batch(rows, settings, torch.Generator().manual_seed(7), *of)

    whole, told = batch()
    assert (whole != source.batch(rows)[0]).flatten(1).any(1).sum() > 6
    for index in range(count):
        part, known = batch(slice(index, None, count))
        torch.testing.assert_close(part, whole[index::count], atol=1e-4, rtol=0)
        assert all(torch.equal(a, b[index::count]) for a, b in zip(known, told, strict=True))


def test_what_a_model_draws_for_its_notes_is_drawn_for_the_batch():
    """The noise of a posterior's sample, and what a denoising model loses."""

    def drawn(share, notes):
        torch.manual_seed(5)
        with share.drawn_for_batch():
            return torch.randn_like(torch.zeros(notes, 6)), damage(
                torch.zeros(notes, 16, 24), torch.ones(notes) / 2, -100
            )

    whole = drawn(Share(Others(0, 1), 7), 7)
    for index, notes in enumerate((3, 2, 2)):
        part = drawn(Share(Others(index, 3), 7), notes)
        assert all(torch.equal(one, every[index::3]) for one, every in zip(part, whole, strict=True))


def test_gradients_averaged_over_processes_are_those_of_the_batch():
    """Of 7 notes, shared by 3 processes: losses and gradients that each has, averaged as they are averaged."""
    torch.manual_seed(0)
    weight = torch.randn(4, requires_grad=True)
    x, target = torch.randn(7, 5, 4), torch.randn(7, 5, 1)

    def terms(rows):
        """The error of every number ``[notes, 5, 1]``, and a mean over notes."""
        made = x[rows] @ weight[:, None]
        return (made - target[rows]).square(), made.square().sum((1, 2)).mean()

    error, kl = terms(slice(None))
    expected = beta_vae_loss(error, kl, 2.0)
    (gradient,) = torch.autograd.grad(expected, weight, retain_graph=True)
    gradients = []
    for index in range(3):
        share = Share(Others(index, 3, error.mean().detach(), kl.detach()), 7)
        own_error, own_kl = terms(share.rows)
        loss = beta_vae_loss(share.error_of_batch(own_error), share.mean_of_batch(own_kl), 2.0)
        assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
        gradients.append(torch.autograd.grad(loss, weight)[0])
    torch.testing.assert_close(torch.stack(gradients).mean(0), gradient, rtol=1e-5, atol=1e-6)


def test_fewer_notes_than_processes_are_refused():
    with pytest.raises(UsageError, match=r"a batch of 3 cannot be shared by 4 processes; .* batch_size of 4 or more"):
        Share(Others(0, 4), 3)


def test_machines_that_see_other_files_are_told(monkeypatch):
    """As where a run's folder is on each machine's own disk, and one of them has a checkpoint."""
    monkeypatch.setattr("nsynthlib.training.processes.gather_object", lambda seen: [*seen, [0]])
    share = Share(Others(0, 2), 8)
    share.check_same([0], "checkpoint in run")
    with pytest.raises(DataError, match="the 2 processes do not see the same checkpoint in run; put it where all"):
        share.check_same([40], "checkpoint in run")


@pytest.mark.parametrize("begin", ["classifier", "samples", "gan"])
def test_what_learns_in_one_process_refuses_two(begin, notes, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    begun = {
        "classifier": lambda: train_classifier(notes, tmp_path / "run", epochs=1, quiet=True),
        "samples": lambda: train_samples(None, None, tmp_path / "run", steps=1),
        "gan": lambda: train_gan(None, None, tmp_path / "run", steps=1),
    }
    with pytest.raises(UsageError, match=r"works in one process, not in 2; start it without `accelerate launch`"):
        begun[begin]()
    assert not (tmp_path / "run").exists()
