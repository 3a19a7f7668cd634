"""The commands of ``nsynthlib``: each reads its options and calls the package; ``__main__`` runs them."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from nsynthlib.cli_import import import_samples
from nsynthlib.cli_miniatures import train_miniature
from nsynthlib.cli_options import Folders, Model, check_out
from nsynthlib.cli_play import export_sfz, generate, melody, morph, reconstruct, transpose
from nsynthlib.cli_render import dx7, soundfont
from nsynthlib.errors import DataError, UsageError
from nsynthlib.values import printable

plain: dict[str, Any] = {"rich_markup_mode": None, "pretty_exceptions_enable": False}
CLASSIFIER_EPOCHS = 5
app = typer.Typer(help="Musical notes, their spectrograms, and models that learn them.", add_completion=False, **plain)
data = typer.Typer(help="Make a folder of notes in NSynth's layout.", **plain)
app.add_typer(data, name="data")


def say(line: str) -> None:
    """A note to the user, beside the results."""
    print(printable(line), file=sys.stderr)


@data.command("synthetic")
def synthetic(
    out: Annotated[Path, typer.Argument(help="New folder.")],
    notes: Annotated[int, typer.Option(min=1, help="How many.")] = 220,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is other instruments.")] = 0,
) -> None:
    """Synthesise notes for all 11 families: the same bytes for the same seed."""
    from tqdm import tqdm

    from nsynthlib.data import write_notes
    from nsynthlib.synthesis import synthetic_notes

    count = write_notes(out, tqdm(synthetic_notes(notes, seed), total=notes, desc="synthesis", unit="note"))
    print(f"{out}: {count} notes")


@data.command("pocket")
def pocket(out: Annotated[Path, typer.Argument(help="New folder.")]) -> None:
    """Write the notes that come with the package: about 60 of sampled instruments, all 11 families."""
    from nsynthlib.data import NewNote, write_notes
    from nsynthlib.data import pocket as notes

    copies = (NewNote(n.instrument, 0, n.pitch, n.velocity, n.audio) for n in notes())
    print(f"{out}: {write_notes(out, copies)} notes")


data.command("soundfont")(soundfont)
data.command("dx7")(dx7)


data.command("import")(import_samples)


@data.command("download")
def download(
    out: Annotated[Path, typer.Argument(help="Folder that gets nsynth-train, nsynth-valid or nsynth-test.")],
    splits: Annotated[str, typer.Option(help="Of train (37 GB), valid (1.6 GB) and test (0.5 GB).")] = "test",
    address: Annotated[str | None, typer.Option(help="Another place that holds the official archives.")] = None,
) -> None:
    """Fetch NSynth's official splits, several with commas between; what broke off goes on where it stopped."""
    from nsynthlib.data import OFFICIAL
    from nsynthlib.data import download as fetch

    wanted = [name.strip() for name in splits.split(",")]
    for split in wanted:
        if split not in OFFICIAL:
            raise UsageError(f"split {split!r} is unknown; choose from {', '.join(OFFICIAL)}")
    for split in wanted:
        notes = fetch(split, out, progress=True, **({"address": address} if address else {}))
        print(f"{notes.folder}: {len(notes)} notes")


@data.command("check")
def check(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of notes, or a packed file.")],
) -> None:
    """Name every fault of a set of notes; exit code 1 if there is any."""
    from nsynthlib.data import check as look

    faults = 0
    for fault in look(source, progress=sys.stderr.isatty()):
        print(printable(f"note: {fault}" if fault.harmless else str(fault)))
        faults += not fault.harmless
    if faults:
        raise DataError(f"{printable(str(source))}: {faults} fault{'s' if faults > 1 else ''}")
    print(f"{printable(str(source))}: no faults")


@data.command("pack")
def pack(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of notes.")],
    out: Annotated[Path, typer.Argument(metavar="OUT.safetensors", help="New file.")],
) -> None:
    """Put a set of notes into one file that opens at once and is read many times faster."""
    from nsynthlib.data import NSynth
    from nsynthlib.data import pack as write

    notes = NSynth(source)
    print(f"{write(notes, out, progress=True)}: {len(notes)} notes")


