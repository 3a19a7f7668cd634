"""Notes along the rate-distortion curve: what is stored is what the models say, and the slider shows it."""

import base64
import io
import json

import curve_notes
import pytest
import soundfile
import torch
from curve_notes import NOTES, along_curve, run_sha256, to_cells, write
from explorer_pages import served_pages
from hand import violations
from helpers import rms
from safetensors import safe_open
from safetensors.torch import load_file

from nsynthlib import CVAE
from nsynthlib.data import pocket
from nsynthlib.errors import DataError
from nsynthlib.generation.notes import condition_of_sound
from nsynthlib.models import PRETRAINED, kl_divergence, save_weights
from nsynthlib.widgets import rate_explorer
from nsynthlib.widgets.rate import FILE

STEP_DB = 100 / 255
BETAS = (100.0, 50.0)  # as they were run: not in order


def small(seed: int) -> CVAE:
    torch.manual_seed(seed)
    return CVAE("small", latent_dim=5).eval()


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    """A folder with the record of two runs, and one with the models they kept."""
    folder, kept = (tmp_path_factory.mktemp(name) for name in ("experiments", "kept"))
    runs = []
    for seed, beta in enumerate(BETAS):
        runs.append({"name": f"beta {beta:g}", "settings": {"latent_dim": 5, "beta": beta, "seed": 0}, "kl": 1.0})
        save_weights(small(seed), kept / f"beta {beta:g}, seed 0")
    (folder / "rate_distortion.json").write_text(json.dumps({"runs": runs}))
    return folder, kept


@pytest.fixture(scope="module")
def written(experiment):
    return write(*experiment, latent_dim=5)


def test_what_is_stored_is_what_the_models_say(written):
    stored = load_file(written)
    assert stored["beta"].tolist() == sorted(BETAS)
    for at, name in enumerate(NOTES):
        [note] = [note for note in pocket() if note.name == name]
        told = condition_of_sound(note.audio, note.pitch, note.family, note.velocity)
        for weight, seed in enumerate((1, 0)):
            model = small(seed)
            db = model.log_mel(note.audio)[None]
            with torch.no_grad():
                mean, log_var = model.encode(db, told)
                copy = model.decode(mean, told)
            decibels = 100 * (stored["copy"][at, weight].float() / 255 - 1)
            assert (decibels - copy[0]).abs().max() <= STEP_DB / 2 + 1e-3
            assert stored["rmse_db"][at, weight].item() == pytest.approx((copy - db).square().mean().sqrt().item())
            assert torch.allclose(stored["kl"][at, weight], kl_divergence(mean, log_var)[0], atol=1e-5)


def test_cells_are_decibels_to_half_a_step():
    db = -100 * torch.rand(1000)
    assert (100 * (to_cells(db).float() / 255 - 1) - db).abs().max() <= STEP_DB / 2 + 1e-4


def fits(record: dict, path) -> bool:
    """Whether a file is of the runs in a record: by its hash, and by theirs."""
    with safe_open(path, framework="pt") as file:
        about = json.loads(file.metadata()["about"])
    hashes = {run_sha256(run) for run in record["runs"]}
    return record.get("notes_along", {}).get("sha256") == sha256(path) and set(about["runs"]) <= hashes


def sha256(path) -> str:
    return curve_notes.hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_of_other_runs_is_noticed(written, experiment):
    record = json.loads((experiment[0] / "rate_distortion.json").read_text())
    assert fits(record, written)
    changed = json.loads(json.dumps(record))
    changed["runs"][0]["kl"] = 1.1
    assert not fits(changed, written)
    assert not fits({"runs": record["runs"]}, written)


@pytest.mark.skipif(not FILE.exists(), reason="the experiment has not been run")
def test_the_shipped_file_is_of_the_shipped_runs():
    record = json.loads((PRETRAINED / "experiments" / "rate_distortion.json").read_text())
    assert fits(record, FILE)
    assert FILE.stat().st_size < 1_000_000


def test_a_lack_is_told(experiment, tmp_path):
    with pytest.raises(DataError, match="holds no run whose latent_dim is 7"):
        write(*experiment, latent_dim=7)
    with pytest.raises(DataError, match="holds no notes along a curve"):
        rate_explorer(tmp_path / "absent.safetensors")
    (tmp_path / "broken.safetensors").write_bytes(b"no")
    with pytest.raises(DataError, match="holds no notes along a curve"):
        rate_explorer(tmp_path / "broken.safetensors")


def test_one_model_is_enough():
    [note] = [note for note in pocket() if note.name == NOTES[0]]
    found = along_curve([small(0)], [note])
    assert found["copy"].shape == (1, 1, 384, 126)
    assert found["kl"].shape == (1, 1, 5)


@pytest.fixture(scope="module")
def page(tmp_path_factory, visit, written):
    with served_pages(tmp_path_factory.mktemp("rate"), {"rate": lambda: rate_explorer(written)}) as address:
        window = visit()
        window.page.goto(f"{address}/rate.html")
        window.page.wait_for_selector(".nn-view canvas")
        yield window


def state(window) -> tuple[str, list[str], list[bytes]]:
    """What is said, the sounds' addresses, and the pictures."""
    says = window.page.locator(".nn-status").inner_text()
    sounds = [audio.get_attribute("src") for audio in window.page.locator(".nn-view audio").all()]
    pictures = window.page.evaluate("[...document.querySelectorAll('.nn-view canvas')].map((one) => one.toDataURL())")
    return says, sounds, pictures


def test_the_slider_shows_the_weights_picture_nats_and_sound(page, written):
    stored = load_file(written)
    slider = page.page.get_by_label("Weight β")
    slider.focus()
    found = {}
    for key, weight in (("Home", 0), ("ArrowRight", 1)):
        page.page.keyboard.press(key)
        found[weight] = state(page)
        nats = stored["kl"][0, weight]
        says = found[weight][0]
        assert f"β = {stored['beta'][weight]:g}: z says {nats.sum():.1f} nats" in says
        assert f"more than 0.1 in {(nats > 0.1).sum()} of its 5 dimensions" in says
        assert f"errs by {stored['rmse_db'][0, weight]:.1f} dB" in says
        assert slider.get_attribute("aria-valuetext") == f"β = {stored['beta'][weight]:g}"
        label = page.page.locator(".nn-plot").get_attribute("aria-label")
        assert f"from {nats.max():.2f} down to {nats.min():.2f}" in label
    (_, old_sounds, old), (_, new_sounds, new) = found[0], found[1]
    assert [a != b for a, b in zip(old, new, strict=True)] == [True, True, False]  # nats, copy, the note itself
    assert [a != b for a, b in zip(old_sounds, new_sounds, strict=True)] == [True, False]


def test_another_note_has_its_own_picture_and_sound(page):
    before = state(page)
    page.page.get_by_label("Note", exact=True).select_option("1")
    after = state(page)
    assert all(
        a != b for one, other in zip(before[1:], after[1:], strict=True) for a, b in zip(one, other, strict=True)
    )
    [piano] = [note for note in pocket() if note.name == NOTES[1]]
    sound, rate = soundfile.read(io.BytesIO(base64.b64decode(after[1][1].partition(",")[2])), dtype="float32")
    assert rate == 16_000
    assert rms(sound[:25_000]) == pytest.approx(rms(piano.audio[:25_000]), rel=0.05)


def test_it_fits_a_narrow_screen_and_is_accessible(page):
    page.page.set_viewport_size({"width": 390, "height": 800})
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page.page) == []
    assert page.complaints == []
