"""General MIDI's programs as NSynth's families and sources.

General MIDI names 128 programs; those that play one pitch in one family's manner are here. Left out are the timbres
that sound an interval or a chord (orchestra hit, fifths), the eight "synth effects" (96-103), agogo, woodblock and the
other untuned percussion, and the sound effects (120-127). Pads count as ``synth_lead``, NSynth's family of sounds that
only a synthesiser makes, unless they sing.
"""

from __future__ import annotations

from nsynthlib.data import SOURCES
from nsynthlib.soundfont.fonts import FONTS

# Family: the programs of each source, counted from 0 as FluidSynth counts (General MIDI's charts count from 1).
_FAMILIES: dict[str, dict[str, tuple[int, ...]]] = {
    "bass": {"acoustic": (32,), "electronic": (33, 34, 35, 36, 37), "synthetic": (38, 39)},
    "brass": {"acoustic": (56, 57, 58, 59, 60, 61), "synthetic": (62, 63)},
    "flute": {"acoustic": (72, 73, 74, 75, 76, 77, 78, 79)},
    # ... and what is plucked: sitar, banjo, shamisen, koto
    "guitar": {"acoustic": (24, 25, 104, 105, 106, 107), "electronic": (26, 27, 28, 29, 30, 31)},
    "keyboard": {"acoustic": (0, 1, 3, 6), "electronic": (2, 4, 5, 7)},
    # ... and what is struck: dulcimer, timpani, kalimba (thumbed), tinkle bell, steel drums
    "mallet": {"acoustic": (8, 9, 10, 11, 12, 13, 14, 15, 47, 108, 112, 114)},
    # ... and the accordions, which have keys and stops
    "organ": {"acoustic": (19, 20, 21, 23), "electronic": (16, 17, 18)},
    # ... and harmonica, bagpipe, shanai
    "reed": {"acoustic": (22, 64, 65, 66, 67, 68, 69, 70, 71, 109, 111)},
    # ... and harp, fiddle
    "string": {"acoustic": (40, 41, 42, 43, 44, 45, 46, 48, 49, 110), "synthetic": (50, 51)},
    "synth_lead": {"synthetic": (80, 81, 82, 83, 84, 87, 88, 89, 90, 92, 93, 94, 95)},
    "vocal": {"acoustic": (52, 53), "synthetic": (54, 85, 91)},
}

#: Family and source of each General MIDI program that is rendered, by its number counted from 0.
PROGRAMS: dict[int, tuple[str, str]] = dict(
    sorted(
        (program, (family, source))
        for family, sources in _FAMILIES.items()
        for source in SOURCES
        for program in sources.get(source, ())
    )
)

# Programs of the known fonts that do not sound at the key pressed, by semitones: organs whose deepest stop is a 32'
# or 16' pipe (0, -1 to -5 dB beside the loudest partial), and harmonics two octaves above the string.
_SOUNDS = {16: -24, 17: -12, 18: -12, 31: 24}


def instrument_of(program: int, font: int) -> tuple[str, int]:
    """Name and number of the instrument that a program is in the soundfont of number ``font``.

    The number is ``128 * font + program``, so an instrument keeps its name whatever else is rendered.

    >>> instrument_of(19, font=0), instrument_of(19, font=1)  # a church organ, of two soundfonts
    (('organ_acoustic_019', 19), ('organ_acoustic_147', 147))
    """
    family, source = PROGRAMS[program]
    number = 128 * font + program
    return f"{family}_{source}_{number:03d}", number


def sounds_at(program: int, font: int) -> int:
    """Semitones from the key pressed to the pitch heard, of a program in the soundfont of number ``font``.

    0 in a font that is not among the known ones: nothing tells where its organs sound.

    >>> sounds_at(0, font=0)  # a piano sounds at its key
    0
    """
    return _SOUNDS.get(program, 0) if font < len(FONTS) else 0