@app.command()
def train(
    kind: Annotated[str, typer.Argument(help="ae, vae or cvae.")],
    folders: Folders,
    out: Annotated[Path, typer.Option(help="The run's folder.")],
    minutes: Annotated[float, typer.Option(help="Stop after the first validation past this time.")] = math.inf,
    resume: Annotated[bool, typer.Option(help="Go on with the run, with the settings it was begun with.")] = False,
    preset: Annotated[str | None, typer.Option(help="Of the network.")] = None,
    latent_dim: Annotated[int | None, typer.Option(help="Numbers of a latent vector; the preset's without it.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the notes.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Notes a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak of AdamW's.")] = None,
    beta: Annotated[float | None, typer.Option(help="Weight of the KL divergence.")] = None,
    patience: Annotated[int | None, typer.Option(help="Stop after so many validations without a better one.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of weights, order and noise.")] = None,
    bf16: Annotated[bool, typer.Option("--bf16", help="Mixed precision; on a GPU that has it, the default.")] = False,
    compiled: Annotated[bool, typer.Option("--compile", help="Compile the model: faster on a GPU.")] = False,
    tensorboard: Annotated[bool, typer.Option(help="Also write the losses for TensorBoard.")] = False,
) -> None:
    """Train a model; about a tenth of the instruments are kept for validation.

    On many GPUs by `accelerate launch -m nsynthlib train ...`, with the same batches and losses.
    """
    from accelerate import PartialState

    from nsynthlib.data import train_and_valid
    from nsynthlib.training import Settings
    from nsynthlib.training import train as run

    options = dict(kind=kind, preset=preset, epochs=epochs, batch_size=batch_size, learning_rate=learning_rate)
    options |= dict(latent_dim=latent_dim, beta=beta, patience=patience, seed=seed)
    settings = Settings.from_options(options, resumed=out if resume else None)
    how: dict[str, Any] = {"minutes": minutes, "compiled": compiled, "tensorboard": tensorboard}
    how["precision"] = "bf16" if bf16 else None
    history = run(train_and_valid(*folders), out, settings, resume=resume, **how)
    done = len(history["validation"])
    if PartialState().is_main_process:
        print(f"{out}: {done} epochs" + (f", validation error {history['best']:.2f} dB" if done else ""))


@app.command("train-classifier")
def train_classifier(
    folders: Folders,
    out: Annotated[Path, typer.Option(help="New folder for the classifier.")],
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the notes.")] = CLASSIFIER_EPOCHS,
    seed: Annotated[int, typer.Option(min=0, help="Of weights, order and variations.")] = 0,
) -> None:
    """Train the classifier that judges models: pitch, family and velocity of real notes."""
    from nsynthlib.data import train_and_valid
    from nsynthlib.training import train_classifier as run

    record = run(train_and_valid(*folders), out, epochs=epochs, seed=seed)
    best = record["validation"][record["best_epoch"]]
    print(f"{out}: right on validation: " + ", ".join(f"{name} {share:.3f}" for name, share in best.items()))


@app.command()
def evaluate(
    run: Annotated[str, typer.Argument(help="A run folder, a hub name, `shipped`, or another shipped model's name.")],
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Its notes, of which it held some out; others.")
    ],
    json: Annotated[Path, typer.Option(help="Where the results go.")],
    real: Annotated[Path | None, typer.Option(help="Real NSynth notes, as one more set.")] = None,
    classifier: Annotated[
        str | None, typer.Option(help="A folder of `nsynthlib train-classifier`; the shipped one without it.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Notes of each set; of the model's own, two for each.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Of the choice of notes.")] = 0,
    all_notes: Annotated[bool, typer.Option("--all", help="Also the notes a training run would learn from.")] = False,
) -> None:
    """Judge a model beside real notes and copy-synthesis; writes one JSON file."""
    from nsynthlib.data import train_and_valid
    from nsynthlib.evaluation import evaluate as measure
    from nsynthlib.evaluation import write_evaluation
    from nsynthlib.evaluation.sets import sets_to_judge
    from nsynthlib.evaluation.tables import lines
    from nsynthlib.models import Classifier, load_model

    check_out(json, ".json")
    weights = None if run == "shipped" else run
    model, judge = load_model(weights), Classifier.from_pretrained(classifier)
    sets = sets_to_judge(folders, real, all_notes)
    learned = None if all_notes else train_and_valid(folders[0])[0]
    result = measure(model, sets, learned=learned, classifier=judge, limit=limit, seed=seed)
    kind, data = type(model).__name__, folders[0].name
    write_evaluation(json, result, kind=kind, data=data, weights=weights, judge=classifier)
    for line in lines(result):
        print(line)


app.command("train-miniature")(train_miniature)
app.command()(generate)
app.command()(reconstruct)
app.command()(morph)
app.command()(transpose)
app.command()(melody)
app.command("export-sfz")(export_sfz)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR")],
    model: Model = None,
) -> None:
    """Write encoders and decoders as ONNX, and a manifest, for a web page.

    Those of the shipped AE, VAE and CVAE; of one CVAE where a model is named.
    """
    from nsynthlib.generation.export import export as write
    from nsynthlib.models import AE, CVAE, VAE

    told = write([kind.from_pretrained(model) for kind in ((AE, VAE, CVAE) if model is None else (CVAE,))], folder)
    files = [about[part]["file"] for about in told["models"].values() for part in ("encoder", "decoder")]
    print(f"{folder}: {', '.join(files)}, manifest.json")
