"""Intervals: formulas and published ones where notes are independent, simulated truth where instruments are alike."""

import numpy as np
import pytest
from scipy import stats

from nsynthlib.evaluation import difference, summarise, summarise_set
from nsynthlib.evaluation.differences import set_difference, share_difference
from nsynthlib.evaluation.resampling import mean, median
from nsynthlib.evaluation.statistics import design_effect, proportion

RNG = np.random.default_rng


def alike(rng, instruments=25, within=1.0, between=3.0):
    """Values of notes about 0, and their instruments: notes of one instrument lie near each other."""
    of = np.repeat(np.arange(instruments), rng.integers(1, 10, instruments))
    return rng.normal(0, between, instruments)[of] + rng.normal(0, within, len(of)), of


def coverage(trials, truth):
    """How many of the intervals hold the truth."""
    return np.mean([low <= truth <= high for low, high in (row["interval"] for row in trials)])


def test_weighted_statistics_are_numpys_of_repeated_values():
    rng = RNG(0)
    values, weights = rng.normal(size=31), rng.integers(0, 4, (40, 31)).astype(float)
    repeated = [np.repeat(values, row.astype(int)) for row in weights]
    np.testing.assert_allclose(median(values, weights), [np.median(some) for some in repeated])
    np.testing.assert_allclose(mean(values, weights), [np.mean(some) for some in repeated])


def test_the_interval_of_a_mean_is_the_normal_one():
    values = RNG(0).normal(5, 2, 400)
    half = 1.96 * values.std() / 20
    for row in (summarise(values, mean), summarise_set(values, np.mean)):
        assert row["value"] == pytest.approx(values.mean())
        assert (row["n"], row["instruments"]) == (400, 400)
        assert row["interval"] == pytest.approx([values.mean() - half, values.mean() + half], abs=0.2 * half)
    assert summarise([3.0, 3.0])["interval"] == [3.0, 3.0]


def test_the_interval_of_a_median_is_scipys():
    values = RNG(1).gamma(2, 2, 300)
    theirs = stats.bootstrap((values,), np.median, method="percentile", rng=RNG(0)).confidence_interval
    assert summarise(values)["interval"] == pytest.approx(theirs, rel=0.04)


@pytest.mark.parametrize("statistic", [mean, median])
@pytest.mark.parametrize("instruments", [4, 25])
def test_the_interval_holds_the_truth_though_notes_of_an_instrument_are_alike(statistic, instruments):
    """300 sets: 95 % by instruments, and hardly more than half by notes."""
    rng = RNG(instruments)
    sets = [alike(rng, instruments) for _ in range(300)]
    assert 0.90 <= coverage([summarise(values, statistic, of) for values, of in sets], 0.0) <= 0.98
    assert coverage([summarise(values, statistic) for values, _ in sets], 0.0) < 0.75


def test_instruments_of_one_note_each_are_no_clusters():
    values = RNG(3).normal(size=50)
    assert summarise(values, mean, [f"organ_{i}" for i in range(50)]) == summarise(values, mean)


def test_one_instrument_says_that_it_is_one():
    """Nothing can be said of others, so its own notes are resampled."""
    values = RNG(4).normal(size=40)
    row = summarise(values, mean, ["organ"] * 40)
    assert (row["n"], row["instruments"]) == (40, 1)
    assert row["interval"] == summarise(values, mean)["interval"]


def test_what_cannot_be_negative_has_no_negative_end():
    assert summarise([0.1, 0.2, 3.0], mean)["interval"][0] == 0
    assert summarise([-0.1, 0.2, 3.0], mean)["interval"][0] < -0.1


@pytest.mark.parametrize("right", [0, 3, 39, 50])
def test_the_interval_of_a_share_is_wilsons_and_never_sure(right):
    row = proportion([True] * right + [False] * (50 - right))
    theirs = stats.binomtest(right, 50).proportion_ci(0.95, "wilson")
    assert (row["value"], row["n"]) == (right / 50, 50)
    assert row["interval"] == pytest.approx(list(theirs), abs=1e-9)
    low, high = row["interval"]
    assert low <= row["value"] <= high
    assert high - low > 0.07


