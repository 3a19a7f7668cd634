"""The sound files of a folder, with what their names, their folders or an SFZ file tell of each."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from nsynthlib.data.doubts import LeftOut
from nsynthlib.data.instrument_names import family_and_source, is_struck
from nsynthlib.data.labels import is_note_name, parse_name
from nsynthlib.data.note_names import NO_VELOCITY, NamedNote, read_dynamic, read_note_name, velocity_of_layer, words_of
from nsynthlib.data.sfz import Region, included_files, read_sfz, velocity_of_range
from nsynthlib.errors import DataError

ENDINGS = (".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".aiff", ".aif", ".aifc", ".au", ".caf", ".w64")
MOST_LAYERS = 16  # of an instrument; a larger number is a MIDI velocity
SFZ_PITCH = 60  # of a sample that neither its region nor its name gives one


@dataclass(frozen=True)
class Sample:
    """A sound file and its labels; ``file`` is its name below the folder it was found in."""

    path: Path
    file: str
    pitch: int
    velocity: int


@dataclass
class Instrument:
    """Samples that are one instrument's. ``family`` and ``source`` are ``None`` where no known word names them."""

    label: str
    family: str | None = None
    source: str | None = None
    struck: bool = False
    samples: list[Sample] = field(default_factory=list)

    @property
    def cells(self) -> int:
        """How many notes, of pitch and velocity, its samples are."""
        return len({(sample.pitch, sample.velocity) for sample in self.samples})


def gather(source: Path) -> tuple[list[Instrument], list[LeftOut]]:
    """The instruments of a folder, or of one SFZ file, in the order of their names; and the files that tell no pitch.

    Where a folder holds SFZ files, these tell what each sample is, and other sounds are left out. Hidden files are not
    seen. Raises DataError if there is no such folder, or it holds no sounds.
    """
    if source.is_file() and source.suffix.lower() == ".sfz":
        return _by_sfz([source], source.parent, [])
    if not source.is_dir():
        raise DataError(f"there is no folder {source}; name a folder of sound files, or an .sfz file")
    files = sorted(_visible(source))
    sounds = [path for path in files if path.suffix.lower() in ENDINGS]
    if not sounds:
        raise DataError(f"{source}: holds no sound files; their names end in {', '.join(ENDINGS)}")
    sfz = [path for path in files if path.suffix.lower() == ".sfz"]
    return _by_sfz(sfz, source, sounds) if sfz else _by_name(sounds, source)


def _visible(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(place, name) for name in names if not name.startswith("."))


def _by_name(paths: Iterable[Path], root: Path) -> tuple[list[Instrument], list[LeftOut]]:
    found: dict[str, Instrument] = {}
    told: dict[str, list[tuple[Path, NamedNote]]] = defaultdict(list)
    left_out = []
    for path in paths:
        file = path.relative_to(root).as_posix()
        named = _read_name(path.stem)
        folders = path.relative_to(root).parts[:-1]
        if named.pitch is None:
            left_out.append(LeftOut(file, "the name tells no pitch, such as C#4 or 061"))
        elif not named.steady:
            left_out.append(LeftOut(file, "no single steady note, by its name"))
        else:
            dynamics = [velocity for folder in folders if (velocity := read_dynamic(folder))]
            places = [folder for folder in folders if read_dynamic(folder) is None]
            instrument = _instrument(named.words, named.articulation, places, root.resolve().name)
            found.setdefault(instrument.label, instrument)
            told[instrument.label].append((path, replace(named, velocity=named.velocity or next(iter(dynamics), None))))
    for label, notes in told.items():
        found[label].samples = list(_samples(notes, root))
    return [found[label] for label in sorted(found)], left_out


def _read_name(stem: str) -> NamedNote:
    """As the name of a note of NSynth's, or as any other."""
    if not is_note_name(stem):
        return read_note_name(stem)
    labels = parse_name(stem)
    return NamedNote((labels.instrument,), labels.pitch, labels.velocity or None)


def _instrument(words: tuple[str, ...], articulation: tuple[str, ...], places: list[str], root: str) -> Instrument:
    """What these words name: the file's own, else those of its folder and of the folders above."""
    names = [words_of(" ".join(words)), *(words_of(place) for place in reversed([root, *places]))]
    known = next((name for name in names if family_and_source(name)), ())
    family, source = family_and_source([*known, *articulation]) or (None, None)
    own = [*words, *articulation]
    if words and places and words_of(places[-1]) == words_of(" ".join(words)):
        places = places[:-1]
    label = "/".join([*places, *([" ".join(own)] if own else [])]) or root
    return Instrument(label, family, source, is_struck(family or "", [*known, *articulation]))


def _samples(notes: list[tuple[Path, NamedNote]], root: Path) -> Iterator[Sample]:
    """The samples of one instrument; numbers of velocity layers count where all of its files have one."""
    layers = [named.layer for _, named in notes if named.layer is not None]
    counted = len(layers) == len(notes) and max(layers) <= MOST_LAYERS
    for path, named in notes:
        velocity = named.velocity
        if velocity is None and named.layer is not None:
            if counted:
                velocity = velocity_of_layer(named.layer, max(layers)) if max(layers) > 1 else None
            elif MOST_LAYERS < named.layer <= 127:
                velocity = named.layer
        assert named.pitch is not None
        yield Sample(path, path.relative_to(root).as_posix(), named.pitch, velocity or NO_VELOCITY)


def _by_sfz(paths: list[Path], root: Path, sounds: Iterable[Path]) -> tuple[list[Instrument], list[LeftOut]]:
    included = set[Path]().union(*map(included_files, paths))
    found: dict[str, Instrument] = {}
    left_out, used = [], set[Path]()
    for path in paths:
        if path in included:
            continue
        *places, _ = path.relative_to(root).parts
        regions: dict[Path, list[Region]] = defaultdict(list)
        for region in read_sfz(path):
            regions[region.sample].append(region)
        for file, same in regions.items():
            name = Path(os.path.relpath(file, root)).as_posix()
            if not file.is_file():
                left_out.append(LeftOut(name, f"missing, though {path.name} names it"))
            elif file not in used:  # a sample that several files play is the first one's
                articulation = (same[0].switch,) if same[0].switch else ()
                instrument = _instrument((path.stem,), articulation, places, root.resolve().name)
                found.setdefault(instrument.label, instrument).samples.append(_sample_of(same, name))
        used |= regions.keys()
    unused = (path for path in sounds if path not in used)
    left_out += [LeftOut(path.relative_to(root).as_posix(), "played as a note by no .sfz file") for path in unused]
    return [found[label] for label in sorted(found)], left_out


def _sample_of(regions: list[Region], name: str) -> Sample:
    """A sample with the pitch of its first region and the velocities of all."""
    pitch = regions[0].pitch
    if pitch is None:
        pitch = _read_name(regions[0].sample.stem).pitch
    velocity = velocity_of_range(min(region.low for region in regions), max(region.high for region in regions))
    return Sample(regions[0].sample, name, SFZ_PITCH if pitch is None else pitch, velocity or NO_VELOCITY)
