"""What can be read from z? One linear probe for each shipped model, all of them with the same notes.

    python tools/probe_models.py data/soundfont data/dx7 data/recordings

The notes are those of the models: probes learn from training notes and are asked about validation notes, which are of
other instruments. Writes `nsynthlib/pretrained/experiments/probes.json`; takes ten minutes on a core.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from ship_weights import MODELS, code_version

import nsynthlib
from nsynthlib.data import train_and_valid
from nsynthlib.evaluation.latent import posteriors, probe
from nsynthlib.evaluation.record import set_record, weights_sha256, write_results
from nsynthlib.evaluation.selection import draw_notes
from nsynthlib.models.loading import load_model
from nsynthlib.models.sources import PRETRAINED

TOLD, ASKED = 2_000, 500  # notes
SEED = 0


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description="What can be read from z, of each shipped model.")
    parser.add_argument("notes", type=Path, nargs="+", help="all sets that the models learned from")
    options = parser.parse_args()
    rng = np.random.default_rng(SEED)
    sets = train_and_valid(*options.notes)
    told, asked = (draw_notes(notes, count, rng) for notes, count in zip(sets, (TOLD, ASKED), strict=True))
    found = {}
    for name in MODELS:
        started = time.process_time()
        model = load_model(name)
        rows = probe(*((posteriors(model, notes, name, quiet=False)[0], notes) for notes in (told, asked)))
        seconds = round(time.process_time() - started, 1)
        found[name] = {"weights": weights_sha256(PRETRAINED / name), "cpu_seconds": seconds, "probe": rows}
    path = PRETRAINED / "experiments" / "probes.json"
    path.parent.mkdir(exist_ok=True)
    write_results(
        path,
        {
            "experiment": "probes",
            "nsynthlib": nsynthlib.__version__,
            "torch": torch.__version__,
            "code": code_version(),
            "device": "cpu",
            "seed": SEED,
            "learned": set_record(told, len(sets[0])),
            "judged": set_record(asked, len(sets[1])),
            "models": found,
        },
    )
    print(path)


if __name__ == "__main__":
    main()
