"""Keep what the atlas of errors shows: pictures and sounds of median and worst notes, and of every model's copies.

    python tools/keep_atlas.py data/soundfont [--pca runs/pca/pca.safetensors]

Which notes they are follows from the values that `evaluation.json` and `comparison/pca.json` hold of each test note, so
nothing is judged anew and nothing is chosen; each copy made here must have the error that stands there. Made after
`tools/judge_pca.py`, whose directions it reads. Besides, the note in the middle of the CVAE's table is kept as PCA
copies it, as FLAC, because directions are too large to come with the package.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from judge_pca import FITTED, OUT, SIZES, Directions, copies
from kept_notes import SET, licence_of, may_be_kept
from make_pocket import flac
from ship_weights import MODELS, code_version
from torch import Tensor
from tqdm import tqdm

import nsynthlib
from nsynthlib.audio.excerpt import beginning
from nsynthlib.data import Note, NSynth, held_out
from nsynthlib.evaluation import notes_behind
from nsynthlib.evaluation.atlas import ORIGINAL, Atlas, atlas_cells, mp3, png, shown_notes, small_picture
from nsynthlib.evaluation.atlas import where_it_errs as where
from nsynthlib.evaluation.batches import rebuild
from nsynthlib.evaluation.distances import Original
from nsynthlib.evaluation.record import write_results
from nsynthlib.files import read_json
from nsynthlib.models.loading import load_model
from nsynthlib.models.sources import PRETRAINED

FOLDER = OUT.parent
PCA = f"pca_{SIZES[0]}"
NEAR_DB = 0.02  # two machines, and half a unit of the last digit that is stored


def stored_evaluations() -> dict[str, Any]:
    """Of PCA and every model, by its name."""
    models = {name: read_json(PRETRAINED / name / "evaluation.json") for name in MODELS}
    return {PCA: read_json(OUT)["sizes"][str(SIZES[0])], **models}


def copies_of(name: str, directions: Directions, notes: Sequence[Note]) -> Iterator[Tensor]:
    if name == PCA:
        return copies(directions.first(SIZES[0]), load_model("ae"), notes)
    return rebuild(load_model(name), notes)


def licences(folder: Path, names: Sequence[str], notes: Mapping[str, Note]) -> dict[str, dict[str, str]]:
    """Of every note the soundfont and its licence; SystemExit where one may not be passed on under it."""
    about = read_json(folder / "soundfont.json")
    found = {name: licence_of(notes[name], about) for name in names}
    for name, told in found.items():
        if not may_be_kept(told["licence"]):
            raise SystemExit(f"{name} is of {told['font']}, {told['licence']}: it is not kept in this package")
    return found


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description="Keep what the atlas of errors shows.")
    parser.add_argument("folder", type=Path, help="what `nsynthlib data soundfont` made")
    parser.add_argument("--pca", type=Path, default=FITTED, help="what tools/judge_pca.py fitted")
    options = parser.parse_args()
    started = time.monotonic()
    evaluations, directions = stored_evaluations(), Directions.load(options.pca)
    by_model = atlas_cells(evaluations, SET)
    test: NSynth = held_out(options.folder)[SET]
    notes = {note.name: note for note in test}
    names = shown_notes([cell for cells in by_model.values() for cell in cells.values()])
    told = licences(options.folder, names, notes)
    pictures = {(ORIGINAL, name): png(small_picture(notes[name].audio)) for name in names}
    sounds = {(ORIGINAL, name): mp3(beginning(notes[name].audio)) for name in names}
    errors: dict[str, dict[str, Any]] = {}
    for model, cells in tqdm(by_model.items(), unit="model"):
        wanted = shown_notes(list(cells.values()))
        values = {note.name: note.value for cell in cells.values() for note in (cell.median, cell.worst)}
        errors[model] = {}
        made = copies_of(model, directions, [notes[name] for name in wanted])
        for name, copy in zip(wanted, made, strict=True):
            found = Original(notes[name].audio).distances(copy)["rmse_db"]
            if abs(found - values[name]) > NEAR_DB:
                raise SystemExit(f"{model} now errs by {found:.3f} dB on {name}, and {values[name]:.3f} dB are stored")
            pictures[model, name], sounds[model, name] = png(small_picture(copy)), mp3(beginning(copy))
            errors[model][name] = {"rmse_db": found, **where(notes[name].audio, copy)._asdict()}
    Atlas(pictures, sounds).save(FOLDER / "atlas.safetensors")
    example = notes[notes_behind(evaluations["cvae"])[SET]["median"].name]
    (copy,) = copies(directions.first(SIZES[0]), load_model("ae"), [example])
    flac(FOLDER / f"{PCA}.flac", (32768 * copy).round().short().numpy())
    write_results(
        FOLDER / "atlas.json",
        {
            "nsynthlib": nsynthlib.__version__,
            "code": code_version(),
            "device": "cpu",
            "torch": torch.__version__,
            "seconds": round(time.monotonic() - started, 1),
            "notes_sha256": evaluations["cvae"]["sets"][SET]["sha256"],
            "weights": {name: evaluations[name]["weights"] for name in MODELS},
            "example": example.name,
            "errors": errors,
            "notes": told,
        },
    )
    print(FOLDER / "atlas.json")


if __name__ == "__main__":
    main()
