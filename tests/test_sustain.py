"""A held note: level where it is repeated, without a click, with the decay and the release it was given."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from helpers import RATE, sine

from nsynthlib.audio import estimate_pitch
from nsynthlib.data import FAMILIES
from nsynthlib.errors import DataError, UsageError
from nsynthlib.generation import generate_batch
from nsynthlib.playing import hold, play
from nsynthlib.playing.sustain import layer_and_gain, part, sounding

TIME = np.arange(64_000) / RATE
SECOND = RATE


def note(decay_db: float = 0.0, hertz: float = 220.0, release_db: float = -60.0) -> np.ndarray:
    """A sine that decays by so many dB a second, and from 3 s on by ``release_db`` more, float64 [64000]."""
    level = decay_db * TIME + release_db * np.maximum(TIME - 3, 0)
    return 0.5 * np.sin(2 * np.pi * hertz * TIME) * 10 ** (level / 20)


def level(sound: np.ndarray) -> float:
    return 20 * np.log10(np.sqrt(np.mean(sound**2)))


@pytest.mark.parametrize("decay_db", [0.0, -3.0, -12.0, -20.0])
def test_a_decay_is_measured_and_goes_on_past_the_loop(decay_db):
    held = hold(note(decay_db))
    assert held.decay_db == pytest.approx(decay_db, abs=0.02)
    assert level(held.samples[21_000:29_000]) == pytest.approx(level(held.samples[38_000:46_000]), abs=0.05)
    sound = play(held, 6.0)
    assert len(sound) == 7 * SECOND
    for second in (2.0, 3.5, 5.5):
        now, later = (sound[round(at * RATE) :][:1600] for at in (second - 0.5, second))
        assert level(later) - level(now) == pytest.approx(0.5 * decay_db, abs=0.1)


def test_before_its_loop_ends_a_note_is_as_it_was():
    for decay_db in (0.0, -12.0):
        sound = play(hold(note(decay_db)), 5.0)
        np.testing.assert_allclose(sound[:45_440], note(decay_db)[:45_440], atol=1e-12)


def test_a_rise_is_not_carried_on():
    held = hold(0.01 * note(6.0))
    assert held.decay_db == 0
    assert np.abs(play(held, 60.0)).max() < 0.1


def test_a_tone_is_repeated_in_phase_at_the_earliest_place_of_all():
    """At 200 Hz, of 80 samples a period, every period fits equally well: the first after 1.36 s is chosen."""
    held = hold(note(hertz=200.0))
    assert 21_760 <= held.loop_start < 21_840
    assert (held.loop_end - held.loop_start) % 80 == 0
    np.testing.assert_allclose(play(held, 8.0)[: 8 * RATE], sine(200, 0.5, 8.0), atol=1e-9)


@pytest.mark.parametrize("hertz", [65.4, 219.3, 1046.5, 2093.0])
def test_the_loop_makes_no_click(hertz):
    """No step between samples is larger than the tone's own, and the level dips nowhere."""
    sound = play(hold(note(hertz=hertz)), 9.0)[: 9 * RATE]
    steepest = 0.5 * 2 * np.sin(np.pi * hertz / RATE)
    assert np.abs(np.diff(sound)).max() < 1.02 * steepest
    levels = [level(piece) for piece in sound.reshape(-1, 800)]
    assert max(levels) - min(levels) < 1.0


def test_noise_keeps_its_power_through_the_loop():
    """Where nothing correlates, a plain crossfade would lose 3 dB in its middle."""
    draws = [np.random.default_rng(seed).normal(0, 0.1, 64_000).clip(-1, 1) for seed in range(24)]
    sounds = np.stack([play(hold(draw), 4.0) for draw in draws])
    middle = sounds[:, 46_400 - 480 - 100 : 46_400 - 480 + 100]
    assert level(middle) == pytest.approx(level(sounds[:, 30_000:44_000]), abs=0.5)


