"""GANSynth: pictures that are sounds, a generator that knows its pitches, and a loop in which both networks learn."""

import json
import math
import os
import signal
import threading

import pytest
import torch
from helpers import seeded
from torch import nn
from torchaudio.functional import resample

from nsynthlib import FAMILIES
from nsynthlib.audio import midi_to_hz
from nsynthlib.data.clips import CLIP_PEAK, CLIP_RATE, CLIP_SAMPLES, Clips, load_clips
from nsynthlib.errors import DataError, RunFailed, UsageError
from nsynthlib.evaluation.trackers import in_tune
from nsynthlib.models import PRETRAINED
from nsynthlib.models.gansynth import (
    BIN_HZ,
    FRAMES,
    SETTINGS,
    Discriminator,
    GANSynth,
    comb_pictures,
    from_picture,
    mask_frequency,
    to_picture,
)
from nsynthlib.spectral import log_spectral_distance
from nsynthlib.training.gan import Adversaries, energy_score, train_gan

SMALL = {"latent": 4, "channels": (8, 8, 8, 8, 8)}
LOUD = slice(20, 50)  # frames


def small():
    torch.manual_seed(0)
    return GANSynth(**SMALL).eval()


def tone(hz, partials=1):
    t = torch.arange(CLIP_SAMPLES, dtype=torch.float64) / CLIP_RATE
    waves = [torch.sin(2 * math.pi * k * hz * t) / k for k in range(1, partials + 1)]
    return 0.3 * torch.stack(waves).sum(0).float()[None]


def some_clips(n=3):
    audio = torch.cat([tone(midi_to_hz(60 + 2 * i), 8) for i in range(n)])
    return Clips(audio, 60 + 2 * torch.arange(n), ["tone"] * n)


@pytest.fixture(scope="module")
def real(pocket_notes):
    """The clips of every family that has some in the package."""
    found = []
    for family in FAMILIES:
        try:
            found.append(load_clips(pocket_notes, family).audio)
        except DataError:
            continue
    return torch.cat(found)


@pytest.fixture(scope="module")
def shipped():
    return GANSynth.from_pretrained()


def test_a_picture_is_its_sound(real):
    """Of recorded notes of all families: at most half a decibel off, which is the floor and what was left out."""
    assert len(real) >= 8
    pictures = to_picture(real)
    assert pictures.shape == (len(real), 2, 256, 64)
    assert pictures.abs().max() <= 1
    assert log_spectral_distance(real, from_picture(pictures)).max() <= 0.5


def test_without_its_frequencies_a_picture_is_another_sound(real):
    pictures = to_picture(real)
    pictures[:, 1] = 2 * torch.rand(pictures[:, 1].shape, generator=seeded()) - 1
    assert log_spectral_distance(real, from_picture(pictures)).mean() > 3


@pytest.mark.parametrize("hz", [131.0, 437.5, 1003.3, 3210.0])
def test_frequencies_are_those_of_a_sine(hz):
    """About it every bin says how far it is, in half turns a hop: 31.25 Hz."""
    nearest = round(hz / BIN_HZ)
    bins = torch.arange(nearest - 1, nearest + 2)
    told = to_picture(tone(hz))[0, 1, bins, LOUD]
    heard = bins[:, None] * BIN_HZ + told * CLIP_RATE / (2 * SETTINGS.hop_length)
    torch.testing.assert_close(heard, torch.full_like(heard, hz), atol=0.3, rtol=0)


def test_levels_are_decibels_against_a_full_scale_sine():
    level = to_picture(tone(1000.0))[0, 0].max()  # at a bin's centre
    assert (-50 * (1 - level)).item() == pytest.approx(20 * math.log10(0.3), abs=0.01)
    assert (to_picture(torch.zeros(1, CLIP_SAMPLES))[0, 0] == -1).all()


def test_masks_hide_what_means_nothing():
    """Below -75 dB nothing is left of a frequency, above -55 dB all of it, in between what lies in between."""
    picture = torch.ones(1, 2, 256, FRAMES)
    for row, db in enumerate((-100, -75, -65, -60, -55, 0)):
        picture[:, 0, row] = 1 + db / 50
    masked = mask_frequency(picture)
    torch.testing.assert_close(masked[:, 0], picture[:, 0])
    assert masked[0, 1, :6, 1].tolist() == pytest.approx([0, 0, 0.5, 0.75, 1, 1], abs=1e-5)
    assert (masked[:, 1, :, 0] == 0).all()
    torch.testing.assert_close(
        mask_frequency(to_picture(tone(1000.0)))[0, 1, 63:66, LOUD], to_picture(tone(1000.0))[0, 1, 63:66, LOUD]
    )


