"""What instruments are commonly called, as NSynth's families and sources."""

from __future__ import annotations

from collections.abc import Iterable

# Family: what its instruments are called; where words of two rows stand in a name, the longest entry counts, and of two
# as long the upper one. As in General MIDI's programs (`soundfont/programs.py`), what is plucked counts as a guitar,
# what is struck as mallets, and what has stops as an organ.
_ACOUSTIC: dict[str, str] = {
    "bass": "double bass pizzicato, contrabass pizzicato, acoustic bass, upright bass, stand up bass",
    "brass": "french horn, trumpet, trombone, tuba, horn, cornet, flugelhorn, euphonium, bugle, sousaphone, brass",
    "flute": "pan flute, flute, piccolo, recorder, ocarina, whistle, panpipe, shakuhachi, fife, bansuri, quena",
    "reed": "english horn, cor anglais, basset horn, bass clarinet, bass saxophone, bass oboe, clarinet, oboe, "
    "bassoon, contrabassoon, saxophone, sax, reed, shanai, shehnai, duduk, bagpipe, harmonica, shawm, crumhorn",
    "guitar": "guitar, banjo, ganjo, mandolin, ukulele, lute, oud, bouzouki, balalaika, sitar, koto, shamisen, pipa, "
    "guzheng, zither, dobro, cavaquinho, charango",
    "organ": "reed organ, pipe organ, church organ, organ, harmonium, accordion, bandoneon, concertina, melodica",
    "keyboard": "piano, grand, harpsichord, cembalo, clavichord, spinet, virginal, pianoforte, keyboard",
    "mallet": "steel drum, steel pan, music box, thumb piano, toy piano, marimba, vibraphone, vibe, xylophone, "
    "glockenspiel, glock, celesta, celeste, kalimba, mbira, bell, chime, crotale, balafon, gamelan, handpan, "
    "dulcimer, timpani, mallet, xylo",
    "string": "double bass, string bass, contrabass, violin, viola, cello, violoncello, fiddle, harp, erhu, string, "
    "pizzicato",
    "vocal": "vocal, voice, vox, choir, singer, soprano, mezzo soprano, tenor, baritone, chorus",
}
_ELECTRONIC: dict[str, str] = {
    "bass": "electric bass, electronic bass, bass guitar, fretless bass, slap bass, bass, picked bass",
    "guitar": "electric guitar, electronic guitar, telecaster, stratocaster, les paul",
    "keyboard": "electric piano, electric grand, rhodes, wurlitzer, wurli, clavinet, pianet, epiano",
    "organ": "electric organ, transistor organ, hammond, farfisa, vox continental",
    "string": "electric violin, electric cello",
}
_SYNTHETIC: dict[str, str] = {
    "bass": "synth bass",
    "brass": "synth brass",
    "string": "synth string",
    "vocal": "synth voice, synth choir, vocoder",
    "synth_lead": "synth lead, lead, synth, synthesizer, synthesiser, pad, saw, sawtooth, square",
}
_SAME = {"pizz": "pizzicato", "pluck": "pizzicato", "plucked": "pizzicato", "basses": "bass"}


def _singular(word: str) -> str:
    return _SAME.get(word) or (word[:-1] if word.endswith("s") and not word.endswith(("ss", "us")) else word)


_TABLE = [
    (frozenset(map(_singular, entry.split())), family, source)
    for source, families in (("acoustic", _ACOUSTIC), ("electronic", _ELECTRONIC), ("synthetic", _SYNTHETIC))
    for family, entries in families.items()
    for entry in entries.split(", ")
]
_SOURCE_WORDS = {
    "acoustic": "acoustic",
    "electric": "electronic",
    "electronic": "electronic",
    "synth": "synthetic",
    "synthetic": "synthetic",
}
_STRUCK = ("bass", "guitar", "keyboard", "mallet")  # families whose notes die away by themselves


def family_and_source(words: Iterable[str]) -> tuple[str, str] | None:
    """NSynth's family and source of the instrument that these words name; ``None`` where no word is known.

    >>> family_and_source(["Cello"])
    ('string', 'acoustic')
    >>> family_and_source("double bass pizz".split())
    ('bass', 'acoustic')
    """
    known = {_singular(word.lower()) for word in words}
    found = max((row for row in _TABLE if row[0] <= known), key=lambda row: len(row[0]), default=None)
    if found is None:
        return None
    told = next((source for word, source in _SOURCE_WORDS.items() if word in known), found[2])
    return found[1], told


def is_struck(family: str, words: Iterable[str]) -> bool:
    """Whether its notes die away by themselves, being struck or plucked."""
    return family in _STRUCK or "pizzicato" in {_singular(word.lower()) for word in words}
