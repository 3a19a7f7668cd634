"""Notes of sampled instruments: General MIDI's melodic programs, rendered from free soundfonts by FluidSynth.

One idea a file: ``tables`` reads what a soundfont says of itself, ``programs`` says which of NSynth's instruments each
program is, ``splitting`` keeps shared recordings on one side, ``fonts`` finds the files, ``fluid`` plays one note, and
``rendering`` makes the set.
"""

from nsynthlib.rendering import PITCHES, SPLITS
from nsynthlib.soundfont.fonts import FONTS, TRAIN_ONLY, Font, find_fonts
from nsynthlib.soundfont.programs import PROGRAMS, instrument_of, sounds_at
from nsynthlib.soundfont.rendering import GAIN, render
from nsynthlib.soundfont.splitting import clusters, learnable, split

__all__ = [
    "FONTS",
    "GAIN",
    "PITCHES",
    "PROGRAMS",
    "SPLITS",
    "TRAIN_ONLY",
    "Font",
    "clusters",
    "find_fonts",
    "instrument_of",
    "learnable",
    "render",
    "sounds_at",
    "split",
]