def test_the_release_is_the_notes_own_and_ends_in_silence():
    held = hold(note(release_db=-40.0))
    assert held.release.shape == (101,)
    assert held.release[0] == 1
    assert (np.diff(held.release) <= 0).all()
    assert held.release[-1] == 0
    for point in (20, 50, 80):  # to the right of 3 s by a window's half, the level is that of a straight line in dB
        assert 20 * np.log10(held.release[point]) == pytest.approx(-0.4 * point, abs=0.3)
    faded = 10 ** (-0.02 * np.arange(91, 101)) * np.arange(9, -1, -1) / 10
    np.testing.assert_allclose(held.release[91:], faded, rtol=0.05)  # 20 ms are 4.4 periods: their RMS ripples
    sound = play(held, 0.5, gain=0.5)
    assert len(sound) == 24_000
    assert abs(sound[-1]) < 1e-4
    np.testing.assert_allclose(sound[:8000], 0.5 * note()[:8000], atol=1e-12)
    assert level(sound[16_000:16_400]) - level(sound[7600:8000]) == pytest.approx(-20, abs=0.5)


def test_a_note_that_dies_away_has_no_loop_and_ends():
    died = note(-40.0)
    held = hold(died)
    assert (held.loop_start, held.loop_end) == (None, None)
    np.testing.assert_array_equal(play(held, 60.0), died)
    short = play(held, 1.0)
    assert len(short) == 32_000
    # silent at 3 s: a release of its own, 60 dB in 0.3 s
    np.testing.assert_allclose(held.release[:91], 10 ** (-np.arange(91) / 10), rtol=1e-9)
    assert abs(short[17_600]) < 0.5 * 10 ** (-30 / 20)


@pytest.mark.parametrize("decay_db", [0.0, -12.0, -40.0])
def test_parts_are_the_whole(decay_db):
    held = hold(note(decay_db))
    whole = play(held, 5.1)
    edges = [0, 1, 20_800, 46_399, 46_401, 81_600, sounding(held, 81_600)]
    pieces = [part(held, a, min(b, len(whole)), 81_600) for a, b in pairwise(edges) if a < b]
    np.testing.assert_array_equal(np.concatenate(pieces)[: len(whole)], whole)


def test_velocities_have_the_nearest_layer_and_a_gain():
    """Independently: 40 log10 of the ratio in dB is the square of the ratio as an amplitude."""
    for velocity in range(1, 128):
        layer, gain = layer_and_gain(velocity)
        assert abs(layer - velocity) == min(abs(known - velocity) for known in (25, 50, 75, 100, 127))
        assert gain == pytest.approx((velocity / layer) ** 2)


def test_what_is_no_note_is_told():
    with pytest.raises(DataError, match="a note has 64000 samples, not 100"):
        hold(torch.zeros(100))
    with pytest.raises(UsageError, match="not finite"):
        hold(np.full(64_000, np.nan))
    silent = hold(np.zeros(64_000))
    assert silent.loop_start is None
    assert not play(silent, 2.0).any()


def test_notes_of_the_model_are_held_in_tune(model):
    """Of all families at C4, the held part: what a tracker hears of seconds 3 to 7 is the key, within 20 cents."""
    notes = generate_batch(model, pitch=60, family=FAMILIES, velocity=100, seed=1)
    wrong = []
    looped = 0
    for family, audio in zip(FAMILIES, notes, strict=True):
        held = hold(audio)
        if held.loop_start is None or held.decay_db < -20:
            continue
        looped += 1
        sound = play(held, 7.0)
        steep = max(np.abs(np.diff(audio.numpy()[20_800:46_400])).max(), 0.002)
        assert np.abs(np.diff(sound[46_000 : 6 * RATE])).max() < 1.5 * steep, family
        heard = estimate_pitch(torch.from_numpy(sound[3 * RATE : 7 * RATE]).float())
        if abs(heard - 60) > 0.2:
            wrong.append((family, heard))
    assert looped >= 7
    assert not wrong