@pytest.mark.parametrize("pitch", [48, 55, 61, 72])
def test_combs_lie_where_a_tones_partials_do(pitch):
    """Against the picture of a harmonic tone: lit where it is lit, and the same frequencies."""
    bump, way = comb_pictures()[pitch - 48]
    level, frequency = to_picture(tone(midi_to_hz(pitch), 7))[0, :, :, LOUD].mean(2)
    partials = (torch.arange(1, 8) * midi_to_hz(pitch) / BIN_HZ).round().long()
    assert (bump[partials] > 0.85).all()
    assert (level[partials] > -0.2).all()
    torch.testing.assert_close(way[partials], frequency[partials], atol=0.02, rtol=0)
    assert (bump[partials[:-1] + int(midi_to_hz(pitch) / BIN_HZ / 2)] < 0.05).all()


def test_shapes_and_sizes():
    generator, discriminator = GANSynth(), Discriminator()
    picture = generator(torch.randn(3, 32, generator=seeded()), torch.tensor([48, 60, 72]))
    assert picture.shape == (3, 2, 256, 64)
    score, heard = discriminator(picture)
    assert (score.shape, heard.shape) == ((3,), (3, 25))
    for network in (generator, discriminator):
        assert sum(p.numel() for p in network.parameters()) <= 300_000


def test_made_pictures_are_masked():
    with torch.inference_mode():
        picture = small()(torch.randn(2, 4, generator=seeded()), torch.tensor([50, 60]))
    assert (picture[:, 1, :, 0] == 0).all()
    assert (picture[:, 1][picture[:, 0] < 1 - 75 / 50] == 0).all()


def test_without_combs_a_pitch_is_its_number_alone():
    torch.manual_seed(0)
    plain = GANSynth(**SMALL, comb=False)
    assert not plain.comb.any()
    with torch.inference_mode():
        low, high = plain(torch.ones(2, 4), torch.tensor([48, 72]))
    assert (low - high).abs().max() > 1e-4


def test_the_discriminator_sees_a_batch_of_one_note_over_and_over():
    """What it says of a picture depends on how much the others differ from it."""
    torch.manual_seed(0)
    discriminator = Discriminator()
    pictures = torch.randn(4, 2, 256, 64, generator=seeded())
    with torch.inference_mode():
        among_others = discriminator(pictures)[0][0]
        among_copies = discriminator(pictures[:1].expand(4, -1, -1, -1))[0][0]
    assert (among_others - among_copies).abs() > 1e-3


def test_the_same_seed_is_the_same_timbre():
    model = small()
    one, same, other = (model.generate([60, 62], seed=seed) for seed in (1, 1, 2))
    assert one.shape == (2, CLIP_SAMPLES)
    torch.testing.assert_close(one.abs().amax(1), torch.full((2,), CLIP_PEAK))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    torch.testing.assert_close(model.generate([62], seed=1)[0], one[1], atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"pitch": [47]}, "pitch 47 is no whole number from 48 to 72"),
        ({"pitch": [60, 60.5]}, "pitch 60.5 is no"),
        ({"pitch": []}, "no pitch"),
        ({"pitch": [60], "seed": -1}, "seed -1 is no"),
    ],
)
def test_what_cannot_be_made_is_told_in_a_line(asked, told):
    with pytest.raises(UsageError, match=told) as caught:
        small().generate(**asked)
    assert "\n" not in str(caught.value)


def test_five_channels_are_needed():
    with pytest.raises(UsageError, match="give five"):
        GANSynth(channels=(8, 8))


class Drawn(nn.Module):
    """A generator of levels that are normal numbers about 0, ``spread`` wide."""

    latent = 1

    def __init__(self, spread):
        super().__init__()
        self.spread, self.draws = spread, seeded(1)

    def forward(self, z, pitch):
        return self.spread * torch.randn(len(z), 2, 256, 64, generator=self.draws)


def test_the_energy_score_is_best_for_what_is_spread_as_the_real_ones():
    """For normal numbers of n dimensions, by the law of large numbers: sqrt(1 + s²) - s / sqrt(2), times 50 dB."""
    pictures = torch.randn(20, 2, 256, 64, generator=seeded())
    found = {s: energy_score(Drawn(s), pictures, torch.full((20,), 60)) for s in (0.0, 0.5, 1.0, 2.0)}
    for s, score in found.items():
        assert score == pytest.approx(50 * (math.sqrt(1 + s**2) - s / math.sqrt(2)), abs=0.5)
    assert min(found, key=found.get) == 1.0


def test_both_networks_learn():
    """First the discriminator tells real notes from made ones; once it learns no more, the generator deceives it."""
    clips = some_clips(4)
    both = Adversaries(small(), 4e-3, 0)
    real = mask_frequency(to_picture(clips.audio))
    for _ in range(20):
        thought = both.step(real, clips.pitch, 0.1)
    assert thought.keys() == {"real_held_real", "made_held_real", "real_pitch_told", "made_pitch_told"}
    assert thought["real_held_real"] > 0.8
    assert thought["made_held_real"] < 0.2
    assert thought["real_pitch_told"] >= 0.5  # chance is 0.04
    both.optimizers[1] = torch.optim.SGD([nn.Parameter(torch.zeros(1))])
    for _ in range(20):
        thought = both.step(real, clips.pitch, 0.1)
    assert thought["made_held_real"] > 0.35


