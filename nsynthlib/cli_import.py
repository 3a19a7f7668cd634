"""The command ``nsynthlib data import``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from nsynthlib.errors import UsageError
from nsynthlib.values import printable

PER_INSTRUMENT = typer.Option(help="One of NSynth's; for all, or as INSTRUMENT=VALUE for one of them.")


def import_samples(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Sound files in folders, or an .sfz file.")],
    out: Annotated[Path, typer.Argument(help="New folder, which gets train and valid.")],
    family: Annotated[list[str] | None, PER_INSTRUMENT] = None,
    source: Annotated[list[str] | None, PER_INSTRUMENT] = None,
    valid: Annotated[float, typer.Option(help="Share of the instruments that is held out; 0 makes one set.")] = 0.1,
    limit: Annotated[int, typer.Option(min=0, help="Notes an instrument; 0 for all.")] = 60,
    licence: Annotated[str | None, typer.Option(help="What the samples may be used for; kept with each note.")] = None,
    trust_names: Annotated[bool, typer.Option("--trust-names", help="Do not check pitches by measurement.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the choice of what is held out.")] = 0,
) -> None:
    """Make a set of your own samples, by names such as cello_A2_forte.mp3 or by SFZ files; tells what it left out."""
    from nsynthlib.data import import_notes
    from nsynthlib.data.importing import summary

    how: dict[str, Any] = {"valid": valid, "limit": limit, "licence": licence, "trust_names": trust_names, "seed": seed}
    how |= {"family": _per_instrument(family), "source": _per_instrument(source)}
    record = import_notes(folder, out, **how, progress=True)
    for line in summary(record):
        print(printable(line))
    print(printable(f"{out}: {len(record['notes'])} notes in all; {out / 'import.json'} tells of each"))


def _per_instrument(values: list[str] | None) -> str | dict[str, str] | None:
    """One value for all, or a value for each instrument that is named as INSTRUMENT=VALUE."""
    if not values:
        return None
    named = dict(value.rsplit("=", 1) for value in values if "=" in value)
    if len(named) not in (0, len(values)) or (not named and len(values) > 1):
        raise UsageError(f"{' and '.join(values)}: give one value for all, or INSTRUMENT=VALUE for each")
    return named or values[0]
