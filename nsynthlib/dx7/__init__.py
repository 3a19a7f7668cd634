"""Notes of a DX7: the factory voices of Yamaha's FM synthesisers, played by Dexed.

One idea a file: ``banks`` reads the voices, ``names`` says which of NSynth's families each belongs to, ``engine`` plays
a note, ``tuning`` listens for its pitch, ``clustering`` keeps variants on one side, ``choosing`` says which voices are
rendered and why others are not, and ``rendering`` makes the set.
"""

from nsynthlib.dx7.banks import BANKS, Bank, Voice, find_banks, read_bank
from nsynthlib.dx7.choosing import Chosen, choose
from nsynthlib.dx7.clustering import clusters, difference
from nsynthlib.dx7.names import family_of, stem
from nsynthlib.dx7.rendering import GAIN, render
from nsynthlib.dx7.tuning import Tuning, tune

__all__ = [
    "BANKS",
    "GAIN",
    "Bank",
    "Chosen",
    "Tuning",
    "Voice",
    "choose",
    "clusters",
    "difference",
    "family_of",
    "find_banks",
    "read_bank",
    "render",
    "stem",
    "tune",
]