@pytest.mark.parametrize(("share", "alike"), [(0.6, 0.4), (0.95, 0.4), (0.9, 0.05)])
def test_the_interval_of_a_share_holds_the_truth_though_notes_of_an_instrument_are_alike(share, alike):
    """Beta-binomial instruments, ``alike`` the correlation within one: 95 % or more, where plain Wilson gives less."""
    rng, prior = RNG(5), (1 - alike) / alike
    rows, plain = [], []
    for _ in range(300):
        of = np.repeat(np.arange(30), rng.integers(1, 10, 30))
        right = rng.random(len(of)) < rng.beta(share * prior, (1 - share) * prior, 30)[of]
        rows.append(proportion(right, of))
        plain.append(proportion(right))
    assert 0.92 <= coverage(rows, share) <= 1.0
    assert coverage(plain, share) < coverage(rows, share) - 0.02


def test_a_perfect_score_counts_instruments():
    """200 of 200 notes of 40 instruments are hardly surer than 40 of 40, and one mistake makes nothing surer."""
    of = np.repeat(np.arange(40), 5)
    right = np.ones(200, dtype=bool)
    perfect = proportion(right, of)
    assert perfect["interval"][0] == pytest.approx(stats.binomtest(40, 40).proportion_ci(0.95, "wilson").low, abs=0.01)
    right[7] = False
    assert proportion(right, of)["interval"][0] == pytest.approx(perfect["interval"][0], abs=0.005)
    assert design_effect(right, of) > 4


def test_the_design_effect_is_kishs():
    """1 + (m - 1) rho for clusters of m notes: rho 1 where all of a cluster agree, 0 where notes are independent."""
    rng = RNG(6)
    of = np.repeat(np.arange(400), 6)
    assert design_effect((rng.random(400) < 0.5)[of], of) == pytest.approx(6, rel=0.1)
    assert design_effect(rng.random(2400) < 0.5, of) == pytest.approx(1, abs=0.2)


def test_a_difference_sees_what_two_intervals_do_not():
    """Each model's error is mostly the note's and the instrument's; one is half a decibel better on every note."""
    rng = RNG(7)
    values, of = alike(rng)
    better = values - 0.5 + rng.normal(0, 0.2, len(values))
    one, other = (summarise(some, mean, of) for some in (better, values))
    between = difference(better, values, mean, of)
    assert one["interval"][1] > other["interval"][0]  # they overlap
    assert between["value"] == pytest.approx(one["value"] - other["value"])
    assert between["interval"][0] < -0.5 < between["interval"][1] < -0.3
    assert difference(values, values, clusters=of)["interval"] == [0.0, 0.0]
    doubled = difference(2 * np.exp(values), np.exp(values), clusters=of, combine=np.divide)
    assert doubled["interval"] == pytest.approx([2.0, 2.0])


def test_the_interval_of_a_difference_holds_the_truth():
    rng, rows, plain = RNG(8), [], []
    for _ in range(300):
        values, of = alike(rng)
        other = values + 1 + rng.normal(0, 1, of.max() + 1)[of] + rng.normal(0, 0.5, len(of))
        rows.append(difference(other, values, mean, of))
        plain.append(difference(other, values, mean))
    assert 0.90 <= coverage(rows, 1.0) <= 0.98
    assert coverage(plain, 1.0) < 0.85


def test_the_interval_of_a_difference_of_shares_holds_the_truth():
    rng, rows = RNG(9), []
    for _ in range(300):
        of = np.repeat(np.arange(40), rng.integers(1, 9, 40))
        one = rng.random(len(of)) < rng.beta(6, 1, 40)[of]
        rows.append(share_difference(one, one & (rng.random(len(of)) < 0.9), of))
    assert 0.91 <= coverage(rows, 6 / 7 * 0.1) <= 0.99


def test_a_difference_of_shares_is_never_sure():
    of = np.repeat(np.arange(40), 5)
    same = share_difference([True] * 200, [True] * 200, of)
    assert same["value"] == 0
    assert same["interval"][0] == -same["interval"][1] < -0.01
    clear = share_difference([True] * 200, [i % 14 > 0 for i in range(200)], of)
    assert clear["interval"][0] > 0  # fifteen instruments got worse and none better


def test_a_difference_of_sets_takes_the_same_notes_of_both():
    values, of = alike(RNG(10))
    row = set_difference(values + 1, values, np.mean, of)
    assert row["value"] == pytest.approx(1)
    assert row["interval"] == pytest.approx([1, 1])
