"""What a voice is, told by its name: NSynth's family and source.

A DX7 plays no recordings, so its imitations of acoustic instruments are ``synthetic``. ``electronic`` are those of
instruments that are heard through a loudspeaker themselves: electric pianos, clavinets, organs without pipes, electric
guitars and basses. As among General MIDI's programs, the accordion is an organ, the harmonica a reed, the harp a
string, and whatever is plucked a guitar.
"""

from __future__ import annotations

import re

STEM = 5  # letters: the FB-01 has room for seven and shortens the rest, "Trumpt2"

# Names are compared in upper case, the FB-01's without their "FB:".
_NO_FAMILY = (
    r"5TH",  # an interval
    r"\bE\.?P.*(BR|STR)|HARP-FLUTE|BELL-FLUTE|CHIME-ST|STRINGBELL|BELL VOICE|ORCH|T\.BL",  # several families at once
    r"GONG|COW ?BELL|WINDBEL|SPCHIME|DRM|DR$|REFS",  # no pitch, or always the same
    r"GRAND PRIX",  # an effect
)
# The first that is found in a name is what the voice is: what is special stands before what is general.
_FAMILIES = (
    (r"STEEL ?DR", "mallet", "synthetic"),
    ("|".join(_NO_FAMILY), None, None),
    (r"BASSOON|OBOE|CLARIN|SYNCLAR|\bSAX|MONOSAX|HARMONI|HARMON\d|HRMNCA|^REED", "reed", "synthetic"),
    (r"^(E\.?)?BASS|FRETLES|FLAPBAS", "bass", "electronic"),
    (r"BASS|BAS\d?$", "bass", "synthetic"),
    (r"BRASS|BR\d$|BRS$|HORN|TRUMP|TMPT|TROMBON|FLUGEL", "brass", "synthetic"),
    (r"FLUTE|FLT|PICCOLO|RECORDER|^WHISTLE", "flute", "synthetic"),
    (r"E\.?GUITAR|JAZZ G|FUZZ G", "guitar", "electronic"),
    (r"GUITA?R|GTR?\b|\bLUTE|BANJO|SITAR|KOTO|ZITHER", "guitar", "synthetic"),
    (r"E\.PIANO|ELEC\.PNO|E\.PNO|^EPIANO|NEWEP|EGRAND|TIN$|^CLAV|MUTECL|FUZZCLV", "keyboard", "electronic"),
    (r"PIANO|GRAND|HARPSI|CLAV|CLV|HONKEY|^PF|PF$", "keyboard", "synthetic"),
    (r"HARP|STRING|STRI?G|RICHST|VIOLIN|SOLOVIO|CELLO|PIZZIC", "string", "synthetic"),
    (r"VIBE|MARIMB|XYLO|GLOC?KE?N|CELEST|TUBEBE|CHIMES|BELL|TIMP|KARIMBA|MALLET|LOG DRUM", "mallet", "synthetic"),
    (r"PIPE|PORGAN|SYN-?ORGA?N|ACCORDION|SQUEEZE|CALIOPE", "organ", "synthetic"),
    (r"ORGAN", "organ", "electronic"),
    (r"VOICE|VOIC$|CHOIR|VOX", "vocal", "synthetic"),
    (r"SYN|SINEWAV|FANTASY", "synth_lead", "synthetic"),
)


def family_of(name: str) -> tuple[str, str] | None:
    """Family and source of the voice of this name; None if the name tells none, several, or a sound without pitch.

    >>> family_of("E.PIANO 1"), family_of("FB:TubeBe1"), family_of("TRAIN")
    (('keyboard', 'electronic'), ('mallet', 'synthetic'), None)
    """
    for words, family, source in _FAMILIES:
        if re.search(words, _plain(name)):
            return (family, source) if family and source else None
    return None


def stem(name: str) -> str:
    """What the names of one instrument's variants begin with: their first five letters, signs and a plural's S aside.

    >>> stem("HARPSICH 1"), stem("FB:Harpsi2"), stem("VIBES    A"), stem("VIBE    2")
    ('HARPS', 'HARPS', 'VIBE', 'VIBE')
    """
    told = re.sub(r"\b(BC|MW|[AB])$", "", _plain(name))  # which of two it is, or what it is played by
    return re.sub(r"[^A-Z]", "", told).removesuffix("S")[:STEM]


def _plain(name: str) -> str:
    return name.upper().removeprefix("FB:").strip()
