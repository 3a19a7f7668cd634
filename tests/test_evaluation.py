"""Judging: measures against formulas and scipy, and a model that cannot fool them."""

from dataclasses import replace
from types import SimpleNamespace

import librosa
import numpy as np
import pytest
import torch
from helpers import harmonics
from scipy import linalg, stats

from nsynthlib import AE, CVAE, FAMILIES, VAE, NSynth
from nsynthlib.audio import midi_to_hz
from nsynthlib.errors import DataError
from nsynthlib.evaluation import (
    Judges,
    common_spectrogram,
    compare,
    diversity,
    evaluate,
    evaluate_classifier,
    frechet_distance,
    in_tune,
    inception_score,
)
from nsynthlib.evaluation.batches import Request, copy_synthesis, make_notes, rebuild, smoothed_copy
from nsynthlib.evaluation.distances import DISTANCES, Original, common_bands, seam_ratio
from nsynthlib.evaluation.distributions import Gaussian, VoronoiBins, entropies, frechet
from nsynthlib.evaluation.judges import level_rises
from nsynthlib.evaluation.latent import measure_latent, probe
from nsynthlib.evaluation.modulation import modulation_statistics
from nsynthlib.evaluation.reference import Reference
from nsynthlib.evaluation.targets import Targets
from nsynthlib.generation import generate, reconstruct
from nsynthlib.models import Classifier

RNG = np.random.default_rng


def test_the_interval_of_a_distance_holds_its_value():
    """Plain percentiles would not: resampling moves this distance from 0.4 to twice that."""
    points = RNG(1).normal(size=(100, 20))
    row = frechet_distance(points, RNG(2).normal(size=(2000, 20)))
    low, high = row["interval"]
    assert 0 < low < row["value"] < high < 3 * row["value"]


def test_in_tune_means_within_50_cents():
    for cents, verdict in ((0, True), (40, True), (60, False), (-60, False)):
        tone = torch.from_numpy(0.2 * harmonics(midi_to_hz(60 + cents / 100), 3)).float()
        assert in_tune(tone, 60) is verdict
    assert not in_tune(torch.zeros(64_000), 60)


def test_the_common_spectrogram_is_librosas(synthetic_folder):
    """256 HTK bands of height 1 over the magnitude, 20 log10(x / 64) clipped to [-80, 0] dB."""
    audio = NSynth(synthetic_folder)[0].audio
    mel = librosa.feature.melspectrogram(
        y=audio.numpy(), sr=16_000, n_fft=2048, hop_length=512, power=1, n_mels=256, htk=True, norm=None
    )
    expected = np.clip(20 * np.log10(np.maximum(mel, 1e-12) / 64), -80, 0)
    np.testing.assert_allclose(common_spectrogram(audio).numpy(), expected, atol=0.01)
    assert common_spectrogram(100 * audio).max() == 0


def test_half_as_loud_is_six_decibels_off(pocket_notes):
    """By 6 dB wherever both lie above the floor; a note compared with itself is perfect."""
    audio = next(n for n in pocket_notes if n.family == "organ").audio
    row = compare([audio], [audio / 2], [60])
    assert row["rmse_above_floor_db"]["value"] == pytest.approx(6.02, abs=0.3)
    assert row["spectral_convergence"]["value"] == pytest.approx(0.5, abs=1e-4)
    same = compare([audio], [audio], [60])
    assert all(same[name]["value"] == 0 for name in same if name not in ("in_tune", "seam_ratio"))
    assert set(compare([0 * audio], [audio], [60])) == {"rmse_db", "in_tune"}  # nothing lies above the floor


@pytest.mark.parametrize("gain_db", [-6.0, 3.0])
def test_a_gain_is_bias_and_energy(pocket_notes, gain_db):
    """Of loud bins whatever their level: the organ's lie above 0 dB, where the common spectrogram is clipped."""
    audio = next(n for n in pocket_notes if n.family == "organ").audio
    audio = audio / audio.abs().max()
    assert common_bands(audio).max() > 5
    found = Original(audio).distances(10 ** (gain_db / 20) * audio)
    assert (found["loud_bias_db"], found["energy_db"]) == pytest.approx((gain_db, gain_db), abs=1e-3)
    assert found["loud_rmse_db"] == pytest.approx(abs(gain_db), abs=1e-3)
    assert found["seam_ratio"] == pytest.approx(Original(audio).distances(audio)["seam_ratio"], abs=0.05)


