"""Options that several commands have, and what they check alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nsynthlib.errors import UsageError


def _pitch(text: str) -> int:
    """``--pitch`` as a MIDI number."""
    from nsynthlib.audio.pitch import read_pitch

    try:
        return read_pitch(text)
    except UsageError as error:
        raise typer.BadParameter(str(error)) from None


def _pitches(text: str) -> list[int]:
    """``--pitch`` as MIDI numbers, of one note or of several."""
    return [_pitch(part) for part in text.split(",")]


PITCH = typer.Option(parser=_pitch, metavar="PITCH", help="MIDI number, 0-127, or a note: C4, F#3, Bb2.")
PITCHES = typer.Option(parser=_pitches, metavar="PITCH", help="As 60 or C4; several with commas: C4,E4,G4.")
Pitch = Annotated[int | None, PITCH]
FAMILY = typer.Option(help="One of NSynth's 11 families.")
VELOCITY = typer.Option(help="1-127.")
Family = Annotated[str | None, FAMILY]
Named = Annotated[str, FAMILY]
Velocity = Annotated[int | None, VELOCITY]
Seed = Annotated[int, typer.Option(min=0, help="Another seed is another instrument.")]
Temperature = Annotated[float, typer.Option(help="Above 0, to 1: lower is more typical, less varied.")]
Texture = Annotated[float, typer.Option(help="0 to 1: how much of a real note's unevenness is given back.")]
Refine = Annotated[bool, typer.Option("--refine", help="Improve the encoder's guess first: a second longer.")]
Out = Annotated[Path, typer.Argument(metavar="OUT.wav")]
Folders = Annotated[list[Path], typer.Argument(metavar="DIR...", help="Notes in NSynth's layout; sets count alike.")]
Model = Annotated[str | None, typer.Option(help="A run folder or a hub name; the shipped CVAE without it.")]


def check_out(out: Path, ending: str) -> None:
    """A file that cannot be written is told before the work is done."""
    from nsynthlib.files import check_ending

    check_ending(out, ending)
    if not out.parent.is_dir():
        raise UsageError(f"{out.parent} is no folder; make it first, or name another")
