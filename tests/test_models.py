"""The models: shapes, formulas against torch.distributions, and what a condition does."""

import json
import shutil
from types import SimpleNamespace

import librosa
import numpy as np
import pytest
import torch
from helpers import SMALL, conditions
from huggingface_hub import hub_mixin

from nsynthlib import AE, CVAE, VAE, LogMel
from nsynthlib.errors import UsageError
from nsynthlib.models import PRESETS, Comb, Prior, condition_of, gate, kl_divergence, save_weights, scale, unscale
from nsynthlib.models.networks.residual import PATCH


@pytest.mark.parametrize("kind", [AE, VAE, CVAE])
@pytest.mark.parametrize(
    ("n_mels", "n_fft", "hop_length", "samples"),
    [(256, 2048, 512, 64_000), (100, 1024, 256, 10_000), (61, 512, 77, 5003)],
)
def test_any_spectrogram_comes_back_in_its_own_shape(kind, n_mels, n_fft, hop_length, samples):
    model = kind(latent_dim=6, n_mels=n_mels, n_fft=n_fft, hop_length=hop_length, samples=samples)
    audio = 0.1 * torch.randn(2, samples)
    db = model.log_mel(audio)
    out = model(db, conditions(2))
    assert db.shape == (2, n_mels, 1 + samples // hop_length)
    assert out.x_mean.shape == db.shape
    assert out.mean.shape == out.log_var.shape == (2, 6)
    decoded = model.decode(out.mean, conditions(2))
    assert decoded.shape == db.shape
    assert decoded.min() >= -100
    assert decoded.max() <= 0


def test_the_thesis_preset_is_section_5_1_1():
    """Three strided convolutions each way, mirrored, around a latent vector of 128 to 256 numbers."""
    model = AE("thesis")
    downs = [m for m in model.encoder.modules() if isinstance(m, torch.nn.Conv2d)]
    ups = [m for m in model.decoder.modules() if isinstance(m, torch.nn.ConvTranspose2d)]
    assert len(downs) == len(ups) == 3
    assert all(m.stride == (2, 2) for m in downs + ups)
    assert [m.out_channels for m in downs] == [m.in_channels for m in reversed(ups)]
    assert 128 <= model.latent_dim <= 256
    assert PRESETS["thesis"].latent_dim == model.latent_dim


def test_a_patch_of_the_residual_preset_is_8_bands_by_8_frames():
    """What is bright in one patch comes in at one position in 64 channels, and one position goes out as a patch."""
    model = AE("residual", **SMALL).eval()
    seen = []
    model.encoder.conv_in.register_forward_pre_hook(lambda _, given: seen.append(given[0][0]))
    db = torch.full((1, 64, 32), model.log_mel.floor_db)
    db[0, 16:24, 8:16] = 0
    model.encode(db)
    assert PATCH == 8
    assert (seen[0] > -1).nonzero().tolist() == [[channel, 2, 1] for channel in range(64)]
    position = torch.zeros(1, 64, 8, 4)
    position[0, :, 2, 1] = 1
    model.decoder.conv_out.register_forward_hook(lambda *_: position)
    assert torch.equal(model.decode_stats(torch.zeros(1, 6))[0], 1 + db / 100)


def test_kl_is_torchs():
    mean, log_var = torch.randn(5, 7), torch.randn(5, 7)
    q = torch.distributions.Normal(mean, (0.5 * log_var).exp())
    expected = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0))
    torch.testing.assert_close(kl_divergence(mean, log_var), expected)


def test_scaling_and_back():
    db = torch.linspace(-80, 0, 9)
    assert scale(db, -80.0)[[0, -1]].tolist() == [-1, 1]
    torch.testing.assert_close(unscale(scale(db, -80.0), -80.0), db)
    assert unscale(torch.tensor([-3.0, 3.0]), -80.0).tolist() == [-160, 80]


def test_what_lies_at_the_floor_is_silent():
    drawn = torch.tensor([-90.0, -80.0, -79.0, -78.0, -77.0, -76.0, -60.0, 0.0, 7.0])
    assert gate(drawn, -80.0).tolist() == [-80, -80, -80, -80, -78, -76, -60, 0, 0]