def test_loud_bins_are_those_of_the_original():
    """A loud tone that is kept and a soft one, 30 dB below, that is lost: nothing loud is wrong."""
    loud, soft = (torch.from_numpy(harmonics(hertz, 1)).float() for hertz in (440, 3000))
    found = Original(0.5 * loud + 0.5 * 10 ** (-30 / 20) * soft).distances(0.5 * loud)
    assert found["loud_rmse_db"] < 0.1 < 5 < found["rmse_above_floor_db"]
    lost = Original(0.5 * loud).distances(torch.zeros(64_000))
    assert -81 < lost["loud_bias_db"] < -60  # and not the floor of floating point
    assert lost["energy_db"] < -80
    assert set(lost) == set(DISTANCES)


def test_seams_are_jumps_at_every_eighth_frame():
    """Ramps of 1 dB a frame whose steps at multiples of 8 are 2 dB: twice as far. Below the floor nothing counts."""
    steps = torch.ones(256, 126)
    assert seam_ratio(steps.cumsum(1) - 79) == pytest.approx(1)
    steps[:, 8::8] = 2
    picture = steps.cumsum(1) - 79
    assert seam_ratio(picture) == pytest.approx(2)
    steps[128:, 3::8] = 50
    assert seam_ratio(torch.where(torch.arange(256)[:, None] < 128, picture, steps - 200)) == pytest.approx(2)
    assert seam_ratio(torch.full((256, 126), -30.0)) == pytest.approx(1)
    assert np.isnan(seam_ratio(torch.full((256, 126), -90.0)))


def test_a_smoothed_copy_loses_what_moves_quickly(model):
    """A steady tone is copied as well as before. Noise keeps its level and loses its movement."""
    torch.manual_seed(0)
    tone, noise = torch.from_numpy(0.2 * harmonics(220, 6)).float(), 0.1 * torch.randn(64_000)
    sounds = [SimpleNamespace(audio=audio) for audio in (tone, noise)]
    with torch.inference_mode():
        copies, smooth = (list(make(model, sounds)) for make in (copy_synthesis, smoothed_copy))
    loud = [Original(tone).distances(made[0])["loud_rmse_db"] for made in (copies, smooth)]
    assert loud[1] < loud[0] + 0.5
    moving, still = (modulation_statistics(common_bands(made[1]), -80.0)[:16].mean() for made in (copies, smooth))
    assert still < 0.5 * moving


def test_notes_in_batches_are_made_as_one_by_one(model, pocket_notes):
    notes = list(pocket_notes)[::6][:9]  # more than a batch
    requests = [Request(n.pitch, n.family, n.velocity, seed) for seed, n in enumerate(notes)]
    requests[8] = requests[8]._replace(z=torch.ones(model.latent_dim))
    with torch.inference_mode():
        again, refined = list(rebuild(model, notes, 0.5)), list(rebuild(model, notes[:2], refined=True))
        made = list(make_notes(model, requests))
    assert len(again) == len(made) == 9
    near = {"atol": 2e-3, "rtol": 0}
    for i in (0, 4, 8):
        torch.testing.assert_close(again[i], reconstruct(model, notes[i], texture=0.5), **near)
        torch.testing.assert_close(made[i], generate(model, **requests[i]._asdict()), **near)
    torch.testing.assert_close(refined[1], reconstruct(model, notes[1], refined=True), **near)


