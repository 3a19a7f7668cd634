"""Networks and models that differ from the shipped ones in one thing."""

import pytest
import torch
from torch.nn import functional as F

from nsynthlib.models import AE, CVAE, KINDS, condition_of
from nsynthlib.models.condition import Condition
from nsynthlib.models.networks import RESIDUAL, residual_preset, thesis_preset
from nsynthlib.models.variants import VARIANTS, DenoisingAE, EmbeddingCVAE, NumberCVAE, OneHotCVAE, SparseAE, damage

ROWS, COLUMNS = 384, 126


def sizes_of(preset, x):
    """Rows and columns after every layer of an encoder."""
    sizes = []
    for layer in preset.encoder(False, 0).layers:
        x = layer(x)
        sizes.append(tuple(x.shape[-2:]))
    return sizes


def test_layers_halve_and_round_down():
    x = torch.zeros(1, 1, ROWS, COLUMNS)
    wanted = [(192, 63), (96, 31), (48, 15)]
    assert sizes_of(thesis_preset(pad_input=False), x) == wanted
    assert sizes_of(thesis_preset(pooling=True), x) == wanted


@pytest.mark.parametrize("output_padding", [True, False])
def test_a_size_that_cannot_be_halved_comes_back(output_padding):
    """15 columns become 30, 60, 120; with a column more in the first two layers 31, 63, 126."""
    preset = thesis_preset(pad_input=False, output_padding=output_padding)
    decoder = preset.decoder(False, 4, ROWS, COLUMNS)
    assert [layer.output_padding for layer in (*(h[0] for h in decoder.hidden), decoder.conv_out)] == (
        [(0, 1), (0, 1), (0, 0)] if output_padding else [(0, 0)] * 3
    )
    made = decoder(torch.ones(2, 4), None)
    assert made.shape == (2, 1, ROWS, COLUMNS)
    assert (made[..., 120:] == -1).all() == (not output_padding)
    assert not (made[..., :120] == -1).any()


def test_depths_have_linear_layers_of_one_size():
    for channels in ((64, 2), (32, 64, 8), (32, 64, 64, 32)):
        preset = thesis_preset(channels)
        assert preset.encoder(False, 0).features(ROWS, 128) == 6144


def test_pooling_has_as_many_weights():
    counts = {
        pooling: sum(w.numel() for w in thesis_preset(pooling=pooling).encoder(False, 0).parameters())
        for pooling in (True, False)
    }
    assert counts[True] == counts[False]


def test_without_film_blocks_are_not_told_the_condition():
    told, untold = (residual_preset(48, *RESIDUAL, film=film) for film in (True, False))
    assert all(block.film is not None for block in told.decoder(True, 66, ROWS, 128).blocks)
    decoder = untold.decoder(True, 66, ROWS, 128)
    assert all(block.film is None for block in decoder.blocks)
    assert decoder.proj.in_features == 66
    assert all(block.film is None for block in untold.encoder(True, 18).blocks)


def test_damage_silences_whole_cells():
    torch.manual_seed(0)
    db = torch.full((64, 48, 42), -20.0)
    share = torch.linspace(0, 1, 64)
    damaged = damage(db, share, -100.0)
    assert torch.equal(damaged[0], db[0])
    assert (damaged[-1] == -100).all()
    assert set(damaged.unique().tolist()) == {-100.0, -20.0}
    lost = (damaged == -100).float()
    assert torch.allclose(lost.mean((1, 2)), share, atol=0.3)
    assert lost.mean().item() == pytest.approx(0.5, abs=0.04)
    cells = F.avg_pool2d(lost[:, None, :, :40], 8)
    assert set(cells.unique().tolist()) == {0.0, 1.0}


def test_a_denoising_autoencoder_is_shown_damage_in_training_alone():
    torch.manual_seed(0)
    model = DenoisingAE("small", latent_dim=6)
    plain = AE("small", latent_dim=6)
    plain.load_state_dict(model.state_dict())
    db = torch.rand(4, ROWS, COLUMNS) * -60 - 5
    with torch.no_grad():
        assert torch.equal(model.eval()(db).mean, plain(db).mean)
        assert not torch.allclose(model.train()(db).mean, plain(db).mean)


def test_a_sparse_vector_keeps_its_largest_entries():
    model = SparseAE("small", latent_dim=100)
    db = torch.rand(3, ROWS, COLUMNS) * -60
    whole, _ = AE.encode(model, db)
    z, _ = model.encode(db)
    assert ((z != 0).sum(1) == model.kept).all()
    assert torch.equal(z[z != 0], whole[z != 0])
    for entries, kept in zip(whole.abs(), z != 0, strict=True):
        assert entries[kept].min() >= entries[~kept].max()
    small, _ = SparseAE("small", latent_dim=10).encode(db)
    assert small.shape == (3, 10)


@pytest.mark.parametrize("kind", [NumberCVAE, EmbeddingCVAE, OneHotCVAE])
def test_what_is_told_without_a_comb(kind):
    model = kind("small", latent_dim=6).eval()
    assert not hasattr(model, "comb")
    z = torch.zeros(1, 6)

    def drawn(pitch, family="organ", velocity=100, tuning=0.0):
        with torch.no_grad():
            vector, comb = model.decoder_inputs(z, condition_of(pitch, family, velocity, tuning))
        assert comb is None
        return vector

    assert not torch.equal(drawn(60), drawn(61))
    assert not torch.equal(drawn(60), drawn(60, family="reed"))
    assert not torch.equal(drawn(60), drawn(60, velocity=25))
    knows_cents = kind is NumberCVAE
    assert torch.equal(drawn(60), drawn(60, tuning=30)) == (not knows_cents)


def test_one_hot_is_three_ones():
    model = OneHotCVAE("small", latent_dim=6)
    told = model._numbers(Condition(torch.tensor([60.2, 127.0]), torch.tensor([3, 10]), torch.tensor([110, 127])))
    assert told.sum(1).tolist() == [3, 3]
    assert told.nonzero()[:, 1].tolist() == [60, 128 + 3, 128 + 11 + 3, 127, 128 + 10, 128 + 11 + 4]


def test_variants_are_kinds_of_their_own():
    assert not VARIANTS.keys() & {"ae", "vae", "cvae"}
    assert all(issubclass(kind, AE) and kind not in (AE, CVAE) for kind in VARIANTS.values())
    assert KINDS["cvae"] is CVAE
