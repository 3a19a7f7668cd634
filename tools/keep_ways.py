"""Notes of models that are told the pitch in different ways, to be heard in chapter 8.

    python tools/run_experiments.py conditioning data/soundfont data/dx7 data/recordings --keep runs
    python tools/keep_ways.py runs

Reads the models of seed 0 that the first command kept, and writes a FLAC for each way into
`nsynthlib/pretrained/experiments/ways/`: one vector at three pitches, the beginnings of the notes one after another.
What was asked for, and of which runs, is told in `conditioning.json`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import cast

import numpy as np
import soundfile
import torch
from curve_notes import run_sha256, runs_with
from experiments import register

from nsynthlib.audio.excerpt import SECONDS, beginning
from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.evaluation.batches import Request, make_notes
from nsynthlib.evaluation.record import write_results
from nsynthlib.files import atomic
from nsynthlib.models import PRETRAINED
from nsynthlib.models.autoencoders import CVAE, KINDS

FAMILY, VELOCITY, SEED = "organ", 100, 2
PITCHES = (48, 60, 72)


def played(model: CVAE) -> np.ndarray:
    """The beginnings of one vector's notes, ``[samples]``, at ``PITCHES``."""
    z = torch.randn(model.latent_dim, generator=torch.Generator().manual_seed(SEED))
    notes = make_notes(model, [Request(pitch, FAMILY, VELOCITY, z=z) for pitch in PITCHES])
    return np.concatenate([beginning(note) for note in notes])


def write(folder: Path, kept: Path, seed: int = 0) -> list[Path]:
    """Write ``ways/*.flac`` into ``folder``, and into ``conditioning.json`` there what they are."""
    record = folder / "conditioning.json"
    results, runs = runs_with(record, "seed", seed)
    (folder / "ways").mkdir(exist_ok=True)
    paths = []
    for run in runs:
        model = cast(CVAE, KINDS[run["settings"]["kind"]].from_pretrained(kept / f"{run['name']}, seed {seed}"))
        paths.append(folder / "ways" / f"{file_name(run['name'])}.flac")
        with atomic(paths[-1]) as partial:
            soundfile.write(partial, played(model), SAMPLE_RATE, subtype="PCM_16", format="FLAC")
    asked = {"family": FAMILY, "velocity": VELOCITY, "pitches": list(PITCHES), "seconds": SECONDS, "seed": SEED}
    results["ways"] = {**asked, "runs": {run["name"]: run_sha256(run) for run in runs}}
    write_results(record, results)
    return paths


def file_name(way: str) -> str:
    """The name of a way without what a file's name should not have: ``"one-hot, no FiLM"`` is ``one-hot_no_FiLM``."""
    return way.replace(", ", "_").replace(" ", "_")


def main() -> None:
    parser = argparse.ArgumentParser(description="Notes of models that are told the pitch in different ways.")
    parser.add_argument("kept", type=Path, help="the folder that run_experiments.py was told by --keep")
    options = parser.parse_args()
    register()
    print(*write(PRETRAINED / "experiments", options.kept / "conditioning"), sep="\n")


if __name__ == "__main__":
    main()
