"""Render the pocket set, the notes that the package carries: ``python tools/make_pocket.py [--font FILE] [--out DIR]``.

Needs FluidSynth and FluidR3_GM (Debian: ``apt-get install fluidsynth fluid-soundfont-gm``). The same versions write the
same bytes. Every note is checked as it is made: a name tells what is heard, and nothing is silent or clipped.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.audio.pitch import estimate_pitch
from nsynthlib.data import VELOCITIES, index_entry, note_name
from nsynthlib.errors import DataError, UsageError
from nsynthlib.files import write_json
from nsynthlib.soundfont.fluid import Synth, version
from nsynthlib.soundfont.fonts import Font, find_fonts
from nsynthlib.soundfont.programs import instrument_of, sounds_at
from nsynthlib.soundfont.rendering import GAIN
from nsynthlib.soundfont.tables import presets

ROOT = Path(__file__).resolve().parent.parent
POCKET = ROOT / "nsynthlib" / "pocket_notes"
LIMIT = 3_000_000  # bytes of the whole folder: it stays in every clone for ever
CENTS = 40  # by which what is heard may differ from the name
QUIET = -50  # dB of full scale that the peak of every note passes

# Pitch and velocity of each note, by General MIDI program counted from 0. The piano at all velocities of one key shows
# what velocity does, the nylon guitar what pitch does, and the rest what families are.
NOTES: dict[int, list[tuple[int, int]]] = {
    0: [(36, 75), *((60, velocity) for velocity in VELOCITIES), (84, 75)],  # grand piano
    4: [(45, 100), (69, 75)],  # electric piano
    6: [(55, 100)],  # harpsichord
    9: [(88, 75)],  # glockenspiel
    11: [(60, 100), (77, 50)],  # vibraphone
    12: [(48, 127), (72, 75)],  # marimba
    19: [(36, 50), (60, 75)],  # church organ
    20: [(48, 75), (72, 25)],  # reed organ
    21: [(64, 50)],  # accordion
    24: [(45, 100), (52, 100), (59, 100), (66, 100), (71, 100), (76, 100)],  # nylon-string guitar
    26: [(50, 75)],  # jazz guitar
    32: [(28, 100), (40, 75)],  # acoustic bass
    33: [(33, 127), (43, 50)],  # fingered bass
    38: [(24, 75)],  # synth bass
    40: [(67, 100), (88, 50)],  # violin
    42: [(38, 75), (50, 100)],  # cello
    45: [(62, 127)],  # pizzicato
    52: [(60, 75), (67, 50)],  # aah choir
    53: [(52, 100), (64, 25), (72, 100)],  # ooh voices
    56: [(62, 100), (74, 50)],  # trumpet
    57: [(46, 75)],  # trombone
    60: [(53, 127), (65, 25)],  # French horn
    65: [(58, 100)],  # alto saxophone
    68: [(65, 75), (81, 50)],  # oboe
    71: [(50, 50), (70, 100)],  # clarinet
    73: [(64, 100), (79, 75), (91, 25)],  # flute
    74: [(76, 100), (96, 50)],  # recorder
    80: [(48, 50), (72, 100)],  # square lead
    81: [(43, 25), (69, 75)],  # saw lead
    82: [(60, 127)],  # calliope lead
}


def flac(path: Path, samples: np.ndarray) -> int:
    """Write int16 ``[64000]`` as FLAC, packed as tightly as it can be; returns the file's size in bytes."""
    soundfile.write(path, samples, SAMPLE_RATE, subtype="PCM_16", format="FLAC", compression_level=1.0)
    return path.stat().st_size


def render(font: Font) -> Iterator[tuple[str, int, np.ndarray]]:
    """Name, instrument's number and int16 samples of each note.

    Raises:
        DataError: for a note that is clipped, too quiet, or not in tune with its name.
    """
    with Synth(font.path, GAIN) as synth:
        for program, cells in NOTES.items():
            instrument, number = instrument_of(program, font.number)
            sounds = sounds_at(program, font.number)
            for pitch, velocity in cells:
                name = note_name(instrument, pitch, velocity)
                samples = synth.note(program, pitch - sounds, velocity)
                peak = 20 * np.log10(np.abs(samples).max() + 1e-9)
                off = 100 * (estimate_pitch(torch.from_numpy(samples)) - pitch)
                if not QUIET < peak < 0 or abs(off) > CENTS:
                    raise DataError(f"{name}: peaks at {peak:.1f} dB and is {off:.0f} cents off; choose another note")
                yield name, number, np.round(samples * 32768).astype(np.int16)


def make(font: Font, out: Path) -> int:
    """Write the set to ``out`` in place of what is there, and return its size in bytes; all of it changes, or nothing.

    ``out/LICENSE`` is kept. Raises DataError if a note or the size is not as it should be.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".pocket.", dir=out.parent) as folder:
        new = Path(folder)
        (new / "audio").mkdir()
        entries = {}
        for i, (name, number, samples) in enumerate(sorted(render(font), key=lambda note: note[0])):
            flac(new / "audio" / f"{name}.flac", samples)
            entries[name] = index_entry(name, i, number)
        write_json(new / "examples.json", entries)
        write_json(new / "pocket.json", about(font))
        size = sum(path.stat().st_size for path in new.rglob("*") if path.is_file())
        if size > LIMIT:
            raise DataError(f"the set would be {size:,} bytes, over {LIMIT:,}; choose fewer or quieter notes")
        out.mkdir(exist_ok=True)
        shutil.rmtree(out / "audio", ignore_errors=True)
        for part in ("audio", "examples.json", "pocket.json"):
            (new / part).replace(out / part)
    return size


def about(font: Font) -> dict[str, Any]:
    """How the set was made."""
    names = presets(font.path)
    return {
        "command": "python tools/make_pocket.py",
        "font": font.describe(),
        "fluidsynth": version(),
        "libsndfile": soundfile.__libsndfile_version__,
        "gain": GAIN,
        "presets": {instrument_of(program, font.number)[0]: names[program].name for program in NOTES},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--font", default="FluidR3_GM", help="its name, or its file")
    parser.add_argument("--out", type=Path, default=POCKET)
    options = parser.parse_args()
    try:
        size = make(find_fonts([options.font])[0], options.out)
    except (DataError, UsageError) as error:
        sys.exit(f"make_pocket: {error}")
    print(f"{options.out}: {sum(map(len, NOTES.values()))} notes, {size:,} bytes")


if __name__ == "__main__":
    main()
