"""Notes that stand behind a number, kept beside the weights that they judge, so that a reader can hear them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from make_pocket import flac

from nsynthlib.data import Note, NSynth, index_entry
from nsynthlib.evaluation import notes_behind
from nsynthlib.files import new_folder, read_json, write_json

KEPT = ("median", "worst")
SET = "test"  # rendered from soundfonts that may be passed on


def keep_notes(out: Path, judged: Mapping[str, Any], notes: NSynth) -> list[str]:
    """Write the median and the worst note of the test set into the new folder ``out`` and return their names.

    ``judged`` is what ``evaluate`` found, ``notes`` the set they are taken from, rendered by ``nsynthlib data
    soundfont``, whose record tells the font of each instrument and its licence.
    """
    names = [notes_behind(judged)[SET][place].name for place in KEPT]
    write_kept(out, [note for name in names for note in notes.filter(name=name)], soundfont_record(notes))
    return names


def soundfont_record(notes: NSynth) -> dict[str, Any]:
    """What `nsynthlib data soundfont` told of the set that ``notes`` are a split of."""
    return read_json(notes.folder.parent / "soundfont.json")


def licence_of(note: Note, about: Mapping[str, Any]) -> dict[str, str]:
    """The soundfont that a note was rendered from and its licence, by the record of its set."""
    font = about["instruments"][note.instrument]["font"]
    (licence,) = (one["licence"] for one in about["fonts"] if one["name"] == font)
    return {"font": font, "licence": licence}


def may_be_kept(licence: str) -> bool:
    """Whether notes under this licence may be passed on with the package."""
    return "GPL" not in licence


def write_kept(out: Path, notes: Sequence[Note], about: Mapping[str, Any], more: Sequence[dict[str, Any]] = ()) -> None:
    """``notes`` as FLAC in the new folder ``out``, in place of what is there, each with its font and licence.

    ``about`` is the record of the rendered set, ``more`` what else the index is to tell of each note.
    """
    shutil.rmtree(out, ignore_errors=True)
    with new_folder(out) as partial:
        (partial / "audio").mkdir()
        entries = {}
        for i, note in enumerate(notes):
            flac(partial / "audio" / f"{note.name}.flac", note.samples)
            number = about["instruments"][note.instrument]["instrument"]
            entries[note.name] = index_entry(note.name, i, number) | licence_of(note, about) | (more[i] if more else {})
        write_json(partial / "examples.json", dict(sorted(entries.items())))