@pytest.mark.parametrize("htk", [False, True])
@pytest.mark.parametrize("pitch", [24, 60, 60.37, 96])
def test_the_comb_has_a_bump_on_every_partial(pitch, htk):
    log_mel = LogMel(mel_scale="htk" if htk else "slaney")
    row = Comb(log_mel)(torch.tensor([pitch]))[0].numpy()
    centres = librosa.mel_frequencies(n_mels=386, fmin=0, fmax=8000, htk=htk)[1:-1]
    f0 = librosa.midi_to_hz(pitch)
    for k in range(1, int(8000 / f0)):
        if centres[0] <= k * f0 <= centres[-1]:
            assert row[np.abs(centres - k * f0).argmin()] > 0.75
    if pitch == 96:
        assert row[np.abs(centres - 1.5 * f0).argmin()] < 0.01


def test_bumps_are_gaussians_about_where_the_partials_lie():
    log_mel = LogMel()
    f0 = librosa.midi_to_hz(72.25)
    places = log_mel.bands(np.arange(f0, 8000, f0))
    expected = np.exp(-((np.arange(384)[:, None] - places) ** 2) / (2 * 0.8**2)).max(1)
    np.testing.assert_allclose(Comb(log_mel)(torch.tensor([72.25]))[0], expected, atol=1e-3)


def test_the_comb_holds_no_subnormal_numbers():
    """With them convolutions take twice as long. What is left out is too little for a sum of float32 to show."""
    bumps = Comb(LogMel())(torch.arange(128.0))
    assert ((bumps == 0) | (bumps > 1e-30)).all()
    assert (bumps == 0).any()


def test_a_cvae_listens_to_every_part_of_its_condition():
    torch.manual_seed(0)
    model = CVAE(**SMALL).eval()
    z = torch.zeros(1, 6)
    base, _ = model.decode_stats(z, condition_of(60, "guitar", 100))
    for other in ((61, "guitar", 100), (60, "keyboard", 100), (60, "guitar", 50)):
        changed, _ = model.decode_stats(z, condition_of(*other))
        assert (changed - base).abs().max() > 1e-4
    with pytest.raises(UsageError, match="needs a condition"):
        model.decode_stats(z)


def test_only_the_variational_models_are_random():
    for kind, random in ((AE, False), (VAE, True), (CVAE, True)):
        torch.manual_seed(0)
        model = kind(**SMALL)
        db = model.log_mel(0.1 * torch.randn(1, 8000))
        first, second = (model(db, conditions(1)).x_mean for _ in range(2))
        assert torch.equal(first, second) != random


def check_same_weights(one, other):
    for name, tensor in one.state_dict().items():
        assert torch.equal(other.state_dict()[name], tensor), name


def test_weights_survive_the_disk(tmp_path):
    model = CVAE(**SMALL)
    save_weights(model, tmp_path)
    again = CVAE.from_pretrained(tmp_path)
    assert not again.training
    assert json.loads((tmp_path / "config.json").read_text())["n_mels"] == 64
    check_same_weights(model, again)


def test_a_model_goes_to_the_hub_and_comes_back(tmp_path, monkeypatch):
    """Through the mixin's own push_to_hub, with a folder in the hub's place."""

    class Folder:
        def __init__(self, **_):
            pass

        def create_repo(self, repo_id, **_):
            return SimpleNamespace(repo_id=repo_id)

        def upload_folder(self, *, folder_path, repo_id, **_):
            shutil.copytree(folder_path, tmp_path / repo_id)
            return repo_id

    monkeypatch.setattr(hub_mixin, "HfApi", Folder)
    model = CVAE(**SMALL)
    model.prior = Prior.fit(torch.randn(200, 6), *(torch.full((200,), v) for v in (60, 3)))
    assert model.push_to_hub("owner/name") == "owner/name"
    again = CVAE.from_pretrained(tmp_path / "owner" / "name")
    assert again.log_mel == model.log_mel
    check_same_weights(model, again)
    torch.testing.assert_close(again.prior.means, model.prior.means, atol=2e-3, rtol=1e-3)


def test_shipped_weights_load(model):
    assert model.log_mel == LogMel()
    assert model.prior.latent_dim == model.latent_dim
    assert all(p.dtype == torch.float32 for p in model.parameters())


def test_what_is_no_model_is_named(tmp_path):
    with pytest.raises(UsageError, match="'nowhere' holds no CVAE"):
        CVAE.from_pretrained("nowhere")
    with pytest.raises(UsageError, match="holds no CVAE"):
        CVAE.from_pretrained(tmp_path)
    save_weights(VAE(**SMALL), tmp_path)
    with pytest.raises(UsageError, match="holds no CVAE"):
        CVAE.from_pretrained(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"nonsense")
    with pytest.raises(UsageError, match="holds no VAE") as error:
        VAE.from_pretrained(tmp_path)
    assert "\n" not in str(error.value)
    with pytest.raises(UsageError, match="preset 'huge'"):
        AE("huge")