def test_frechet_distance_is_the_formulas():
    """Closed form where covariances commute, scipy's matrix square root where they do not."""
    rng = RNG(0)
    points = rng.normal(size=(400, 6)) @ rng.normal(size=(6, 6))
    a = Gaussian(points)
    assert frechet(a, a) == pytest.approx(0, abs=1e-8)
    assert frechet(a, Gaussian(points + 2)) == pytest.approx(6 * 4)
    assert frechet(a, Gaussian(points * 3)) == pytest.approx(4 * ((a.mean**2).sum() + np.trace(a.covariance)))
    b = Gaussian(rng.normal(size=(300, 6)) @ rng.normal(size=(6, 6)) + 1)
    root = linalg.sqrtm(a.covariance @ b.covariance).real
    expected = ((a.mean - b.mean) ** 2).sum() + np.trace(a.covariance + b.covariance - 2 * root)
    assert frechet(a, b) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(points[:, :1], points[:, :1])["value"] == pytest.approx(0, abs=1e-8)


def test_entropy_and_inception_score_keep_their_bounds():
    sure = 50 * np.eye(8)[np.arange(80) % 8]
    assert inception_score(sure)["value"] == pytest.approx(8)
    assert inception_score(np.zeros((80, 8)))["value"] == pytest.approx(1)
    assert inception_score(sure[::8])["value"] == pytest.approx(1)
    logits = RNG(0).normal(size=(50, 5))
    np.testing.assert_allclose(entropies(logits), stats.entropy(np.exp(logits), axis=1))
    assert entropies(np.zeros((1, 128)))[0] == pytest.approx(np.log(128))


def test_different_bins_are_few_for_halves_and_many_for_others():
    points = RNG(0).normal(size=(3000, 8))
    bins = VoronoiBins(points[:2000])
    assert bins.different(points[2000:])["value"] <= 8  # 2.5 of 50 by chance
    assert bins.different(points[2000:] + 1)["value"] > 35
    assert bins.different(np.repeat(points[:1], 1000, 0))["value"] == 50
    assert len(VoronoiBins(points[:20]).centres) == 20


def test_diversity_is_relative_to_real_notes():
    rng, groups = RNG(0), np.arange(2000) // 2
    centres = rng.normal(size=(1000, 16))[groups]
    real = centres + rng.normal(size=(2000, 16))
    assert diversity(centres + rng.normal(size=(2000, 16)), groups, real, groups)["value"] == pytest.approx(1, abs=0.03)
    half = diversity(centres + 0.5 * rng.normal(size=(2000, 16)), groups, real, groups)
    assert half["value"] == pytest.approx(0.5, abs=0.02)
    assert half["n"] == 1000
    assert diversity(centres, groups, real, groups)["value"] == 0
    one, other = half["interval"]
    spread = stats.sem(np.linalg.norm(rng.normal(size=(1000, 16)) * 0.5 * 2**0.5, axis=1)) / (2**0.5 * 3.94)
    assert other - one == pytest.approx(2 * 1.96 * spread, rel=0.3)
    few = diversity(real, groups, real, groups, np.arange(2000) % 20)["interval"]
    assert few[1] - few[0] > 1.3 * (other - one)  # as if all pairs were of 20 instruments
    assert diversity(real, range(2000), real, groups) is None


def test_modulation_hears_what_moves_quickly():
    """White noise in a few bands has its standard deviation there; slow swells, and what is below the floor, none."""
    bands = torch.full((256, 126), -120.0)
    still = modulation_statistics(bands, -80.0)
    assert still.shape == (48,)
    assert still.abs().max() == 0
    torch.manual_seed(0)
    bands[32:48] = -40 + 3 * torch.randn(16, 126)
    bands[64:80] = -40 + 10 * torch.sin(torch.arange(126) / 30)
    sustain, release, correlation = modulation_statistics(bands, -80.0).view(3, 16).tolist()
    assert sustain[2] == pytest.approx(3 * (1 - 1 / 9) ** 0.5, rel=0.05)  # the moving average takes its ninth
    assert release[2] == pytest.approx(sustain[2], rel=0.15)
    assert abs(correlation[2]) < 0.2
    assert sustain[4] < 0.2
    assert sustain[0] == sustain[1] == sustain[3] == sustain[5] == 0


