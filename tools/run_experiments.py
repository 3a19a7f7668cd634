"""Short training runs of one budget that differ in one thing, judged by validation notes.

    python tools/run_experiments.py architectures data/soundfont data/dx7 data/recordings [--bf16] [--jobs 8]

What there is to run is told in `experiments.py`. Each becomes `nsynthlib/pretrained/experiments/<name>.json`, written
anew after every run, so an interrupted experiment goes on where it stopped. Networks as small as these leave a GPU idle
for most of a step: it does several runs at a time in little more than the time of one.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from experiments import EXPERIMENTS, Sets, Variant, register
from joblib import Parallel, delayed
from ship_weights import code_version
from tqdm import tqdm

import nsynthlib
from nsynthlib.data import Note, train_and_valid
from nsynthlib.evaluation.batches import rebuild
from nsynthlib.evaluation.distances import Original
from nsynthlib.evaluation.per_note import row_of
from nsynthlib.evaluation.record import set_record, write_results
from nsynthlib.evaluation.selection import draw_notes
from nsynthlib.evaluation.statistics import Measurements
from nsynthlib.evaluation.targets import instruments_of
from nsynthlib.files import read_json
from nsynthlib.models.autoencoders import AE, KINDS
from nsynthlib.models.sources import PRETRAINED
from nsynthlib.soundfont import TRAIN_ONLY
from nsynthlib.training import train
from nsynthlib.training.batches import draw_evenly
from nsynthlib.training.precision import cuda_works

record = cache(set_record)  # reading and hashing thousands of notes takes half a minute, and runs share theirs
LEARNED = 9_600  # notes a run learns from, drawn as training draws them: 300 steps an epoch
JUDGED = 100  # notes of each set


@dataclass(frozen=True)
class Notes:
    """The notes of one folder, and which of its instruments are those of the small soundfonts."""

    train: Sequence[Note]
    valid: Sequence[Note]
    small: frozenset[str]

    @classmethod
    def of(cls, folder: Path) -> Notes:
        train, valid = train_and_valid(folder)
        about = folder / "soundfont.json"
        known = read_json(about)["instruments"] if about.exists() else {}
        return cls(train, valid, frozenset(name for name, one in known.items() if one["font"] in TRAIN_ONLY))

    def without(self, source: str | None) -> list[Note]:
        return [note for note in self.train if source != "small soundfonts" or note.instrument not in self.small]


def learned_notes(sets: Mapping[str, Notes], without: str | None) -> list[Note]:
    """``LEARNED`` of all sets, families and sets and instruments alike, and none of one source."""
    notes = [note for name, some in sets.items() if name != without for note in some.without(without)]
    return draw_evenly(notes, LEARNED)


@torch.inference_mode()
def judge(model: AE, sets: Sets) -> dict[str, Measurements]:
    """Medians of all distances of the copies of every set's notes."""
    found = {}
    for name, notes in sets.items():
        apart = [Original(note.audio).distances(copy) for note, copy in zip(notes, rebuild(model, notes), strict=True)]
        values = {measure: np.array([one[measure] for one in apart]) for measure in apart[0]}
        found[name] = row_of(values, instruments_of(notes))
    return found


def run(variant: Variant, sets: Mapping[str, Notes], precision: str, kept: Path | None) -> dict[str, Any]:
    """Train and judge one variant; the trained model stays in ``kept``, if there is such a folder."""
    register()
    rng = np.random.default_rng(0)
    valid = {name: draw_notes(some.valid, JUDGED, rng) for name, some in sets.items()}
    learned = learned_notes(sets, variant.without)
    every = [note for some in valid.values() for note in some]
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        place = kept / f"{variant.name}, seed {variant.settings.seed}" if kept else Path(folder) / "run"
        history = train((learned, every), place, variant.settings, precision=precision)
        seconds = time.process_time() - started
        model = KINDS[variant.settings.kind].from_pretrained(place).to("cuda" if cuda_works() else "cpu")
        device = read_json(place / "settings.json")["device"]
    told = {key: value for key, value in history["validation"][-1].items() if key in ("kl", "active")}
    return {
        "name": variant.name,
        "settings": asdict(variant.settings),
        "without": variant.without,
        "learned": record(tuple(learned), sum(len(some.train) for some in sets.values())),
        "judged": {name: record(tuple(notes), len(sets[name].valid)) for name, notes in valid.items()},
        "device": device,
        "cpu_seconds": round(seconds, 1),
        "parameters": sum(weight.numel() for weight in model.parameters()),
        **{key: round(value, 2) for key, value in told.items()},
        "reconstruction": judge(model, valid),
        **(variant.measure(model, valid) if variant.measure else {}),
    }


def _key(name: str, settings: Mapping[str, Any]) -> str:
    """What tells one run from another."""
    return json.dumps([name, settings], sort_keys=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Short training runs of one budget that differ in one thing.")
    parser.add_argument("experiment", choices=EXPERIMENTS)
    parser.add_argument("notes", type=Path, nargs="+", help="folders of notes, each with train and valid")
    parser.add_argument("--bf16", action="store_true", help="mixed precision")
    parser.add_argument("--keep", type=Path, help="a folder for the trained models, which are thrown away without it")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time, each a process")
    options = parser.parse_args()
    register()
    path = PRETRAINED / "experiments" / f"{options.experiment}.json"
    path.parent.mkdir(exist_ok=True)
    head = {"experiment": options.experiment, "nsynthlib": nsynthlib.__version__, "torch": torch.__version__}
    sets = {folder.name: Notes.of(folder) for folder in options.notes}
    variants = list(EXPERIMENTS[options.experiment]())
    done = {_key(one["name"], one["settings"]): one for one in (read_json(path)["runs"] if path.exists() else [])}
    order = [_key(variant.name, asdict(variant.settings)) for variant in variants]
    kept = options.keep and options.keep / options.experiment
    waiting = [variant for variant, key in zip(variants, order, strict=True) if key not in done]
    runs = (delayed(run)(variant, sets, "bf16" if options.bf16 else "no", kept) for variant in waiting)
    beside = Parallel(options.jobs, return_as="generator_unordered")
    for made in tqdm(beside(runs), desc=options.experiment, total=len(waiting)):
        done[_key(made["name"], made["settings"])] = {**made, "code": code_version()}
        write_results(path, {**head, "runs": [done[key] for key in order if key in done]})
    print(path)


if __name__ == "__main__":
    main()
