"""A few notes along the rate-distortion curve, for the explorer of chapter 7: pictures, errors and nats.

    python tools/run_experiments.py rate_distortion data/soundfont data/dx7 data/recordings --keep runs
    python tools/curve_notes.py runs

Reads the models that the first command kept, for one length of z, and writes
`nsynthlib/pretrained/experiments/rate_distortion.safetensors`. What it was made of stands in its metadata and in
`rate_distortion.json`: after another experiment, a test says that it is of other models.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from nsynthlib.data import Note, pocket
from nsynthlib.errors import DataError
from nsynthlib.evaluation.record import write_results
from nsynthlib.files import atomic, read_json
from nsynthlib.generation.notes import condition_of_sound
from nsynthlib.models import CVAE, PRETRAINED, kl_divergence

NOTES = ("brass_acoustic_060-053-127", "keyboard_acoustic_000-060-075")
LATENT_DIM = 48
FLOOR_DB = -100.0


def to_cells(db: Tensor) -> Tensor:
    """Decibels in [-100, 0] as uint8, 0.4 dB a step."""
    return (255 * (1 - db / FLOOR_DB)).round().to(torch.uint8)


def run_sha256(run: Mapping[str, Any]) -> str:
    """What tells the record of one run from that of any other."""
    return hashlib.sha256(json.dumps(run, sort_keys=True).encode()).hexdigest()


def runs_with(record: Path, setting: str, value: object) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What an experiment's file holds, and those of its runs that had this setting; DataError if there are none."""
    results = read_json(record)
    runs = [run for run in results["runs"] if run["settings"][setting] == value]
    if not runs:
        raise DataError(f"{record}: holds no run whose {setting} is {value}; run the experiment first")
    return results, runs


@torch.inference_mode()
def along_curve(models: Sequence[CVAE], notes: Sequence[Note]) -> dict[str, Tensor]:
    """Pictures, errors and nats of all notes under all models.

    ``original`` uint8 ``[notes, n_mels, frames]``, ``copy`` uint8 ``[notes, models, n_mels, frames]``, ``rmse_db``
    ``[notes, models]``, ``kl`` ``[notes, models, latent_dim]`` in nats.
    """
    originals, copies, errors, nats = [], [], [], []
    for note in notes:
        told = condition_of_sound(note.audio, note.pitch, note.family, note.velocity)
        db = models[0].log_mel(note.audio)[None]
        made = [(model.encode(db, told), model) for model in models]
        decoded = torch.cat([model.decode(mean, told) for (mean, _), model in made])
        originals.append(to_cells(db[0]))
        copies.append(to_cells(decoded))
        errors.append((decoded - db).square().mean((1, 2)).sqrt())
        nats.append(torch.cat([kl_divergence(*posterior) for posterior, _ in made]))
    found = {"original": originals, "copy": copies, "rmse_db": errors, "kl": nats}
    return {name: torch.stack(values).contiguous() for name, values in found.items()}


def write(folder: Path, kept: Path, notes: Sequence[str] = NOTES, latent_dim: int = LATENT_DIM) -> Path:
    """Write ``rate_distortion.safetensors`` into ``folder`` beside its JSON, and its hash into that."""
    record = folder / "rate_distortion.json"
    results, runs = runs_with(record, "latent_dim", latent_dim)
    runs.sort(key=lambda run: run["settings"]["beta"])
    models = [CVAE.from_pretrained(kept / f"{run['name']}, seed {run['settings']['seed']}").eval() for run in runs]
    known = {note.name: note for note in pocket()}
    tensors = along_curve(models, [known[name] for name in notes])
    tensors["beta"] = torch.tensor([float(run["settings"]["beta"]) for run in runs])
    told = {"notes": list(notes), "runs": [run_sha256(run) for run in runs]}
    path = folder / "rate_distortion.safetensors"
    with atomic(path) as partial:
        save_file(tensors, partial, metadata={"about": json.dumps(told)})
    results["notes_along"] = {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    write_results(record, results)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description="A few notes along the rate-distortion curve.")
    parser.add_argument("kept", type=Path, help="the folder that run_experiments.py was told by --keep")
    options = parser.parse_args()
    print(write(PRETRAINED / "experiments", options.kept / "rate_distortion"))


if __name__ == "__main__":
    main()
