"""New notes beside the nearest notes that the CVAE learned from, so that a reader can hear whether they are copies.

    python tools/keep_nearest.py data/soundfont data/dx7 data/recordings

For each request the nearest training note of its pitch is looked for, among all of them, and among those that may be
passed on. The latter are kept in `nsynthlib/pretrained/cvae/nearest`, whose `examples.json` tells both distances.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from kept_notes import licence_of, may_be_kept, soundfont_record, write_kept
from torch import Tensor

from nsynthlib.data import Note, NSynth, train_and_valid
from nsynthlib.evaluation.batches import Request, make_notes
from nsynthlib.evaluation.memorisation import level_free, nearest_db
from nsynthlib.models import CVAE
from nsynthlib.models.sources import PRETRAINED

REQUESTS = tuple(Request(60, family, 100) for family in ("brass", "guitar", "organ"))


def nearest(audio: Tensor, pitch: int, learned: Sequence[Note]) -> tuple[Note | None, float]:
    """Of ``learned`` the note of this pitch that lies nearest to ``audio``, and how far: RMSE in decibels."""
    here = level_free(audio)[None]
    best: tuple[Note | None, float] = None, np.inf
    for note in learned:
        if note.pitch == pitch:
            (apart,) = nearest_db(here, np.array([pitch]), [""], [note], quiet=True)
            best = min(best, (note, float(apart)), key=lambda found: found[1])
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description="Keep the training notes nearest to some new notes.")
    parser.add_argument("notes", type=Path, nargs="+", help="all sets that the model learned from, soundfonts first")
    options = parser.parse_args()
    rendered = NSynth(options.notes[0] / "train")
    about = soundfont_record(rendered)
    passed_on = [note for note in rendered if may_be_kept(licence_of(note, about)["licence"])]
    others = list(set(train_and_valid(*options.notes)[0]).difference(passed_on))
    model = CVAE.from_pretrained()
    kept: list[Note] = []
    more: list[dict[str, Any]] = []
    for request in REQUESTS:
        (audio,) = make_notes(model, [request])
        note, apart = nearest(audio, request.pitch, passed_on)
        _, of_others = nearest(audio, request.pitch, others)
        if note:
            kept.append(note)
            asked = {"family": request.family, "velocity": request.velocity, "seed": request.seed}
            more.append(
                {"asked": asked, "apart_db": round(apart, 2), "nearest_of_all_db": round(min(apart, of_others), 2)}
            )
    write_kept(PRETRAINED / "cvae" / "nearest", kept, about, more)


if __name__ == "__main__":
    main()
