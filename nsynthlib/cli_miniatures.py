"""The command that trains small models of raw sound and of spectra, for the chapter on neural audio."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nsynthlib.cli_options import Folders


def train_miniature(
    kind: Annotated[str, typer.Argument(help="wavenet, samplernn or gansynth.")],
    folders: Folders,
    out: Annotated[Path, typer.Option(help="New folder for the run.")],
    family: Annotated[str, typer.Option(help="Whose notes it learns.")] = "reed",
    steps: Annotated[int | None, typer.Option(min=1, help="Batches to learn from; else the shipped one's.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of weights and order.")] = 0,
) -> None:
    """Train a WaveNet, a SampleRNN or a GANSynth on one family's notes: the first second of each, at 8 kHz."""
    from nsynthlib.data import train_and_valid
    from nsynthlib.training.miniatures import train_miniature as run

    record = run(kind, train_and_valid(*folders)[0], out, family=family, steps=steps, seed=seed)
    print(f"{out}: {record['kind']}, {record['parameters']:,} parameters, {record['seconds']:.0f} s")
