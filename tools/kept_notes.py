"""Notes that stand behind a number, kept beside the weights that they judge, so that a reader can hear them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from make_pocket import flac

from nsynthlib.data import NSynth, index_entry
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
    about = read_json(notes.folder.parent / "soundfont.json")
    fonts = {font["name"]: font for font in about["fonts"]}
    shutil.rmtree(out, ignore_errors=True)
    with new_folder(out) as partial:
        (partial / "audio").mkdir()
        entries = {}
        for i, name in enumerate(names):
            (note,) = notes.filter(name=name)
            made = about["instruments"][note.instrument]
            flac(partial / "audio" / f"{name}.flac", note.samples)
            licence = {"font": made["font"], "licence": fonts[made["font"]]["licence"]}
            entries[name] = index_entry(name, i, made["instrument"]) | licence
        write_json(partial / "examples.json", dict(sorted(entries.items())))
    return names
