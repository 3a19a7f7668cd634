"""WaveNet and SampleRNN: each sample from those before it, and fast generation that is the slow one, faster."""

import math
import os
import signal
import threading

import pytest
import torch
from scipy.signal import resample_poly
from torchaudio.functional import mu_law_encoding

from nsynthlib.data import pocket
from nsynthlib.data.clips import CLIP_PEAK, CLIP_SAMPLES, Clips, load_clips
from nsynthlib.errors import DataError, RunFailed, UsageError
from nsynthlib.models.sampled import SILENCE, bits, draw
from nsynthlib.models.samplernn import SampleRNN
from nsynthlib.models.wavenet import Queues, WaveNet
from nsynthlib.training.sampled import train_samples, validation_bits

SMALL = {
    WaveNet: {"channels": 8, "skip_channels": 8, "first": [1, 2], "periods": [1], "last": [1]},
    SampleRNN: {"hidden": 16, "width": 8},
}
kinds = pytest.mark.parametrize("kind", SMALL)


def small(kind):
    torch.manual_seed(0)
    return kind(**SMALL[kind]).eval()


def some_codes(n, samples, seed=0):
    return torch.randint(0, 256, (n, samples), generator=torch.Generator().manual_seed(seed))


def tone(hz, samples=2048):
    t = torch.arange(samples) / 8000
    return 0.5 * torch.sin(2 * math.pi * hz * t)[None]


def test_queues_give_what_a_whole_pass_gives():
    model, codes, pitch = WaveNet(), some_codes(2, 1500), torch.tensor([48, 71])
    queues, before = Queues(model, pitch), torch.full((2,), SILENCE)
    with torch.inference_mode():
        stepped = []
        for t in range(codes.shape[1]):
            stepped.append(queues.next_logits(before))
            before = codes[:, t]
        torch.testing.assert_close(torch.stack(stepped, 2), model(codes, pitch), atol=1e-5, rtol=0)


@kinds
def test_generation_draws_what_naive_generation_draws(kind):
    """Naive: the whole past again for every sample."""
    model, pitch = small(kind), torch.tensor([50, 65, 72])
    with torch.inference_mode():
        fast = model.sample_codes(pitch, 70, 0.9, torch.Generator().manual_seed(3))
        generator, slow = torch.Generator().manual_seed(3), torch.zeros(3, 0, dtype=torch.int64)
        while slow.shape[1] < 70:
            logits = model(torch.nn.functional.pad(slow, (0, 1)), pitch)[..., -1]
            slow = torch.cat([slow, draw(logits, 0.9, generator)[:, None]], 1)
    assert torch.equal(fast, slow)


@kinds
def test_a_sample_depends_on_those_before_it_and_on_no_other(kind):
    model, codes, pitch = small(kind), some_codes(1, 96), torch.tensor([60])
    changed = codes.clone()
    changed[:, 50] = (changed[:, 50] + 100) % 256
    with torch.inference_mode():
        different = (model(changed, pitch) - model(codes, pitch)).abs().amax((0, 1)) > 1e-6
    assert not different[:51].any()
    assert different[51]


@pytest.mark.parametrize(("pitch", "period"), [(48, 61), (60, 31), (69, 18), (72, 15)])  # 8 kHz over 440 Hz is 18.18
def test_the_receptive_field_is_where_gradients_come_from(pitch, period):
    model, codes = small(WaveNet), some_codes(1, 80)
    assert model.receptive_field(pitch) == 1 + (1 + 2) + (period - 4) + 1
    seen = []
    model.embed.register_forward_hook(lambda *about: seen.append(about[2]) or about[2].retain_grad())
    model(codes, torch.tensor([pitch]))[0, :, 70].sum().backward()
    reached = seen[0].grad[0].abs().sum(1).nonzero()[:, 0]
    # the embedding at place t is of sample t - 1
    assert (int(reached.min()) - 1, int(reached.max()) - 1) == (70 - model.receptive_field(pitch), 69)


def test_without_periods_it_is_a_stack_of_dilated_convolutions():
    """The layers' sums are those of PyTorch's convolution with their dilations."""
    model, codes = WaveNet(8, 8, [1, 2, 4], [], []), some_codes(1, 40)
    x = model.embed(torch.nn.functional.pad(codes[:, :-1], (1, 0), value=SILENCE))
    skips = []
    for layer, dilation in zip(model.layers, (1, 2, 4), strict=True):
        kernel = torch.stack(layer.look.weight.chunk(2, 1), 2)
        padded = torch.nn.functional.pad(x.transpose(1, 2), (dilation, 0))
        found = torch.conv1d(padded, kernel, layer.look.bias, dilation=dilation) + layer.pitch.weight[12][:, None]
        a, b = found.chunk(2, 1)
        out = layer.out((torch.tanh(a) * torch.sigmoid(b)).transpose(1, 2))
        skips.append(out[..., 8:])
        x = x + out[..., :8]
    logits = model.read(sum(skips)).transpose(1, 2)
    torch.testing.assert_close(model(codes, torch.tensor([60])), logits, atol=1e-5, rtol=1e-5)


