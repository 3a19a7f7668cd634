"""Small models judged alike: counting, tone over noise, distances; and the command that trains them."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from helpers import command_line, harmonics
from torchaudio.functional import resample

from nsynthlib.audio import midi_to_hz
from nsynthlib.data import NSynth
from nsynthlib.data.clips import Clips, split_clips
from nsynthlib.data.writing import NewNote, write_notes
from nsynthlib.errors import DataError, UsageError
from nsynthlib.evaluation.harmonicity import harmonics_to_noise_db
from nsynthlib.evaluation.miniatures import cvae_clips, judge_clips, make_clips, seconds_a_note
from nsynthlib.evaluation.ngrams import ngram_bits
from nsynthlib.evaluation.record import weights_sha256
from nsynthlib.evaluation.trackers import in_tune
from nsynthlib.files import read_json
from nsynthlib.models import CVAE, PRETRAINED
from nsynthlib.models.gansynth import GANSynth
from nsynthlib.models.samplernn import SampleRNN
from nsynthlib.models.wavenet import WaveNet
from nsynthlib.training.miniatures import train_miniature


def tone(pitch, samples=8192, rate=8000, cents=0.0):
    """Eight partials of a pitch."""
    return torch.from_numpy(0.1 * harmonics(midi_to_hz(pitch + cents / 100), 8, samples / rate, rate)).float()


def witten_bell(learned, past, code):
    """The probability of a code, by the definition, from rows of codes."""
    if past is None:
        return 1 / 256
    shorter = witten_bell(learned, past[1:] if past else None, code)
    after = Counter()
    for row in learned:
        padded = [128] * len(past) + row
        for t in range(len(row)):
            if tuple(padded[t : t + len(past)]) == past:
                after[padded[t + len(past)]] += 1
    n, kinds = sum(after.values()), len(after)
    return (after[code] + kinds * shorter) / (n + kinds) if n else shorter


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_counting_is_witten_and_bells(order):
    rng = np.random.default_rng(order)
    learned, judged = rng.integers(126, 131, (4, 12)), rng.integers(126, 131, (2, 9))
    logs = []
    for row in judged.tolist():
        padded = [128] * order + row
        for t, code in enumerate(row):
            logs.append(math.log2(witten_bell(learned.tolist(), tuple(padded[t : t + order]), code)))
    found = ngram_bits(torch.from_numpy(learned), torch.from_numpy(judged), order)
    assert found == pytest.approx(-np.mean(logs), abs=1e-9)


def test_counting_knows_a_cycle_and_nothing_of_noise():
    cycle = (torch.arange(4000) % 7 + 60)[None]
    assert ngram_bits(cycle, cycle[:, :700], 1) < 0.05 < 2 < ngram_bits(cycle, cycle, 0)
    noise = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 60_000)))
    assert ngram_bits(noise[:1], noise[1:], 0) == pytest.approx(8, abs=0.01)


@pytest.mark.parametrize("db", [20, 10, 0])
@pytest.mark.parametrize("pitch", [48, 60, 72])
def test_tone_over_noise_is_what_was_mixed(db, pitch):
    sound = tone(pitch)
    noise = torch.randn(8192, generator=torch.Generator().manual_seed(pitch))
    noise *= sound.square().mean().sqrt() * 10 ** (-db / 20) / noise.square().mean().sqrt()
    assert harmonics_to_noise_db(sound + noise, pitch, 8000) == pytest.approx(db, abs=4 if db == 20 else 2)


def clips_of(sounds, pitches, names):
    return Clips(torch.stack(sounds), torch.tensor(pitches), names)


def test_judges_hear_what_is_there():
    learned = clips_of([tone(60), tone(64)], [60, 64], ["a", "a"])
    noise = 0.1 * torch.randn(8192, generator=torch.Generator().manual_seed(0))
    judged = judge_clips(clips_of([tone(60), tone(64, cents=80), noise], [60, 64, 60], ["b", "c", "d"]), learned)
    assert judged["in_tune"]["value"] == pytest.approx(1 / 3)
    assert judged["off_cents"]["value"] == pytest.approx(80, abs=3)  # of 0, 80 and what is no tone
    assert judged["nearest_db"]["interval"][0] == pytest.approx(0, abs=1e-3)
    assert judged["apart_db"]["n"] == 1  # the two at middle C
    assert judged["apart_db"]["value"] > 10


def test_a_clip_is_not_its_own_neighbour():
    clips = clips_of([tone(60), tone(60, cents=30)], [60, 60], ["a", "b"])
    assert judge_clips(clips, clips)["nearest_db"]["value"] > 1


def test_the_cvae_makes_clips_like_the_others():
    clips = make_clips(cvae_clips(CVAE.from_pretrained(), "reed"), [60, 67], seeds=2)
    assert clips.audio.shape == (4, 8192)
    assert clips.pitch.tolist() == [60, 67, 60, 67]
    assert clips.instrument == ["seed 0", "seed 0", "seed 1", "seed 1"]
    torch.testing.assert_close(clips.audio.abs().amax(1), torch.full((4,), 0.5))
    assert judge_clips(clips, clips_of([tone(60), tone(67)], [60, 67], ["a", "a"]))["in_tune"]["value"] == 1
    assert not torch.equal(clips.audio[0], clips.audio[2])


def test_seconds_are_those_of_the_maker():
    asked = []
    assert seconds_a_note(lambda pitch, seed: asked.append((pitch, seed)), pitch=61) >= 0
    assert asked == [([61], 0), ([61], 1), ([61], 2)]


def test_every_twentieth_clip_is_kept_aside():
    clips = Clips(torch.arange(45.0)[:, None], torch.arange(45), [str(i) for i in range(45)])
    learned, checked = split_clips(clips)
    assert checked.pitch.tolist() == [19, 39]
    assert checked.instrument == ["19", "39"]
    assert sorted([*learned.pitch.tolist(), 19, 39]) == list(range(45))
    with pytest.raises(DataError, match="there are 4 notes"):
        split_clips(Clips(clips.audio[:4], clips.pitch[:4], clips.instrument[:4]))


@pytest.fixture(scope="module")
def reeds(tmp_path_factory) -> NSynth:
    folder = tmp_path_factory.mktemp("notes") / "reeds"
    sounds = [tone(48 + i, 64_000, 16_000) for i in range(20)]
    write_notes(folder, [NewNote("reed_acoustic_000", 0, 48 + i, 100, sound) for i, sound in enumerate(sounds)])
    return NSynth(folder)


@pytest.mark.parametrize(("kind", "read"), [("wavenet", WaveNet), ("samplernn", SampleRNN), ("gansynth", GANSynth)])
def test_a_miniature_is_trained_by_name(kind, read, reeds, tmp_path):
    record = train_miniature(kind, reeds, tmp_path / "run", steps=1, quiet=True)
    assert record["parameters"] <= 300_000
    assert record["clips"] == [19, 1]
    found = read.from_pretrained(tmp_path / "run")
    assert sum(p.numel() for p in found.parameters()) == record["parameters"]


def test_the_shell_trains_and_tells_what_cannot_be(reeds, tmp_path):
    in_folder = ("--out", tmp_path / "run", "--steps", 1)
    _, errors = command_line("train-miniature", "organ", reeds.folder, *in_folder, code=2)
    assert "organ" in errors
    assert errors.count("\n") == 1
    output, _ = command_line("train-miniature", "samplernn", reeds.folder, *in_folder)
    assert output.startswith(f"{tmp_path / 'run'}: SampleRNN, 298,432 parameters")
    _, errors = command_line("train-miniature", "samplernn", reeds.folder, *in_folder, code=2)
    assert "holds something already" in errors


SHIPPED = {"wavenet": (WaveNet, 0.8), "samplernn": (SampleRNN, 0.3), "gansynth": (GANSynth, 0.8)}


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped_is_small_and_heard_as_it_was_asked_for(name):
    kind, least = SHIPPED[name]
    model, folder = kind.from_pretrained(), PRETRAINED / name
    assert (folder / "model.safetensors").stat().st_size <= 1.5e6
    record = read_json(folder / "training.json")
    assert record["parameters"] == sum(p.numel() for p in model.parameters()) <= 300_000
    pitches = list(range(48, 73, 2))
    wide = [resample(audio, 8_000, 16_000) for audio in model.generate(pitches, seed=100)]
    assert np.mean([in_tune(audio, pitch) for audio, pitch in zip(wide, pitches, strict=True)]) >= least


def test_results_speak_of_the_weights_that_are_shipped():
    results = read_json(PRETRAINED / "comparison" / "miniatures.json")
    for name, weights in results["weights"].items():
        assert weights == weights_sha256(name.lower())
    learned = {read_json(PRETRAINED / name / "training.json")["sha256"][0] for name in SHIPPED}
    assert len(learned) == 1  # all from the same clips


def test_what_cannot_be_trained_is_told_in_a_line(reeds, tmp_path):
    with pytest.raises(UsageError, match="kind"):
        train_miniature("tacotron", reeds, tmp_path / "run")
    with pytest.raises(DataError, match="family flute"):
        train_miniature("wavenet", reeds, tmp_path / "run", family="flute")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="holds something already"):
        train_miniature("wavenet", reeds, tmp_path / "file")
