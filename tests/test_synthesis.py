"""Synthetic notes: in tune, free of aliases, loud as their velocity, the same for the same seed."""

from collections import Counter
from itertools import islice

import numpy as np
import pytest
import torch

from nsynthlib.data import FAMILIES
from nsynthlib.orchestra import ORCHESTRA, draw, orchestra
from nsynthlib.pitch import estimate_pitch, midi_to_hz
from nsynthlib.synthesis import Timbre, fm, synthesise

PLAIN = Timbre(attack=0.01, decay=0, release=0.1, slope=-6)
BELL = Timbre(attack=0.01, decay=0, release=0.1, slope=0, ratio=1.0, index=4.0)


def spectrum(audio):
    """Level in dB below the strongest, [bins], and the frequency of each bin."""
    taps = torch.blackman_window(len(audio), dtype=torch.float64)
    magnitude = torch.fft.rfft(audio.double() * taps).abs().numpy()
    return 20 * np.log10(magnitude / magnitude.max() + 1e-12), np.fft.rfftfreq(len(audio), 1 / 16_000)


@pytest.mark.parametrize("timbre", [PLAIN, BELL])
@pytest.mark.parametrize("pitch", [33, 60, 84])
def test_notes_are_in_tune(timbre, pitch):
    audio = synthesise(timbre, pitch, 100)
    assert audio.shape == (64_000,)
    assert audio.dtype == torch.float32
    assert estimate_pitch(audio) == pytest.approx(pitch, abs=0.1)


@pytest.mark.parametrize("pitch", [45, 69, 93])
def test_additive_partials_stand_at_multiples_and_nowhere_else(pitch):
    """Within a stationary second, whatever lies between the partials is more than 60 dB down: there is no alias."""
    db, hz = spectrum(synthesise(PLAIN, pitch, 127)[16_000:32_000])
    f0 = midi_to_hz(pitch)
    distance = np.abs(hz / f0 - np.round(hz / f0)) * f0
    between = (distance > 5) & (hz > f0 / 2)
    assert db[between].max() < -60
    second = np.abs(hz - 2 * f0) < 3
    assert db[second].max() == pytest.approx(-6, abs=0.5)  # 6 dB an octave


def test_fm_has_the_bessel_functions_levels():
    """Carrier at f, modulator at f/2: side bands J_n(index) around the carrier (Chowning 1973)."""
    from scipy.special import jv

    timbre = Timbre(attack=0.001, decay=0, release=0.1, slope=0, ratio=0.5, index=1.5)
    tone = fm(timbre, 81, 1.0)[1000:9000]  # 880 Hz; the index falls slowly, so keep to the start
    db, hz = spectrum(tone)
    carrier = db[np.abs(hz - 880) < 5].max()
    upper = db[np.abs(hz - 1760) < 5].max()
    expected = 20 * np.log10(abs(jv(2, 1.45) / jv(0, 1.45)))
    assert upper - carrier == pytest.approx(expected, abs=1.5)


def test_fm_never_passes_the_nyquist_frequency():
    db, hz = spectrum(synthesise(BELL, 100, 127)[16_000:32_000])
    f0 = midi_to_hz(100)
    distance = np.abs(hz / f0 - np.round(hz / f0)) * f0
    assert db[(distance > 20) & (hz > 50)].max() < -40


def test_velocity_is_heard_as_level_and_brightness():
    soft, loud = (synthesise(PLAIN, 60, v) for v in (25, 127))
    assert 20 * np.log10((loud.abs().max() / soft.abs().max()).item()) == pytest.approx(
        20 * np.log10(127 / 25), abs=0.01
    )
    centroids = []
    for audio in (soft, loud):
        db, hz = spectrum(audio[16_000:32_000])
        power = 10 ** (db / 10)
        centroids.append((power * hz).sum() / power.sum())
    assert centroids[1] > 1.2 * centroids[0]


def test_the_key_is_held_for_three_seconds():
    audio = synthesise(PLAIN, 60, 100)
    held, released = audio[40_000:47_000].square().mean(), audio[52_000:].square().mean()
    assert 10 * torch.log10(released / held) < -40


def test_every_prefix_covers_the_families_in_turn():
    notes = list(islice(orchestra(44, seed=5), 44))
    assert [n.instrument.rsplit("_", 2)[0] for n in notes[:11]] == list(FAMILIES)
    assert set(Counter(n.instrument for n in notes).values()) == {2}
    assert len({n.name for n in notes}) == 44
    again = list(orchestra(12, seed=5))
    assert all(torch.equal(a.audio, b.audio) for a, b in zip(again, notes, strict=False))
    other = next(iter(orchestra(1, seed=6)))
    assert not torch.equal(other.audio, notes[0].audio)


def test_the_orchestra_uses_both_kinds_of_synthesis():
    assert set(ORCHESTRA) == set(FAMILIES)
    drawn = [draw(family, np.random.default_rng(i)) for family in FAMILIES for i in range(6)]
    assert 10 < sum(t.ratio > 0 for t in drawn) < 56


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_sounds_without_clipping(family):
    audio = synthesise(draw(family, np.random.default_rng(0)), 60, 127)
    assert audio.isfinite().all()
    assert 0.3 < audio.abs().max() < 0.9
