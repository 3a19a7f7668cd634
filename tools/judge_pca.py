"""Principal components of the models' pictures, judged by the notes that the shipped models were judged by.

    python tools/judge_pca.py data/soundfont data/dx7 data/recordings [--real FOLDER]

A linear autoencoder can do no better than PCA (Baldi and Hornik 1989), so this is what a model must beat to have been
worth its layers. Mean and directions are found from 6,000 notes that the models learned from, drawn as training draws
them, and kept in `runs/pca/pca.safetensors` (`--out`). `nsynthlib/pretrained/comparison/pca.json` holds, for each size,
what `evaluation.json` holds of a model's copies.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
import torch
from safetensors.torch import load_file, save_file
from ship_weights import Notes, code_version
from sklearn.decomposition import PCA
from torch import Tensor
from tqdm import tqdm

import nsynthlib
from nsynthlib.data import Note
from nsynthlib.evaluation.batches import in_batches
from nsynthlib.evaluation.judges import Judges
from nsynthlib.evaluation.per_note import row_of
from nsynthlib.evaluation.reconstruction import note_values
from nsynthlib.evaluation.record import note_record, set_record, weights_sha256, write_results
from nsynthlib.evaluation.targets import Targets
from nsynthlib.evaluation.trackers import pesto_version
from nsynthlib.files import read_json
from nsynthlib.generation.notes import to_audio
from nsynthlib.models.autoencoders import AE
from nsynthlib.models.classifier import Classifier
from nsynthlib.models.scaling import gate
from nsynthlib.models.sources import PRETRAINED
from nsynthlib.training.batches import draw_evenly

OUT = PRETRAINED / "comparison" / "pca.json"
FITTED = Path("runs/pca/pca.safetensors")
LEARNED = 6_000
SIZES = (48, 128)  # numbers a note: the vector of the residual preset, and that of the thesis
SEED = 0
JUDGED_LIKE = "ae"  # all shipped models were judged by the same notes


@dataclass(frozen=True)
class Directions:
    """The mean picture ``[cells]`` in decibels, and orthonormal directions ``[size, cells]``, the widest first."""

    mean: Tensor
    components: Tensor

    @classmethod
    def fit(cls, notes: Sequence[Note], model: AE, size: int) -> tuple[Directions, np.ndarray]:
        """The directions of ``notes``' pictures, and what share of their variance lies along each, ``[size]``."""
        rows = np.empty((len(notes), np.prod(model.log_mel.shape)), np.float32)
        first = 0
        for some, audio in tqdm(in_batches(notes), total=-(-len(notes) // 8), desc="pictures"):
            rows[first : first + len(some)] = model.log_mel(audio).flatten(1).numpy()
            first += len(some)
        found = PCA(size, svd_solver="randomized", random_state=SEED, copy=False).fit(rows)
        mean, components = (torch.from_numpy(part).float() for part in (found.mean_, found.components_))
        return cls(mean, components), found.explained_variance_ratio_

    @classmethod
    def load(cls, path: Path) -> Directions:
        return cls(**load_file(path))

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({"mean": self.mean, "components": self.components.contiguous()}, path)

    def first(self, size: int) -> Directions:
        return Directions(self.mean, self.components[:size])

    def copy(self, db: Tensor, floor_db: float) -> Tensor:
        """Decibels ``[batch, n_mels, frames]`` through the directions and back; silence is gated as the models' is."""
        flat = db.flatten(1) - self.mean
        return gate((flat @ self.components.T @ self.components + self.mean).view_as(db), floor_db)


def copies(directions: Directions, model: AE, notes: Sequence[Note]) -> Iterator[Tensor]:
    """Every note through the directions and back ``[64000]``, by the models' picture and its inverse."""
    for _, audio in in_batches(notes):
        yield from to_audio(model, directions.copy(model.log_mel(audio), model.log_mel.floor_db))


def judged_notes(notes: Notes) -> dict[str, list[Note]]:
    """Of every set the notes that the shipped models were judged by, checked by their hash."""
    stored = read_json(PRETRAINED / JUDGED_LIKE / "evaluation.json")
    found = {}
    for name, some in notes.sets().items():
        by_name = {note.name: note for note in some}
        found[name] = [by_name[one] for one in stored["notes"][name]["names"]]
        if set_record(found[name], len(some)) != stored["sets"][name]:
            raise SystemExit(f"{name}: these are not the notes that the models were judged by")
    return found


def judge(directions: Directions, model: AE, sets: dict[str, list[Note]], whole: dict[str, int]) -> dict[str, Any]:
    """What an evaluation tells of a model's copies, for as many directions as there are."""
    judges = Judges(Classifier.from_pretrained())
    size = len(directions.components)
    told: dict[str, Any] = {"model": f"PCA {size}", "sets": {}, "reconstruction": {}, "notes": {}}
    for name, notes in sets.items():
        targets = Targets.of(notes)
        values = note_values(judges, notes, targets, copies(directions, model, notes), f"{name}: PCA {size}")
        told["sets"][name] = set_record(notes, whole[name])
        told["reconstruction"][name] = {"model": row_of(values, targets.clusters)}
        told["notes"][name] = note_record(notes, {"model": values})
    return told


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description="Judge PCA by the notes that the shipped models were judged by.")
    parser.add_argument("notes", type=Path, nargs="+", help="the sets that the models learned from")
    parser.add_argument("--real", type=Path, help="real NSynth notes, where the models were judged by them as well")
    parser.add_argument("--out", type=Path, default=FITTED, help="where mean and directions are kept")
    options = parser.parse_args()
    notes, model = Notes(options.notes, options.real, limit=0), AE.from_pretrained()
    learned, judged = notes.learned(), judged_notes(notes)  # which ones is told by the models' evaluations
    drawn = draw_evenly(learned, LEARNED, SEED)
    started = time.monotonic()
    directions, shares = Directions.fit(drawn, model, max(SIZES))
    seconds = time.monotonic() - started
    directions.save(options.out)
    head = {
        "data": " ".join(folder.name for folder in options.notes),
        "nsynthlib": nsynthlib.__version__,
        "code": code_version(),
        "judge_weights": weights_sha256(PRETRAINED / "classifier"),
        "seed": SEED,
        "device": "cpu",
        "torch": torch.__version__,
        "sklearn": sklearn.__version__,
        "pesto": pesto_version(),
        "learned": set_record(drawn, len(learned)),
        "seconds": round(seconds, 1),
        "explained_variance": {str(size): float(shares[:size].sum()) for size in SIZES},
        "parameters": {str(size): (size + 1) * directions.mean.numel() for size in SIZES},
    }
    whole = {name: len(some) for name, some in notes.sets().items()}
    sizes = {str(size): judge(directions.first(size), model, judged, whole) for size in SIZES}
    OUT.parent.mkdir(exist_ok=True)
    write_results(OUT, {**head, "sizes": sizes})
    print(OUT)


if __name__ == "__main__":
    main()
