"""Which voices are rendered, and why the others are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tqdm import tqdm

from nsynthlib.dx7.banks import Voice
from nsynthlib.dx7.names import family_of
from nsynthlib.dx7.tuning import Tuning, tune
from nsynthlib.rendering import each


@dataclass(frozen=True)
class Chosen:
    """A voice that is rendered, what its name tells, and what was heard of it.

    >>> chosen, _ = choose(find_banks()[0].voices[10:11], workers=1)
    >>> chosen[0].instrument, chosen[0].family
    ('keyboard_electronic_3010', 'keyboard')
    """

    voice: Voice
    family: str
    source: str
    tuning: Tuning

    @property
    def instrument(self) -> str:
        """Name of its instrument in NSynth's form, such as ``keyboard_electronic_3010``."""
        return f"{self.family}_{self.source}_{self.voice.number}"


def choose(voices: Sequence[Voice], workers: int | None = None) -> tuple[list[Chosen], dict[str, str]]:
    """The voices whose family is told by their name and whose pitch is heard, each sound once.

    Returns:
        Them in their order, and for each of the others, by its title, why it is left out.

    >>> chosen, left_out = choose(find_banks()[0].voices[10:13], workers=1)
    >>> [(one.voice.name, one.family) for one in chosen], len(left_out)
    ([('E.PIANO 1', 'keyboard'), ('GUITAR  1', 'guitar')], 1)
    """
    named = {voice: told for voice in voices if (told := family_of(voice.name))}
    packed = list(dict.fromkeys(voice.packed for voice in named))
    with tqdm(each(_tune, packed, workers), total=len(packed), desc="tuning", unit="voice") as results:
        heard = dict(results)
    chosen: list[Chosen] = []
    left_out: dict[str, str] = {}
    first: dict[str, str] = {}  # by what it sounds like, the title of the voice that had it first
    for voice in voices:
        if voice not in named:
            left_out[voice.title] = "its name does not tell one family"
        elif (tuning := heard[voice.packed]).fault:
            left_out[voice.title] = tuning.fault
        elif tuning.sound in first:
            left_out[voice.title] = f"sounds the same as {first[tuning.sound]}"
        else:
            first[tuning.sound] = voice.title
            chosen.append(Chosen(voice, *named[voice], tuning))
    return chosen, left_out


def _tune(packed: bytes) -> tuple[bytes, Tuning]:
    return packed, tune(packed)
