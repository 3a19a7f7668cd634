"""Fit the prior of the shipped CVAE anew and judge the model again, after a change of how priors are fitted.

    python tools/refit_prior.py data/soundfont data/dx7 data/recordings [--real FOLDER]

The weights stay as they are, and so does their record in `training.json`, which gains the version of the code that
fitted the prior. The notes must be those the model was trained on.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import torch
from ship_weights import Notes, code_version, evaluate_shipped

from nsynthlib.files import read_json, write_json
from nsynthlib.models.autoencoders import CVAE
from nsynthlib.models.sources import PRETRAINED
from nsynthlib.training.batches import BatchSource
from nsynthlib.training.prior import fit_prior
from nsynthlib.training.settings import Settings


def without_prior(folder: Path) -> CVAE:
    """The model in `folder`, whatever prior lies beside it: an older one may no longer be readable."""
    with tempfile.TemporaryDirectory() as bare:
        for name in ("config.json", "model.safetensors"):
            shutil.copy(folder / name, bare)
        return CVAE.from_pretrained(bare)


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the prior of the shipped CVAE anew and judge the model again.")
    Notes.add_options(parser)
    judged_by = Notes.of(parser.parse_args())
    out = PRETRAINED / "cvae"
    record = read_json(out / "training.json")
    model = without_prior(out)
    notes = BatchSource(judged_by.learned(), torch.device("cpu"), model.log_mel)
    if notes.sha256 != record["data"]["sha256"][0]:
        parser.exit(
            1,
            f"{' '.join(map(str, judged_by.folders))}: not the notes that the shipped model was trained on; make them "
            "as `make weights` does\n",
        )
    fit_prior(model, notes, Settings.read(out / "training.json")).save(out)
    write_json(out / "training.json", {**record, "prior_code": code_version()})
    evaluate_shipped(CVAE.from_pretrained(), out, judged_by)


if __name__ == "__main__":
    main()
