"""What is left to chance falls as the law of each composer says: coins, densities, Markov chains."""

from collections import Counter

import numpy as np
import pytest
from scipy import stats
from test_composers import UNLIKELY

from nsynthlib.errors import UsageError
from nsynthlib.playing.composers import compose_cage, compose_markov, compose_xenakis
from nsynthlib.playing.composers.chance import CLOUD_FAMILIES, SOUNDS, density_plan, hexagram, poisson
from nsynthlib.playing.composers.markov import learn, walk
from nsynthlib.playing.composers.scores import Chord, read_tune
from nsynthlib.shared_random import make_random


def test_the_coins_answer_every_hexagram_as_often():
    random = make_random(1)
    counts = np.bincount([hexagram(random) for _ in range(6400)], minlength=64)
    assert len(counts) == 64
    assert stats.chisquare(counts).pvalue > UNLIKELY


def test_half_of_the_chart_is_silence_and_about_half_of_the_events():
    assert sum(sound is None for sound in SOUNDS) == 32
    played = sum(len(compose_cage(24, seed)) for seed in range(100))
    assert stats.binomtest(played, 2400, 0.5).pvalue > UNLIKELY


@pytest.mark.parametrize("mean", [0.3, 2.0, 6.0])
def test_counts_are_poissons(mean):
    random = make_random(4)
    counts = np.bincount([poisson(random, mean) for _ in range(4000)])
    likely = stats.poisson.pmf(np.arange(len(counts)), mean) * 4000
    kept = likely > 5
    observed = [*counts[kept], counts[~kept].sum()]
    expected = [*likely[kept], 4000 - likely[kept].sum()]
    assert stats.chisquare(observed, expected).pvalue > UNLIKELY


def test_a_cloud_holds_what_its_plan_says_where_it_says_so():
    plan = density_plan(3.0, 6, 1.0, seed=9)
    notes = compose_xenakis(3.0, 6, 1.0, seed=9)
    assert len(notes) == sum(cell.events for cell in plan)
    for cell in plan:
        family = CLOUD_FAMILIES[cell.family]
        inside = [n for n in notes if n.family == family and cell.start <= n.start < cell.start + 1]
        assert len(inside) == cell.events
    assert all(abs(1000 * n.start - round(1000 * n.start)) < 1e-9 for n in notes)


def test_lengths_are_exponential_between_their_bounds():
    lengths = np.array([n.end - n.start for seed in range(60) for n in compose_xenakis(2.0, 4, 1.5, seed)])
    free = lengths[(lengths > 0.1005) & (lengths < 1.9995)]
    within = stats.truncexpon(b=1.9 * 2.0, loc=0.1, scale=1 / 2.0)
    assert stats.kstest(free, within.cdf).pvalue > UNLIKELY
    assert lengths.min() >= 0.0999
    assert lengths.max() <= 2.0001


@pytest.mark.parametrize("order", [1, 2])
def test_a_long_walk_goes_as_often_everywhere_as_the_tune_did(order):
    """By chi-square, for every state against the shares it was learned with."""
    tune = read_tune("ode_to_joy")
    table, walked = learn(tune, order), walk(tune, order, 6000, seed=2)
    seen = {}
    for place in range(len(walked) - order):
        seen.setdefault(tuple(walked[place : place + order]), Counter())[walked[place + order]] += 1
    tested = 0
    for state, counts in seen.items():
        shares = Counter(table[state])
        assert set(counts) <= set(shares)
        if len(shares) > 1 and counts.total() > 50:
            expected = [counts.total() * share / shares.total() for share in shares.values()]
            assert stats.chisquare([counts[one] for one in shares], expected).pvalue > UNLIKELY / 10
            tested += 1
    assert tested >= 5


def test_a_table_counts_every_transition_once_and_never_ends():
    tune = [Chord((60,), 1.0), Chord((62,), 1.0), Chord((60,), 1.0), Chord((64,), 2.0)]
    table = learn(tune)
    assert table[tune[0],] == [tune[1], tune[3]]
    assert table[tune[3],] == [tune[0]]
    assert learn(tune, 2)[tune[3], tune[0]] == [tune[1]], "after the end comes the beginning, for every order"
    assert sum(map(len, learn(read_tune("ode_to_joy"), 2).values())) == len(read_tune("ode_to_joy"))
    with pytest.raises(UsageError, match="order 0 is no whole number from 1 to 4"):
        compose_markov(order=0)