def test_the_latent_space_is_measured_in_closed_form():
    """The posterior that is the prior has nothing in it; means of one narrow Gaussian have a KL that is a formula."""
    nothing = measure_latent(torch.zeros(50, 3), torch.zeros(50, 3))
    assert nothing["kl_nats"]["value"] == nothing["aggregate_distance"]["value"] == 0
    assert nothing["active_dimensions"] == 0
    torch.manual_seed(0)
    means = torch.randn(5_000, 2) * torch.tensor([0.6, 0.0])
    found = measure_latent(means, torch.tensor([0.64, 1.0]).log().expand(5_000, 2))
    assert found["aggregate_distance"]["value"] == pytest.approx(0, abs=2e-3)  # 0.36 + 0.64: the prior as a whole
    assert found["active_dimensions"] == 1
    per_note = 0.5 * (0.36 + 0.64 - 1 - np.log(0.64))
    assert found["kl_nats"]["value"] == pytest.approx(per_note, abs=0.02)
    shifted = measure_latent(means + torch.tensor([0.0, 2.0]), torch.zeros(5_000, 2))
    variance = 1.36
    expected = 0.5 * (4 + variance - 1 - np.log(variance))
    assert shifted["aggregate_distance"]["value"] == pytest.approx(expected, abs=0.06)


def test_a_probe_reads_what_is_there_and_nothing_else(pocket_notes):
    notes = pocket_notes
    family = torch.tensor([FAMILIES.index(note.family) for note in notes])
    torch.manual_seed(0)
    told = torch.nn.functional.one_hot(family, 11).float() + 0.01 * torch.randn(62, 11)
    rows = probe((told, notes), (told, notes))
    assert rows["family"]["value"] > 0.95
    assert 0 < rows["family"]["chance"] < 0.2
    blind = probe((torch.randn(62, 2), notes), (torch.randn(62, 2), notes))
    assert blind["family"]["value"] < 0.4
    velocity = torch.tensor([note.velocity for note in notes])
    told = torch.stack([velocity == v for v in velocity.unique()], 1).float()
    rows = probe((told, notes), (told, notes))
    assert rows["velocity"]["value"] > 0.95 > rows["family"]["value"]


def test_a_level_must_rise_each_time():
    tone = torch.ones(10)
    assert level_rises(tone, 2 * tone, 3 * tone)
    assert not level_rises(tone, 3 * tone, 2 * tone)
    assert not level_rises(tone, tone, 2 * tone)


def test_one_clean_note_said_every_time_scores_badly(pocket_notes):
    """In tune whatever is asked for, and by every other measure far worse than real notes are."""
    notes = list(pocket_notes)
    tone = torch.from_numpy(0.1 * harmonics(midi_to_hz(60), 4)).float()
    judges = Judges(Classifier.from_pretrained(), quiet=True)
    middle_c = Targets(*(np.full(62, value) for value in (60, 6, 100)), clusters=np.arange(62))
    observed = judges.observe_notes(notes, tracker=False)
    reference = Reference(replace(observed, targets=middle_c), observed)
    real = reference.row(judges.observe_notes(notes[::2]))
    dull = reference.row(judges.observe([tone] * 30, Targets(*(field[:30] for field in vars(middle_c).values()))))
    assert dull["in_tune"]["value"] == dull["pitch_accuracy"]["value"] == 1
    assert dull["diversity"]["value"] < 0.01
    assert dull["inception_score"]["value"] == pytest.approx(1, abs=0.01)
    assert real["inception_score"]["value"] > 5
    assert dull["ndb"]["value"] > real["ndb"]["value"]
    for measure in ("frechet_distance", "modulation_distance"):
        assert dull[measure]["value"] > 3 * real[measure]["value"]


def check_rows(node, found):
    """Every row in a result is a value within its interval, of at least one note."""
    for key, value in node.items():
        if isinstance(value, dict) and "interval" in value:
            found.append(key)
            low, high = value["interval"]
            assert low - 1e-9 <= value["value"] <= high + 1e-9, (key, value)
            assert value["n"] >= 1
            assert value["instruments"] >= 1
        elif isinstance(value, dict):
            check_rows(value, found)


