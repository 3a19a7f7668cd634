"""Put a training run's weights into the package, in half precision, with the record of how they were made.

    python tools/ship_weights.py runs/classifier data/soundfont data/dx7 data/recordings [--real FOLDER]
    python tools/ship_weights.py runs/cvae data/soundfont data/dx7 data/recordings [--real FOLDER]

A model's run becomes `nsynthlib/pretrained/<kind>/`: `config.json` and `model.safetensors` for `from_pretrained`,
`training.json` (settings, hash of the notes, device, seconds, versions, errors), `evaluation.json` (the shipped
weights, judged by the shipped classifier) and `notes/` (the median and the worst of the test set's notes). The
classifier's run, to be shipped first, becomes `nsynthlib/pretrained/classifier/` with the same files but the notes.
`--as NAME` ships into another folder of `pretrained/` than the kind's own, `--plain-prior` leaves a CVAE's fitted prior
out.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kept_notes import keep_notes

import nsynthlib
from nsynthlib.data import Note, NSynth, train_and_valid
from nsynthlib.evaluation import evaluate, evaluate_classifier, write_evaluation
from nsynthlib.evaluation.sets import sets_to_judge
from nsynthlib.files import read_json, write_json
from nsynthlib.models.autoencoders import AE, CVAE, KINDS
from nsynthlib.models.classifier import Classifier
from nsynthlib.models.pretrained import save_weights
from nsynthlib.models.sources import PRETRAINED
from nsynthlib.training.settings import Settings

MODELS = ("ae", "vae", "cvae_thesis", "cvae")  # that are shipped, by the names of their folders
SHIPPED_CLASSIFIER = PRETRAINED / "classifier"


def code_version() -> str:
    """The commit the weights were made with; `+` marks changes that no commit holds."""
    git = ["git", "-C", str(Path(nsynthlib.__file__).parent)]
    commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
    changed = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", ".", ":(exclude)pretrained"]).returncode != 0
    return (commit or "unknown") + ("+" if changed else "")


@dataclass(frozen=True)
class Notes:
    """The notes that a run learned from, of which those it held out judge it, and notes of NSynth."""

    folders: Sequence[Path]
    real: Path | None
    limit: int  # of each set; of new ones there are twice as many

    def sets(self) -> dict[str, NSynth]:
        return sets_to_judge(self.folders, self.real)

    def learned(self) -> Sequence[Note]:
        return train_and_valid(*self.folders)[0]

    @staticmethod
    def add_options(parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "notes", type=Path, nargs="+", help="all sets that were learned from; what was held out judges"
        )
        parser.add_argument("--real", type=Path, help="real NSynth notes to judge by as well")
        parser.add_argument("--limit", type=int, default=100, help="notes of each set; 100 take 20 minutes on a core")

    @classmethod
    def of(cls, options: argparse.Namespace) -> Notes:
        return cls(options.notes, options.real, options.limit)


def ship(run: Path, notes: Notes, name: str | None, plain_prior: bool = False) -> Path:
    """Write a model's files and return their folder."""
    settings, history = read_json(run / "settings.json"), read_json(run / "history.json")
    kind = KINDS[Settings.read(run / "settings.json").kind]
    out = PRETRAINED / (name or kind.__name__.lower())
    model = kind.from_pretrained(run)
    save_weights(model.half(), out)
    record = {key: history[key] for key in ("best", "seconds", "validation")}
    write_json(out / "training.json", {**settings, "code": code_version(), **record})
    if isinstance(model, CVAE) and model.prior and not plain_prior:
        model.prior.save(out)
    evaluate_shipped(kind.from_pretrained(out), out, notes)
    return out


def evaluate_shipped(model: AE, out: Path, notes: Notes) -> None:
    """Write how the shipped classifier judges a shipped model beside its weights."""
    sets = notes.sets()
    judged = evaluate(model, sets, learned=notes.learned(), limit=notes.limit)
    keep_notes(out / "notes", judged, sets["test"])
    write_shipped(out, type(model).__name__, notes, judged)


def write_shipped(out: Path, kind: str, notes: Notes, judged: Mapping[str, Any]) -> None:
    data = " ".join(folder.name for folder in notes.folders)
    write_evaluation(
        out / "evaluation.json", judged, kind=kind, data=data, weights=out, judge=None, code=code_version()
    )


def ship_classifier(run: Path, notes: Notes) -> Path:
    """Write the classifier's files and return their folder."""
    save_weights(Classifier.from_pretrained(run).half(), SHIPPED_CLASSIFIER)
    write_json(SHIPPED_CLASSIFIER / "training.json", {**read_json(run / "training.json"), "code": code_version()})
    evaluate_shipped_classifier(notes)
    return SHIPPED_CLASSIFIER


def evaluate_shipped_classifier(notes: Notes) -> None:
    """Write how often the shipped classifier is right beside its weights."""
    judged = evaluate_classifier(Classifier.from_pretrained(), notes.sets())
    write_shipped(SHIPPED_CLASSIFIER, "Classifier", notes, {"judges": judged})


def main() -> None:
    parser = argparse.ArgumentParser(description="Put a training run's weights into the package.")
    parser.add_argument("run", type=Path, help="the folder `nsynthlib train` or `nsynthlib train-classifier` made")
    Notes.add_options(parser)
    parser.add_argument("--as", dest="name", help="the folder's name, where it is not the kind's")
    parser.add_argument("--plain-prior", action="store_true", help="leave a fitted prior out, as in the thesis")
    options = parser.parse_args()
    if (options.run / "settings.json").exists():
        out = ship(options.run, Notes.of(options), options.name, options.plain_prior)
    else:
        out = ship_classifier(options.run, Notes.of(options))
    print(f"{out}: {sum(file.stat().st_size for file in out.iterdir()) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
