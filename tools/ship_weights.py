"""Put a training run's weights into the package, in half precision, with the story of how they were made.

    python tools/ship_weights.py runs/cvae data/soundfont [--real FOLDER]

Writes `nsynthlib/pretrained/<kind>/`: `config.json` and `model.safetensors` for `from_pretrained`, `training.json`
(settings, hash of the notes, device, seconds, versions, errors) and `evaluation.json` (the shipped weights, judged).
"""

import argparse
import subprocess
from pathlib import Path

import nsynthlib
from nsynthlib.checkpoints import save_weights
from nsynthlib.data import NSynth, held_out, read_json, write_json
from nsynthlib.evaluation import evaluate
from nsynthlib.models import CVAE, KINDS, PRETRAINED

JUDGED = 100  # notes of each set: a few minutes on two cores


def code_version() -> str:
    """The commit the weights were made with; `+` marks changes that no commit holds."""
    git = ["git", "-C", str(Path(nsynthlib.__file__).parent)]
    commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
    changed = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", "."]).returncode != 0
    return (commit or "unknown") + ("+" if changed else "")


def ship(run: Path, folder: Path, real: Path | None) -> Path:
    """Write the files and return their folder."""
    settings, history = read_json(run / "settings.json"), read_json(run / "history.json")
    kind = KINDS[settings["settings"]["kind"]]
    out = PRETRAINED / kind.__name__.lower()
    model = kind.from_pretrained(run)
    save_weights(model.half(), out)
    story = {key: history[key] for key in ("best", "seconds", "validation")}
    write_json(out / "training.json", {**settings, "code": code_version(), **story})
    if isinstance(model, CVAE) and model.fitted:
        model.fitted.save(out)
    sets = held_out(folder) | ({"nsynth": NSynth(real)} if real else {})
    judged = evaluate(kind.from_pretrained(), sets, limit=JUDGED)
    write_json(out / "evaluation.json", {"model": kind.__name__, "data": folder.name, **judged})
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description="Put a training run's weights into the package.")
    parser.add_argument("run", type=Path, help="the folder `nsynthlib train` made")
    parser.add_argument("notes", type=Path, help="the notes it was trained on; judged are those it held out")
    parser.add_argument("--real", type=Path, help="real NSynth notes to judge by as well")
    options = parser.parse_args()
    out = ship(options.run, options.notes, options.real)
    print(f"{out}: {sum(file.stat().st_size for file in out.iterdir()) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