def test_all_kinds_of_model_are_judged_by_the_same_notes(pocket_notes):
    """Copy-synthesis knows no model, so its rows are the same in the story of each."""
    notes = {"some": pocket_notes, "others": pocket_notes}
    plain, variational = (evaluate(kind.from_pretrained(), notes, limit=1, quiet=True) for kind in (AE, VAE))
    assert plain["judges"] == variational["judges"]
    assert plain["sets"] == variational["sets"]
    for name in notes:
        rows = [result["reconstruction"][name] for result in (plain, variational)]
        assert rows[0]["copy_synthesis"] == rows[1]["copy_synthesis"]
        assert rows[0]["model"] != rows[1]["model"]


def test_every_row(model, synthetic_folder):
    """The notes themselves are perfect, copy-synthesis is worse, the model worse still; an untrained one fails."""
    notes = NSynth(synthetic_folder)
    result = evaluate(model, {"test": notes, "flutes": notes.filter(family="flute")}, limit=2, quiet=True)
    sets = ["test", "flutes"]
    assert list(result["reconstruction"]) == list(result["latent"]) == list(result["sets"]) == sets
    assert list(result["judges"]["classifier"]) == list(result["judges"]["tracker"]) == sets
    assert sum(row["in_tune"]["n"] for row in result["judges"]["octaves"].values()) == 8 + 4
    rows = result["reconstruction"]["test"]
    assert list(rows) == ["real", "copy_synthesis", "smoothed_copy", "model", "refined"]
    for measure in (*DISTANCES[:3], "log_spectral_distance_db", "spectral_convergence"):
        real, copy, smooth, made, refined = (rows[name][measure]["value"] for name in rows)
        assert real == 0 < copy < min(smooth, made, refined)
    assert set(DISTANCES) < set(rows["real"])
    assert rows["refined"]["rmse_db"]["value"] < rows["model"]["rmse_db"]["value"]
    assert (rows["model"]["rmse_db"]["n"], rows["model"]["rmse_db"]["instruments"]) == (2, 2)
    made = {"model", "without_texture", "plain_prior", "reconstructed"}
    assert set(result["generation"]) == {"real", "copy_synthesis", "training", "memorisation"} | made
    measures = {"in_tune", "pitch_accuracy", "family_accuracy", "velocity_accuracy", "pitch_entropy"}
    measures |= {"frechet_distance", "inception_score", "ndb", "modulation_distance", "velocity_by_level"}
    assert measures <= set(result["generation"]["model"])
    assert set(result["control"]) == {"one_z", "keys", "new_pitch", "probe", "as_learned"}
    between = result["differences"]
    assert set(between) == {"reconstruction", "generation", "new_pitch", "as_learned"}
    for measure in ("rmse_db", "in_tune"):
        apart = rows["refined"][measure]["value"] - rows["model"][measure]["value"]
        assert between["reconstruction"]["test"]["refined - model"][measure]["value"] == pytest.approx(apart)
    shown = between["generation"]["model - plain_prior"]
    for measure in ("family_accuracy", "frechet_distance", "modulation_distance"):
        one, other = (result["generation"][row][measure]["value"] for row in ("model", "plain_prior"))
        assert shown[measure]["value"] == pytest.approx(one - other)
    found = []
    check_rows(result, found)
    assert len(found) > 200
    torch.manual_seed(0)
    untrained = evaluate(VAE(), {"all": notes}, limit=2, quiet=True)
    assert untrained["reconstruction"]["all"]["model"]["rmse_db"]["value"] > 3 * rows["model"]["rmse_db"]["value"]
    assert "generation" not in untrained
    again = evaluate_classifier(Classifier.from_pretrained(), {"test": notes}, limit=3, quiet=True)
    assert again["tracker"]["test"]["in_tune"]["n"] == 3
    with pytest.raises(DataError, match="no notes"):
        evaluate(CVAE(), {"none": []})
