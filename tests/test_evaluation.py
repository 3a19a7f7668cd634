"""Judging: intervals that are intervals, rows in the right order, and a model that cannot fool the measures."""

import librosa
import numpy as np
import pytest
import torch

from nsynthlib import CVAE, NSynth
from nsynthlib.data import write_notes
from nsynthlib.errors import DataError
from nsynthlib.evaluation import common_picture, evaluate, in_tune, summarise
from nsynthlib.orchestra import orchestra
from nsynthlib.pitch import midi_to_hz


def test_the_interval_of_a_mean_is_the_normal_one():
    values = np.random.default_rng(0).normal(5, 2, 400)
    row = summarise(values, np.mean)
    half = 1.96 * values.std() / 20
    assert row["value"] == pytest.approx(values.mean())
    assert row["n"] == 400
    assert row["interval"] == pytest.approx([values.mean() - half, values.mean() + half], abs=0.1 * half)
    assert summarise([3.0, 3.0])["interval"] == [3.0, 3.0]


def test_in_tune_means_within_50_cents():
    time = torch.arange(64_000) / 16_000
    for cents, verdict in ((0, True), (40, True), (60, False), (-60, False)):
        f = midi_to_hz(60 + cents / 100)
        tone = sum(torch.sin(2 * torch.pi * k * f * time) / k for k in (1, 2, 3))
        assert in_tune(0.2 * tone, 60) is verdict
    assert not in_tune(torch.zeros(64_000), 60)


def test_three_rows(tmp_path):
    """The notes themselves are perfect, copy-synthesis is worse, the model worse still; an untrained one fails."""
    write_notes(tmp_path / "notes", orchestra(11, seed=9))
    notes = NSynth(tmp_path / "notes")
    shipped = evaluate(
        CVAE.from_pretrained(), {"all": notes, "flutes": notes.filter(family="flute")}, limit=4, quiet=True
    )
    assert list(shipped["reconstruction"]) == list(shipped["latent"]) == ["all", "flutes"]
    rows = shipped["reconstruction"]["all"]
    assert list(rows) == ["real", "copy_synthesis", "model"]
    for measure in ("rmse_db", "rmse_above_floor_db", "log_spectral_distance_db", "spectral_convergence"):
        real, copy, model = (rows[name][measure]["value"] for name in rows)
        assert real == 0 < copy < model
    assert rows["model"]["rmse_db"]["n"] == 4
    assert shipped["reconstruction"]["flutes"]["model"]["rmse_db"]["n"] == 1
    assert shipped["latent"]["all"]["kl_nats"]["value"] > 1
    torch.manual_seed(0)
    untrained = evaluate(CVAE(), {"all": notes}, limit=2, quiet=True)
    assert untrained["reconstruction"]["all"]["model"]["rmse_db"]["value"] > 3 * rows["model"]["rmse_db"]["value"]
    with pytest.raises(DataError, match="no notes"):
        evaluate(CVAE(), {"none": []})


def test_the_common_picture_is_librosas():
    """256 HTK bands of height 1 over the magnitude, 20 log10(x / 64) clipped to [-80, 0] dB."""
    note = orchestra(1)
    audio = next(note).audio
    mel = librosa.feature.melspectrogram(
        y=audio.numpy(), sr=16_000, n_fft=2048, hop_length=512, power=1, n_mels=256, htk=True, norm=None
    )
    expected = np.clip(20 * np.log10(np.maximum(mel, 1e-12) / 64), -80, 0)
    np.testing.assert_allclose(common_picture(audio).numpy(), expected, atol=0.01)
    assert common_picture(100 * audio).max() == 0
