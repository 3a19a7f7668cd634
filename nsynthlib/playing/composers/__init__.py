"""Old ways to compose by rule and by chance, each a short function that returns the notes of a piece."""

from nsynthlib.playing.composers.canon import compose_canon
from nsynthlib.playing.composers.chance import compose_cage, compose_xenakis
from nsynthlib.playing.composers.counterpoint import compose_counterpoint
from nsynthlib.playing.composers.dice import compose_dice
from nsynthlib.playing.composers.grammar import compose_grammar
from nsynthlib.playing.composers.isorhythm import compose_isorhythm
from nsynthlib.playing.composers.markov import compose_markov
from nsynthlib.playing.composers.recombination import compose_recombination
from nsynthlib.playing.composers.scores import SCORES
from nsynthlib.playing.composers.twelve_tone import compose_rows

__all__ = [
    "SCORES",
    "compose_cage",
    "compose_canon",
    "compose_counterpoint",
    "compose_dice",
    "compose_grammar",
    "compose_isorhythm",
    "compose_markov",
    "compose_recombination",
    "compose_rows",
    "compose_xenakis",
]
