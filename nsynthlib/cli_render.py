"""The commands ``nsynthlib data soundfont`` and ``nsynthlib data dx7``, which render instruments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from nsynthlib.errors import UsageError
from nsynthlib.values import printable

Out = Annotated[Path, typer.Argument(help="New folder, which gets train, valid and test.")]
Notes = Annotated[int | None, typer.Option(min=1, help="About as many, drawn evenly; all without it.")]
Lowest = Annotated[int, typer.Option(min=0, max=127, help="Lowest pitch.")]
Highest = Annotated[int, typer.Option(min=0, max=127, help="Highest pitch.")]
Seed = Annotated[int, typer.Option(min=0, help="Of the draw and of the split.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; one for each core without it.")]


def soundfont(
    out: Out,
    font: Annotated[list[str] | None, typer.Option(help="A soundfont's name or file; all known without.")] = None,
    notes: Notes = None,
    lowest: Lowest = 24,
    highest: Highest = 84,
    seed: Seed = 0,
    workers: Workers = None,
) -> None:
    """Render the instruments of General MIDI soundfonts; what was interrupted goes on where it stopped."""
    from nsynthlib.soundfont import FONTS, render

    pitches = _pitches(lowest, highest)
    _tell(out, render(out, font or FONTS, pitches=pitches, notes=notes, seed=seed, workers=workers))


def dx7(
    out: Out,
    bank: Annotated[list[Path] | None, typer.Option(help="A file of DX7 voices; hexter's without it.")] = None,
    notes: Notes = None,
    lowest: Lowest = 24,
    highest: Highest = 84,
    seed: Seed = 0,
    workers: Workers = None,
) -> None:
    """Render the voices of a DX7 by Dexed; what was interrupted goes on where it stopped."""
    from nsynthlib.dx7 import render

    pitches = _pitches(lowest, highest)
    about = render(out, bank, pitches=pitches, notes=notes, seed=seed, workers=workers)
    if left := len(about["left_out"]):
        told = f"{left} voices are left out" if left > 1 else "1 voice is left out"
        typer.echo(printable(f"{out}: {told}; dx7.json there tells why"), err=True)
    _tell(out, about)


def _pitches(lowest: int, highest: int) -> range:
    if highest < lowest:
        raise UsageError(f"highest {highest} lies below lowest {lowest}; choose a range of pitches")
    return range(lowest, highest + 1)


def _tell(out: Path, about: dict[str, Any]) -> None:
    if about["clipped"]:
        typer.echo(printable(f"{out}: {about['clipped']} notes are clipped"), err=True)
    split = ", ".join(f"{notes} notes in {name}" for name, notes in about["notes"].items())
    typer.echo(printable(f"{out}: {split}"))
