"""Judge what is shipped again: its weights stay, and `evaluation.json` beside them is written anew.

    python tools/judge_shipped.py data/soundfont data/dx7 data/recordings [--real FOLDER] [--only cvae vae]

The notes must be those that the models were trained on: new notes are held against the training notes, and those that
training held out are judged.
"""

import argparse

from ship_weights import SHIPPED_CLASSIFIER, Notes, evaluate_shipped, evaluate_shipped_classifier

from nsynthlib.models.loading import load_model
from nsynthlib.models.sources import PRETRAINED


def main() -> None:
    names = sorted(folder.name for folder in PRETRAINED.iterdir() if (folder / "evaluation.json").exists())
    parser = argparse.ArgumentParser(description="Judge what is shipped again.")
    Notes.add_options(parser)
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="these, instead of everything")
    options = parser.parse_args()
    for name in options.only:
        if PRETRAINED / name == SHIPPED_CLASSIFIER:
            evaluate_shipped_classifier(Notes.of(options))
        else:
            evaluate_shipped(load_model(name), PRETRAINED / name, Notes.of(options))
        print(PRETRAINED / name / "evaluation.json")


if __name__ == "__main__":
    main()
