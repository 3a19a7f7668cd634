"""What a note is called: NSynth's families, sources and names (Engel et al. 2017)."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.constants import CONSTANTS

FAMILIES: tuple[str, ...] = tuple(CONSTANTS["families"])
SOURCES = ("acoustic", "electronic", "synthetic")
VELOCITIES = (25, 50, 75, 100, 127)

FORM = "<family>_<source>_<nnn>-<pitch>-<velocity>"
_NAME = re.compile(r"((.+)_([^_]+)_\d+)-(\d+)-(\d+)", re.ASCII)  # greedy, since synth_lead holds an underscore


def note_name(instrument: str, pitch: int, velocity: int) -> str:
    """The name of an instrument's note, of the form ``FORM``.

    >>> note_name("organ_acoustic_019", 60, 75)
    'organ_acoustic_019-060-075'
    """
    return f"{instrument}-{pitch:03d}-{velocity:03d}"


class Labels(NamedTuple):
    """Labels of one note; ``pitch`` and ``velocity`` are MIDI's, 0-127."""

    instrument: str
    family: str
    source: str
    pitch: int
    velocity: int


def parse_name(name: str) -> Labels:
    """Labels told by ``<family>_<source>_<nnn>-<pitch>-<velocity>``.

    Raises ValueError, with what is wrong, for any other form.

    >>> labels = parse_name("organ_acoustic_019-060-075")
    >>> labels.family, labels.pitch, labels.velocity
    ('organ', 60, 75)
    """
    match = _NAME.fullmatch(name)
    if not match:
        raise ValueError(f"is not named {FORM}")
    instrument, family, source, pitch, velocity = match.groups()
    labels = Labels(instrument, family, source, int(pitch), int(velocity))
    if family not in FAMILIES:
        raise ValueError(f"names the unknown family {family!r}; the families are {', '.join(FAMILIES)}")
    if source not in SOURCES:
        raise ValueError(f"names the unknown source {source!r}; the sources are {', '.join(SOURCES)}")
    for what, value in (("pitch", labels.pitch), ("velocity", labels.velocity)):
        if not 0 <= value <= 127:
            raise ValueError(f"has {what} {value}, which is no MIDI number from 0 to 127")
    return labels


def is_note_name(name: str) -> bool:
    """Whether :func:`parse_name` reads it."""
    try:
        parse_name(name)
    except ValueError:
        return False
    return True


def index_entry(name: str, number: int, instrument_id: int) -> dict[str, Any]:
    """Entry of ``examples.json`` for the note ``name``, in NSynth's own fields.

    Args:
        name: of the form that :func:`parse_name` reads.
        number: of the note within its set.
        instrument_id: of the instrument within its set.

    >>> entry = index_entry("organ_acoustic_019-060-075", number=7, instrument_id=2)
    >>> entry["pitch"], entry["instrument_family_str"], entry["note"]
    (60, 'organ', 7)
    """
    labels = parse_name(name)
    return {
        "note": number,
        "note_str": name,
        "instrument": instrument_id,
        "instrument_str": labels.instrument,
        "instrument_family": FAMILIES.index(labels.family),
        "instrument_family_str": labels.family,
        "instrument_source": SOURCES.index(labels.source),
        "instrument_source_str": labels.source,
        "pitch": labels.pitch,
        "velocity": labels.velocity,
        "sample_rate": SAMPLE_RATE,
        "qualities": [0] * 10,
        "qualities_str": [],
    }
