"""CUDA without CUDA: fake tensors have shapes and devices but no numbers, so a mix of devices fails without a GPU.

What needs numbers is out of their reach: ``.item()``, ``.numpy()``, autocast, backward. Tests marked `gpu` do the rest.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.optim.swa_utils import AveragedModel

import nsynthlib.training
from nsynthlib import AE, CVAE, VAE
from nsynthlib.data import pocket
from nsynthlib.models import PRESETS, Classifier, Condition, Prior
from nsynthlib.models.likelihood import bin_error
from nsynthlib.models.texture import fast_part, local_deviation, reference_noise
from nsynthlib.spectral import STFT, LogMel, griffin_lim, istft, stft
from nsynthlib.training import Settings, beta_vae_loss, checkpoints, deviation_loss
from nsynthlib.training.augmentation import add_noise, augment, mix
from nsynthlib.training.batches import BatchSource
from nsynthlib.training.checkpoints import Progress, load_latest, save_latest
from nsynthlib.training.losses import mean_kl
from nsynthlib.training.optimizer import MuonAdamW
from nsynthlib.training.precision import cuda_works, gpu_has_bf16
from nsynthlib.training.prior import fit_prior

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="a real GPU is there; tests marked gpu use it")
ROOT = Path(__file__).resolve().parent.parent
CUDA = torch.device("cuda", 0)
MODELS = [(kind, preset) for kind in (AE, VAE, CVAE) for preset in PRESETS]


@pytest.fixture(scope="module", autouse=True)
def _tables() -> None:
    """What is computed once a process and kept, computed before the mode begins: fake numbers must not be kept."""
    reference_noise(LogMel())


@pytest.fixture
def fake() -> Iterator[FakeTensorMode]:
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        yield mode


def moved(module: nn.Module) -> nn.Module:
    """The module with every parameter and buffer on a GPU that is not there."""
    for part in module.modules():
        for name, value in list(part.named_parameters(recurse=False)):
            setattr(part, name, nn.Parameter(empty(value)))
        for name, value in list(part.named_buffers(recurse=False)):
            setattr(part, name, empty(value))
    return module


def empty(value: Tensor) -> Tensor:
    return torch.empty(value.shape, dtype=value.dtype, device=CUDA)


def condition(batch: int) -> Condition:
    return Condition(*(torch.zeros(batch, dtype=torch.int64, device=CUDA) for _ in range(3)))


def test_mixing_devices_is_seen(fake):
    with pytest.raises(RuntimeError, match="device"):
        torch.zeros(2, device=CUDA) + torch.zeros(2)


@pytest.mark.parametrize(("kind", "preset"), MODELS)
def test_models_stay_on_their_device(kind, preset):
    model = kind(preset)
    with FakeTensorMode(allow_non_fake_inputs=True):
        moved(model)
        db = torch.zeros(2, *model.log_mel.shape, device=CUDA)
        steady = torch.ones(model.log_mel.shape[1], dtype=torch.bool, device=CUDA)
        told = condition(2) if model.conditional else None
        out = model(db, told)
        made = model.decode(out.mean, told, 0.5, torch.tensor([1, 2], device=CUDA))
        kl = mean_kl(out, model)
        loss = beta_vae_loss(bin_error(model.decibels(out.x_mean), db), kl, 142.0)
        if out.x_log_sigma is not None:
            fast = fast_part(model.scaled(db), out.x_mean, steady)
            loss = loss + deviation_loss(out.x_log_sigma, local_deviation(fast))
        assert model.device == made.device == loss.device == CUDA
        assert made.shape == db.shape


def test_the_classifier_stays_on_its_device():
    model = Classifier().eval()
    with FakeTensorMode(allow_non_fake_inputs=True):
        assert moved(model)(torch.zeros(2, 256, 126, device=CUDA)).pitch.device == CUDA


def test_a_spectrogram_and_its_inverse_stay_on_their_device(fake):
    log_mel = LogMel()
    audio = torch.zeros(2, 64_000, device=CUDA)
    db = log_mel(audio)
    magnitude = log_mel.magnitude(db)
    assert db.device == magnitude.device == CUDA
    assert magnitude.shape == (2, 1025, 126)
    settings = STFT()
    again = griffin_lim(magnitude, settings, 64_000, n_iter=2)
    assert again.device == istft(stft(audio, settings), settings, 64_000).device == CUDA


@pytest.fixture(scope="module")
def notes() -> BatchSource:
    """Pocket notes as a GPU keeps them: int16 samples and conditions; their numbers are real until the mode begins."""
    source = BatchSource(pocket()[:8], torch.device("cpu"), LogMel())
    source.kept = torch.zeros(8, 64_000, dtype=torch.int16)
    return source


def on_gpu(source: BatchSource) -> BatchSource:
    source.kept = empty(source.kept)
    source.condition = condition(len(source.kept))
    return source


def test_batches_are_made_on_their_device(notes):
    with FakeTensorMode(allow_non_fake_inputs=True):
        db, told = on_gpu(notes).batch(torch.arange(4))
        assert db.device == told.pitch.device == CUDA
        assert db.shape == (4, *notes.log_mel.shape)


def test_notes_that_stay_in_the_computers_memory_come_to_the_device_as_batches(notes):
    with FakeTensorMode(allow_non_fake_inputs=True):
        source = on_gpu(notes)
        source.kept = torch.zeros(8, 64_000, dtype=torch.int16)
        db, told = source.batch(torch.arange(4))
        assert db.device == told.pitch.device == CUDA


@pytest.mark.parametrize(
    "change",
    [
        lambda db, log_mel, chance: augment(db, torch.zeros(4, dtype=torch.int64, device=CUDA), log_mel, 1.0, chance),
        lambda db, log_mel, chance: mix(db, db, log_mel, chance),
        lambda db, log_mel, chance: add_noise(db, log_mel, chance),
    ],
    ids=["augment", "mix", "add_noise"],
)
def test_spectrograms_are_changed_on_their_device(change: Callable, fake):
    log_mel = LogMel()
    db = torch.zeros(4, *log_mel.shape, device=CUDA)
    assert change(db, log_mel, torch.Generator().manual_seed(0)).device == CUDA


def test_a_prior_is_fitted_on_the_cpu_to_points_from_the_gpu(notes, monkeypatch):
    asked = []
    monkeypatch.setattr(Prior, "fit", lambda *points: asked.extend(points[:3]))
    model = CVAE("small")
    with FakeTensorMode(allow_non_fake_inputs=True):
        fit_prior(moved(model), on_gpu(notes), Settings(batch_size=4))
        assert [part.device.type for part in asked] == ["cpu"] * 3
        assert asked[0].shape == (16, model.latent_dim)


def test_a_gpus_random_state_is_kept_and_restored_where_one_works(tmp_path, monkeypatch):
    """One state, whatever the number of GPUs; a machine without any leaves it alone."""
    model = AE("small")
    optimizer, average = MuonAdamW(model, 1e-3), AveragedModel(model)
    kept, given = torch.arange(16, dtype=torch.uint8), []
    monkeypatch.setattr(checkpoints, "cuda_works", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda: kept)
    monkeypatch.setattr(torch.cuda, "set_rng_state", given.append)
    save_latest(tmp_path, model, optimizer, average, Progress(step=3))
    assert load_latest(tmp_path, model, optimizer, average).step == 3
    assert [state.tolist() for state in given] == [kept.tolist()]
    monkeypatch.setattr(checkpoints, "cuda_works", lambda: False)
    assert load_latest(tmp_path, model, optimizer, average).step == 3
    assert len(given) == 1


@pytest.mark.parametrize(("generation", "has"), [(7, False), (8, True)])
def test_bf16_that_a_gpu_only_emulates_is_none(generation, has, monkeypatch):
    """A T4 says of itself that it supports it, and takes many times as long."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: SimpleNamespace(major=generation))
    assert gpu_has_bf16() == has


@pytest.mark.parametrize("chapter", ["06_autoencoder", "07_vae", "08_cvae"])
def test_training_cells_run_where_cuda_is_claimed_and_there_are_no_notes(chapter, tmp_path, monkeypatch):
    """As on a reader's machine whose GPU does not work: no error, seconds of training on the CPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_current_stream_capturing", lambda: False)
    monkeypatch.chdir(tmp_path)
    cuda_works.cache_clear()
    cells = nbformat.read(ROOT / "chapters" / f"{chapter}.ipynb", as_version=4).cells
    (cell,) = (cell.source for cell in cells if cell.cell_type == "code" and "recipe(" in cell.source)
    names = {"training": nsynthlib.training}
    with pytest.warns(UserWarning, match="the GPU cannot be used"):
        exec(cell, names)
    cuda_works.cache_clear()
    errors = [row["rmse_db"] for row in names["history"]["validation"]]
    assert errors[-1] < errors[0]
