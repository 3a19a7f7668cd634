"""The commands that play a model: notes, what becomes of others' notes, pieces, and instruments for samplers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from nsynthlib.cli_options import (
    PITCHES,
    VELOCITY,
    Family,
    Model,
    Named,
    Out,
    Pitch,
    Refine,
    Seed,
    Temperature,
    Texture,
    Velocity,
    check_out,
)

Source = Annotated[Path, typer.Argument(metavar="IN", help="A sound file of any kind.")]


def generate(
    out: Out,
    pitch: Annotated[Any, PITCHES],
    family: Named,
    velocity: Annotated[int, VELOCITY] = 100,
    seed: Seed = 0,
    tuning: Annotated[float, typer.Option(help="Cents above the pitch, -50 to 50.")] = 0.0,
    temperature: Temperature = 1.0,
    texture: Texture = 1.0,
    model: Model = None,
) -> None:
    """Make a note: 16 kHz mono, four seconds, the same file for the same options.

    Several pitches become a file each, named by their MIDI numbers: OUT-060.wav, OUT-064.wav.
    """
    from nsynthlib.data import write_wav
    from nsynthlib.generation import condition_of, generate_batch
    from nsynthlib.models import CVAE

    condition_of(pitch[0], family, velocity, tuning)  # a wrong value is told before the weights are loaded
    check_out(out, ".wav")
    files = [out] if len(pitch) == 1 else [out.with_stem(f"{out.stem}-{key:03d}") for key in pitch]
    played: dict[str, Any] = dict(pitch=pitch, family=family, velocity=velocity, seed=seed, tuning=tuning)
    notes = generate_batch(CVAE.from_pretrained(model), **played, temperature=temperature, texture=texture)
    for file, note in zip(files, notes, strict=True):
        write_wav(file, note)


def reconstruct(
    source: Source,
    out: Out,
    pitch: Pitch = None,
    family: Family = None,
    velocity: Velocity = None,
    refined: Refine = False,
    model: Model = None,
) -> None:
    """Send a note through the model and back.

    Its condition comes from the options, else from a name like organ_electronic_001-060-100.wav; a pitch that neither
    tells is estimated, a velocity is taken as 100.
    """
    from nsynthlib.data import write_wav
    from nsynthlib.generation import reconstruct as rebuild
    from nsynthlib.models import CVAE

    check_out(out, ".wav")
    audio, condition = _heard(source, pitch, family, velocity)
    write_wav(out, rebuild(CVAE.from_pretrained(model), audio, condition, refined=refined))


def morph(
    a: Annotated[Path, typer.Argument(metavar="A", help="A sound file of any kind.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another.")],
    out: Out,
    steps: Annotated[int, typer.Option(help="Notes, at least 2; the first and the last are copies of A and B.")] = 5,
    pitch: Pitch = None,
    family: Annotated[str | None, typer.Option(help="Of A; of B too, if nothing else tells it.")] = None,
    to_family: Annotated[str | None, typer.Option(help="Of B.")] = None,
    texture: Texture = 1.0,
    refined: Refine = False,
    model: Model = None,
) -> None:
    """Go from one note to another along a sphere of the latent space; the steps follow one another in one file.

    What the notes are comes from where reconstruct has it from; all steps have the pitch and the velocity of A.
    """
    from nsynthlib.data import write_wav
    from nsynthlib.data.labels import is_note_name
    from nsynthlib.generation import morph as between
    from nsynthlib.models import CVAE

    check_out(out, ".wav")
    one, told = _heard(a, pitch, family, None)
    other, told_b = _heard(b, None, to_family or (None if is_note_name(b.stem) else family), None)
    options: dict[str, Any] = dict(condition_a=told, condition_b=told_b, texture=texture, refined=refined)
    write_wav(out, between(CVAE.from_pretrained(model), one, other, steps, **options).flatten())


def transpose(
    source: Source,
    out: Out,
    by: Annotated[float, typer.Option(help="Semitones up; down where negative.")] = 0.0,
    pitch: Pitch = None,
    family: Family = None,
    to_family: Annotated[str | None, typer.Option(help="Plays it in place of its own.")] = None,
    velocity: Velocity = None,
    texture: Texture = 1.0,
    refined: Refine = False,
    model: Model = None,
) -> None:
    """Play a note at another pitch, or by another family; what it is comes from where reconstruct has it from."""
    from nsynthlib.data import write_wav
    from nsynthlib.generation import transpose as move
    from nsynthlib.models import CVAE

    check_out(out, ".wav")
    audio, condition = _heard(source, pitch, family, velocity)
    options: dict[str, Any] = dict(condition=condition, family=to_family, texture=texture, refined=refined)
    write_wav(out, move(CVAE.from_pretrained(model), audio, by, **options))


def melody(
    source: Annotated[Path, typer.Argument(metavar="IN.mid", help="A MIDI file.")],
    out: Out,
    family: Annotated[str | None, typer.Option(help="Plays all channels, in place of their programs.")] = None,
    seed: Seed = 0,
    temperature: Temperature = 1.0,
    texture: Texture = 1.0,
    model: Model = None,
) -> None:
    """Play a MIDI file: 16 kHz mono, the same file for the same options; what is left out is told."""
    from nsynthlib.models import CVAE
    from nsynthlib.playing import read_midi, render_melody

    check_out(out, ".wav")
    notes = read_midi(source, family)
    options: dict[str, Any] = dict(seed=seed, temperature=temperature, texture=texture, progress=True)
    done = render_melody(CVAE.from_pretrained(model), notes, out, **options)
    families = ", ".join(sorted({note.family for note in notes}))
    softer = f"; turned down by {done.turned_down:.1f} dB" if done.turned_down else ""
    print(f"{out}: {done.seconds:.1f} s, {len(notes):,} notes of {families}, {done.made} of them different{softer}")


def export_sfz(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New folder.")],
    family: Named,
    seed: Seed = 0,
    step: Annotated[int, typer.Option(help="Semitones between keys that are made, 1-12.")] = 3,
    temperature: Temperature = 1.0,
    texture: Texture = 1.0,
    model: Model = None,
) -> None:
    """Write an instrument for samplers: SFZ with looped WAVs, from MIDI number 24 to 96, for five velocities."""
    from nsynthlib.models import CVAE
    from nsynthlib.playing import write_sfz

    options: dict[str, Any] = dict(seed=seed, step=step, temperature=temperature, texture=texture, progress=True)
    file = write_sfz(CVAE.from_pretrained(model), folder, family, **options)
    print(f"{file}: {len(list(folder.rglob('*.wav')))} samples")


def _heard(source: Path, pitch: int | None, family: str | None, velocity: int | None) -> tuple[Any, Any]:
    """A sound file as a note, and what the model is told of it."""
    from nsynthlib.data import read_own_sound
    from nsynthlib.data.own_sound import own_labels
    from nsynthlib.generation import condition_of_sound

    audio = read_own_sound(source)
    return audio, condition_of_sound(audio, *own_labels(source, audio, pitch, family, velocity))
