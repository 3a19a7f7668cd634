"""Notes out of a model: what is asked is what comes, and the exported decoder is the same decoder."""

import numpy as np
import pytest
import torch

from nsynthlib import generate, reconstruct
from nsynthlib.audio import estimate_pitch
from nsynthlib.audio.pitch import midi_to_hz
from nsynthlib.errors import DataError, UsageError
from nsynthlib.generation import (
    condition_of,
    condition_of_sound,
    decode,
    generate_batch,
    sample_z,
    standard_normal,
    to_audio,
)
from nsynthlib.models.texture import highpass


def test_the_same_seed_is_the_same_note(model):
    one, two, other = (generate(model, pitch=60, family="organ", velocity=100, seed=s) for s in (0, 0, 1))
    assert one.shape == (64_000,)
    assert one.dtype == torch.float32
    assert torch.equal(one, two)
    assert not torch.equal(one, other)
    z = sample_z(model, 60, "organ", seed=0)
    assert torch.equal(one, generate(model, pitch=60, family="organ", velocity=100, z=z))


def test_a_batch_is_its_notes(model):
    """To the bit."""
    asked = [(48, "string", 100, 3), ("C4", "organ", 25, 0), (72.0, "reed", 127, 7)]
    pitch, family, velocity, seed = map(list, zip(*asked, strict=True))
    notes = generate_batch(model, pitch=pitch, family=family, velocity=velocity, seed=seed)
    assert notes.shape == (3, 64_000)
    assert notes.dtype == torch.float32
    for note, (p, f, v, s) in zip(notes, asked, strict=True):
        assert torch.equal(note, generate(model, pitch=p, family=f, velocity=v, seed=s))


def test_what_is_given_once_is_every_notes(model):
    z = torch.stack([sample_z(model, 60, "organ", seed) for seed in (4, 5)])
    notes = generate_batch(model, pitch=np.array([60, 64]), family="organ", velocity=100, texture=0, z=z)
    for note, pitch, vector in zip(notes, (60, 64), z, strict=True):
        assert torch.equal(note, generate(model, pitch=pitch, family="organ", velocity=100, texture=0, z=vector))
    assert generate_batch(model, pitch=60, family="organ", velocity=100).shape == (1, 64_000)
    assert generate_batch(model, pitch=[], family="organ", velocity=100).shape == (0, 64_000)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"pitch": [60, 128]}, "pitch 128"),
        ({"pitch": [60, 62], "velocity": [1, 2, 3]}, "there are 2 of pitch, 3 of velocity; give as many of each"),
        ({"family": ["organ", "kazoo"]}, "family 'kazoo'.*synth_lead"),
        ({"seed": [0, -1]}, "seed -1"),
        ({"texture": 2}, "texture 2"),
        ({"z": torch.zeros(2, 3)}, "z must have the shape"),
    ],
)
def test_a_batch_refuses_what_a_note_does(model, wrong, complaint):
    with pytest.raises(UsageError, match=complaint):
        generate_batch(model, **({"pitch": 60, "family": "organ", "velocity": 100} | wrong))


def test_each_sound_of_a_batch_is_turned_down_for_itself(model):
    """One would clip, the other is as quiet as alone."""
    loud = torch.full(model.log_mel.shape, -20.0)
    db = torch.stack([loud, loud - 40])
    sounds = to_audio(model, db)
    assert sounds[0].abs().max() == 1
    for sound, alone in zip(sounds, db, strict=True):
        assert torch.equal(sound, to_audio(model, alone))


def test_without_texture_it_is_the_mean(model):
    z, condition = standard_normal(model, 1)[None], condition_of(60, "vocal", 100)
    with torch.inference_mode():
        assert torch.equal(model.decode(z, condition), model.decode(z, condition, torch.tensor([0.0])))


@pytest.mark.parametrize("pitch", [48, 60, 72])
def test_notes_have_the_pitch_that_was_asked_for(model, pitch):
    for family in ("reed", "string"):  # an organ's low stops sound octaves deeper, and the tracker follows them
        audio = generate(model, pitch=pitch, family=family, velocity=100, seed=2)
        assert estimate_pitch(audio) == pytest.approx(pitch, abs=0.5)
        assert 1e-2 < audio.abs().max() <= 1


def test_a_harder_stroke_is_louder(model):
    for family in ("organ", "brass", "string"):
        levels = [decode(model, standard_normal(model, 3), 60, family, v).max().item() for v in (25, 75, 127)]
        assert levels == sorted(levels)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"pitch": 128}, "pitch 128"),
        ({"pitch": -1}, "pitch -1"),
        ({"family": "kazoo"}, "family 'kazoo'.*synth_lead"),
        ({"velocity": 0}, "velocity 0"),
    ],
)
def test_values_out_of_range_are_named(wrong, complaint):
    with pytest.raises(UsageError, match=complaint):
        condition_of(**({"pitch": 60, "family": "organ", "velocity": 100} | wrong))


def test_a_reconstruction_resembles_its_note(model, real_notes):
    """Nearer to its own note than to another, on the model's spectrogram."""
    chosen = [next(n for n in real_notes if n.family == f) for f in ("organ", "brass")]
    spectrograms = [model.log_mel(n.audio) for n in chosen]
    for i, note in enumerate(chosen):
        back = reconstruct(model, note.audio, condition_of(note.pitch, note.family, note.velocity))
        assert back.shape == (64_000,)
        apart = [(model.log_mel(back) - p).square().mean().item() for p in spectrograms]
        assert np.argmin(apart) == i
    with pytest.raises(DataError, match="64000 samples"):
        reconstruct(model, torch.zeros(100))


def test_texture_gives_movement_back_and_keeps_the_pitch(model):
    """From frame to frame a string's spectrogram moves more the more texture it has, and stays in tune."""
    z = sample_z(model, 60, "string", seed=1)
    moves = []
    for texture in (0.0, 0.5, 1.0):
        moves.append(highpass(decode(model, z, 60, "string", 100, texture, 1))[:, 16:88].std().item())
        audio = generate(model, pitch=60, family="string", velocity=100, z=z, texture=texture)
        assert estimate_pitch(audio) == pytest.approx(60, abs=0.5)
    assert moves == sorted(moves)
    assert moves[2] > 2 * moves[0]
    for wrong in (-0.1, 1.1):
        with pytest.raises(UsageError, match=f"texture {wrong}"):
            generate(model, pitch=60, family="string", velocity=100, z=z, texture=wrong)


def test_a_note_out_of_tune_is_copied_where_it_sounds(model):
    """A tone 30 cents sharp comes back sharp, because its tuning is measured and told."""
    time = torch.arange(64_000) / 16_000
    hz = midi_to_hz(60.3)
    audio = 0.1 * torch.exp(-time / 2) * sum(torch.sin(2 * torch.pi * k * hz * time) / k for k in range(1, 9))
    told = condition_of_sound(audio, 60, "guitar", 100)
    assert told.pitch.item() == pytest.approx(60.3, abs=0.021)
    copy = reconstruct(model, audio, told)
    assert estimate_pitch(copy) == pytest.approx(60.3, abs=0.08)


def test_tuning_moves_a_new_note(model):
    plain, sharp = (generate(model, pitch=60, family="organ", velocity=100, tuning=cents) for cents in (0.0, 40.0))
    assert 100 * (estimate_pitch(sharp) - estimate_pitch(plain)) == pytest.approx(40, abs=12)
    with pytest.raises(UsageError, match="tuning 51 is out of range; choose one from -50 to 50 cents"):
        generate(model, pitch=60, family="organ", velocity=100, tuning=51)