@kinds
def test_the_pitch_is_heeded(kind):
    model, codes = small(kind), some_codes(1, 64)
    with torch.inference_mode():
        low, high = model(codes.expand(2, -1), torch.tensor([48, 72]))
    assert (low - high).abs().max() > 1e-3


def test_who_knows_nothing_pays_eight_bits_and_who_knows_all_pays_none():
    codes = some_codes(2, 50)
    assert bits(torch.zeros(2, 256, 50), codes).item() == pytest.approx(8, abs=1e-6)
    sure = 100.0 * torch.nn.functional.one_hot(codes, 256).transpose(1, 2)
    assert bits(sure, codes).item() == pytest.approx(0, abs=1e-6)


def test_stretches_are_the_whole_with_errors_cut_off():
    """What is remembered goes on from one stretch to the next, so they cost what the whole costs."""
    model, audio, pitch = small(SampleRNN), tone(220), torch.tensor([57])
    parts = list(model.losses(audio, pitch))
    assert len(parts) == 2048 // (16 * 64)
    codes = mu_law_encoding(audio, 256)
    whole = bits(model(codes, pitch), codes)
    assert torch.stack(parts).mean().item() == pytest.approx(whole.item(), abs=1e-4)
    with torch.inference_mode():
        forgetful = bits(model(codes[:, 1024:], pitch), codes[:, 1024:])
    assert forgetful.item() != pytest.approx(parts[1].item(), abs=1e-6)


@kinds
def test_one_note_is_learned_by_heart(kind, tmp_path):
    """An eighth of a second of a real note: 7 bits a sample by counting, less than 2 by each network."""
    torch.manual_seed(0)
    model = WaveNet(16, 32) if kind is WaveNet else SampleRNN(48, 32)
    reed = load_clips(pocket(), "reed")
    clips = Clips(reed.audio[:1, 1000:2024], reed.pitch[:1], reed.instrument[:1])
    record = train_samples(
        model, (clips, clips), tmp_path / "run", steps=80, batch_size=1, learning_rate=1e-2, quiet=True
    )
    first, last = (record["validation"][i]["valid"] for i in (0, -1))
    assert last < 2 < 5 < first
    read = kind.from_pretrained(tmp_path / "run")
    assert validation_bits(read, clips) == pytest.approx(min(v["valid"] for v in record["validation"]), abs=0.02)


@kinds
def test_the_same_seed_is_the_same_sound(kind):
    model = small(kind)
    one, same, other = (model.generate([60, 62], 40, seed=seed) for seed in (1, 1, 2))
    assert one.shape == (2, 40)
    assert one.abs().max() <= 1
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"pitch": [47]}, "pitch"),
        ({"pitch": [60.5]}, "pitch"),
        ({"pitch": [60], "samples": 0}, "samples 0 is no"),
        ({"pitch": [60], "temperature": 0}, "temperature must be a number above 0, not 0"),
        ({"pitch": [60], "temperature": "hot"}, "temperature must be a number above 0, not 'hot'"),
    ],
)
def test_what_cannot_be_made_is_told_in_a_line(asked, told):
    with pytest.raises(UsageError, match=told) as caught:
        small(WaveNet).generate(**asked)
    assert "\n" not in str(caught.value)


def test_a_run_is_not_written_over_and_values_are_checked(tmp_path):
    clips = Clips(tone(220, 64), torch.tensor([57]), ["tone"])
    both = (clips, clips)
    train_samples(small(WaveNet), both, tmp_path / "run", steps=1, quiet=True)
    with pytest.raises(UsageError, match="holds something already"):
        train_samples(small(WaveNet), both, tmp_path / "run", steps=1)
    with pytest.raises(UsageError, match="steps 0 is no"):
        train_samples(small(WaveNet), both, tmp_path / "other", steps=0)


@pytest.mark.posix
def test_an_interrupt_keeps_the_best_so_far(tmp_path):
    clips = Clips(tone(220, 256), torch.tensor([57]), ["tone"])
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(RunFailed, match=r"stopped after \d+ of 80000 steps"):
        train_samples(small(WaveNet), (clips, clips), tmp_path / "run", steps=80_000, quiet=True)
    timer.join()
    assert not (tmp_path / "run" / "training.json").exists()


def test_clips_are_the_beginning_of_a_note_at_half_its_rate():
    notes = pocket()
    clips = load_clips(notes, "reed")
    chosen = [note for note in notes if note.family == "reed" and 48 <= note.pitch <= 72]
    assert clips.pitch.tolist() == [note.pitch for note in chosen]
    assert clips.audio.shape == (len(chosen), CLIP_SAMPLES)
    torch.testing.assert_close(clips.audio.abs().amax(1), torch.full((len(chosen),), CLIP_PEAK))
    by_scipy = torch.from_numpy(resample_poly(chosen[0].audio.numpy(), 1, 2)[:CLIP_SAMPLES])
    cosine = torch.nn.functional.cosine_similarity(clips.audio[0].double(), by_scipy.double(), dim=0)
    assert cosine > 0.999


def test_clips_that_are_not_there_are_told():
    with pytest.raises(UsageError, match="family"):
        load_clips(pocket(), "kazoo")
    with pytest.raises(DataError, match="no notes of the family bass"):
        load_clips([note for note in pocket() if note.family != "bass"], "bass")