def test_the_average_moves_half_way_in_a_half_life():
    """A tenth of the steps so far, and 300 at most: from 10,000 steps on it is 300."""
    both = Adversaries(small(), 1e-3, 0)
    both.average.update_parameters(both.generator)  # the first is a copy
    with torch.no_grad():
        both.generator.first.bias.fill_(1.0)
        both.kept.first.bias.fill_(0.0)
    both.average.n_averaged.fill_(10_000)
    for _ in range(300):
        both.average.update_parameters(both.generator)
    kept = both.kept.first.bias
    torch.testing.assert_close(kept, torch.full_like(kept, 0.5), atol=1e-4, rtol=0)


def test_one_note_is_learned_by_heart(pocket_notes):
    """Shown a real note, a small generator comes from 15 dB or more to within 7 dB of its levels in 100 steps."""
    audio, pitch, _ = load_clips(pocket_notes, "reed")
    real = mask_frequency(to_picture(audio[:1]))
    torch.manual_seed(0)
    model = GANSynth(4, (16,) * 5)
    optimizer = torch.optim.Adam(model.parameters(), 5e-3)
    errors = []
    for _ in range(100):
        difference = model(torch.ones(1, 4), pitch[:1]) - real
        errors.append(50 * difference[:, 0].square().mean().sqrt().item())
        optimizer.zero_grad()
        difference.abs().mean().backward()
        optimizer.step()
    assert errors[0] > 15
    assert errors[-1] < 7


def test_a_run_is_kept_read_back_repeated_and_not_written_over(tmp_path):
    clips = some_clips()

    def train(name, seed=0):
        return train_gan(small(), (clips, clips), tmp_path / name, steps=3, batch_size=2, seed=seed, quiet=True)

    record = train("run")
    assert json.loads((tmp_path / "run" / "training.json").read_text()) == record
    assert record["kind"] == "GANSynth"
    assert record["clips"] == [3, 3]
    assert len(record["validation"]) == 3
    model = GANSynth.from_pretrained(tmp_path / "run")
    assert record["parameters"] == sum(p.numel() for p in model.parameters())
    best = min(row["energy_score_db"] for row in record["validation"])
    assert energy_score(model, to_picture(clips.audio), clips.pitch) == pytest.approx(best, abs=0.05)
    again, other = train("again"), train("other", seed=1)
    assert again["validation"] == record["validation"]
    assert other["validation"] != record["validation"]
    with pytest.raises(UsageError, match="holds something already"):
        train("run")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"steps": 0}, "steps 0 is no"),
        ({"batch_size": 1.5}, "batch_size 1.5 is no"),
        ({"learning_rate": 0}, "learning_rate 0 is no"),
        ({"seed": -1}, "seed -1 is no"),
    ],
)
def test_values_of_a_run_are_checked(asked, told, tmp_path):
    clips = some_clips(1)
    with pytest.raises(UsageError, match=told) as caught:
        train_gan(small(), (clips, clips), tmp_path / "run", **({"steps": 1} | asked))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_a_run_that_diverges_says_so(tmp_path):
    clips = some_clips(1)
    with pytest.raises(RunFailed, match="choose a learning_rate lower than 1e"):
        train_gan(small(), (clips, clips), tmp_path / "run", steps=8, batch_size=1, learning_rate=1e30, quiet=True)


@pytest.mark.posix
def test_an_interrupt_keeps_the_best_so_far(tmp_path):
    clips = some_clips(1)
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(RunFailed, match=r"stopped after \d+ of 80000 steps") as caught:
        train_gan(small(), (clips, clips), tmp_path / "run", steps=80_000, batch_size=1, quiet=True)
    timer.join()
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run" / "training.json").exists()


def test_the_shipped_one_plays_in_tune(shipped):
    """At least four of five notes within 50 cents, by a tracker that knows nothing of it; chance is one of twelve."""
    pitches = list(range(48, 73))
    notes = [
        (audio, p) for seed in range(2) for audio, p in zip(shipped.generate(pitches, seed=seed), pitches, strict=True)
    ]
    heard = [in_tune(resample(audio, CLIP_RATE, 16_000), p) for audio, p in notes]
    assert sum(heard) >= 0.8 * len(heard)


def test_the_shipped_one_has_more_than_one_timbre(shipped):
    """Notes of one pitch and of other seeds: well apart, as real ones are (14 dB), and not as one with breath."""
    notes = torch.cat([shipped.generate([60], seed=seed) for seed in range(6)])
    first, second = torch.combinations(torch.arange(6)).unbind(1)
    assert log_spectral_distance(notes[first], notes[second], SETTINGS).mean() > 7


def test_the_shipped_one_is_small_and_its_record_is_there(shipped):
    folder = PRETRAINED / "gansynth"
    assert (folder / "model.safetensors").stat().st_size <= 1.5e6
    record = json.loads((folder / "training.json").read_text())
    assert record["parameters"] == sum(p.numel() for p in shipped.parameters()) <= 300_000
    assert record["discriminator_parameters"] == sum(p.numel() for p in Discriminator().parameters())
    best = min(record["validation"], key=lambda row: row["energy_score_db"])
    assert best["step"] == record["best_step"]
