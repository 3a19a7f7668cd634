"""Anybody's samples as a set of notes in NSynth's layout."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from nsynthlib.audio.levels import dbfs
from nsynthlib.data.choosing import choose
from nsynthlib.data.doubts import LeftOut, by_cause
from nsynthlib.data.gathering import Instrument, gather
from nsynthlib.data.index import LabelTable
from nsynthlib.data.instrument_names import is_struck
from nsynthlib.data.labels import FAMILIES, SOURCES, parse_name
from nsynthlib.data.note_names import words_of
from nsynthlib.data.splits import SPLITS
from nsynthlib.data.writing import NewNote, write_set
from nsynthlib.errors import DataError, UsageError
from nsynthlib.files import need_space, new_folder, write_json
from nsynthlib.values import one_of, share, whole

FIRST = 3000  # number of the first instrument: NSynth's own count from 0
LIMIT = 60  # notes an instrument
PEAK = 10 ** (-1.5 / 20)  # of an instrument's loudest note
BYTES = 131_072  # of one note on the disk, in whole blocks


def import_notes(
    folder: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    family: str | Mapping[str, str] | None = None,
    source: str | Mapping[str, str] | None = None,
    valid: float = 0.1,
    limit: int = LIMIT,
    licence: str | None = None,
    trust_names: bool = False,
    seed: int = 0,
    progress: bool = False,
) -> dict[str, Any]:
    """Make a set of notes of a folder of sound files, one note a file, with the labels that their names tell.

    Names such as ``cello_A2_15_forte.mp3``, ``C#4.wav``, ``Bb3-mf.wav``, ``piano_060_100.wav``, ``As4.mp3`` and those
    of NSynth's are read; where there are SFZ files, these tell pitch and velocity. An instrument is what its name's
    leading words, or its sub-folder, say; its family follows from common names of instruments.

    Each note is mixed to one channel, resampled to 16 kHz, cut at its onset, released from 3 s on at 120 dB a second
    and filled with silence to 4 s. All notes of an instrument get one gain, by which the loudest peaks at -1.5 dBFS.
    The pitch that a name tells is compared with the one measured: an instrument that is named an octave off as a whole
    is relabelled, a single note that is off is left out.

    Args:
        folder: searched with its sub-folders; or an ``.sfz`` file.
        out: new folder. It gets the sets ``train`` and ``valid``, or is one set where ``valid`` is 0, and
            ``import.json``, which tells all that was done.
        family: one of NSynth's 11, for all instruments, or a mapping from names of instruments; else by name.
        source: ``"acoustic"``, ``"electronic"`` or ``"synthetic"``, in the same manner.
        valid: share of each family's instruments that is held out; of each instrument's pitches, where no family has
            two instruments.
        limit: notes an instrument, spread over its pitches and velocities; 0 for all.
        licence: what the samples may be used for; it is kept with each note.
        trust_names: take names as they are, for sounds whose pitch cannot be measured, such as gongs.
        seed: of the choice of what is held out.
        progress: show a bar.

    Returns:
        What ``import.json`` holds: ``settings``, ``instruments`` (by name), ``notes`` (by name: file, SHA-256, pitch
        heard) and ``left_out`` (file, cause, detail).

    Raises:
        UsageError: if ``out`` exists, no word tells the family of an instrument, or a value is out of range.
        DataError: if there is no such folder, or no file in it becomes a note.

    Two tones, one of them with its pitch in its name alone:

    >>> import numpy as np, pathlib, soundfile
    >>> from nsynthlib.data import NSynth, import_notes
    >>> pathlib.Path("flutes").mkdir()
    >>> for name, hertz in {"A4.wav": 440, "flute_060_100.wav": 261.6}.items():
    ...     tone = 0.3 * np.sin(2 * np.pi * hertz * np.arange(88_200) / 44_100)
    ...     soundfile.write(f"flutes/{name}", tone, 44_100)
    >>> record = import_notes("flutes", "my_notes", valid=0)
    >>> [(note.family, note.pitch) for note in NSynth("my_notes")]
    [('flute', 60), ('flute', 69)]
    """
    folder, out, valid = Path(folder), Path(out), share("valid", valid)
    if valid == 1:
        raise UsageError("valid 1 leaves nothing to train on; choose a share below 1")
    limit, seed = whole("limit", limit, 0), whole("seed", seed, 0)
    settings = {"valid": valid, "limit": limit, "seed": seed, "family": family, "source": source}
    settings |= {"licence": licence, "trust_names": trust_names}
    with new_folder(out) as partial:
        found, left_out = gather(folder)
        _classify(found, family, source, folder)
        about: dict[str, Any] = {"folder": folder.resolve().name, "settings": settings}
        record = about | {"instruments": {}, "notes": {}, "left_out": left_out}
        total = sum(min(instrument.cells, limit or instrument.cells) for instrument in found)
        need_space(partial, BYTES * total, "importing")
        with tqdm(total=total, desc="importing", unit="note", disable=not progress) as bar:
            entries = write_set(partial, _notes(found, record, bar.update))
        if not entries:
            raise DataError(f"{folder}: no file becomes a note: {'; '.join(by_cause(left_out))}")
        if valid:
            _split(partial, entries, record)
        record["left_out"] = [asdict(file) for file in left_out]
        write_json(partial / "import.json", record)
    return record


def _classify(
    instruments: Sequence[Instrument],
    family: str | Mapping[str, str] | None,
    source: str | Mapping[str, str] | None,
    folder: Path,
) -> None:
    """Give every instrument the family and source asked for, else those its name tells."""
    labels = [instrument.label for instrument in instruments]
    for given in (family, source):
        for label in given if isinstance(given, Mapping) else ():
            if label not in labels:
                raise UsageError(f"{folder}: has no instrument {label!r}; it has {', '.join(labels)}")
    for instrument in instruments:
        if (wanted := _for(instrument, family)) is not None:
            instrument.family = one_of("family", wanted, FAMILIES)
            instrument.struck = is_struck(wanted, words_of(instrument.label))
            instrument.source = instrument.source or ("synthetic" if wanted == "synth_lead" else "acoustic")
        if (wanted := _for(instrument, source)) is not None:
            instrument.source = one_of("source", wanted, SOURCES)
    unknown = [instrument for instrument in instruments if instrument.family is None]
    if unknown:
        also = f", and {len(unknown) - 1} more," if len(unknown) > 1 else ""
        raise UsageError(
            f"{folder}: the family of {unknown[0].label!r} ({unknown[0].samples[0].file}){also} is not known by its "
            f"name; add --family, one of {', '.join(FAMILIES)}"
        )


def _for(instrument: Instrument, given: str | Mapping[str, str] | None) -> str | None:
    return given.get(instrument.label) if isinstance(given, Mapping) else given


def _notes(
    instruments: Sequence[Instrument], record: dict[str, Any], done: Callable[[int], object]
) -> Iterator[NewNote]:
    """The notes of all instruments, which get one gain each; fills in what the record tells of them."""
    settings, seen = record["settings"], dict[bytes, str]()
    more = {"origin": record["folder"]} | ({"licence": settings["licence"]} if settings["licence"] else {})
    for instrument in instruments:
        chosen = choose(instrument, settings["limit"], seen, not settings["trust_names"], done)
        record["left_out"] += chosen.left_out
        if not chosen.takes:
            continue
        number = FIRST + len(record["instruments"])
        name = f"{instrument.family}_{instrument.source}_{number}"
        gain = PEAK / max(take.peak for take in chosen.takes)
        record["instruments"][name] = {
            "instrument": number,
            "label": instrument.label,
            "set": "",
            "notes": len(chosen.takes),
            "shift": chosen.tuning.shift,
            "cents": round(chosen.tuning.cents, 1),
            "gain_db": round(dbfs(gain), 2),
        }
        for take in chosen.takes:
            sample, audio = take.sample, torch.from_numpy(take.audio * gain)
            note = NewNote(name, number, sample.pitch, sample.velocity, audio, {**more, "file": sample.file})
            digest = hashlib.sha256(sample.path.read_bytes()).hexdigest()
            heard = None if take.heard is None else round(take.heard, 2)
            record["notes"][note.name] = {"file": sample.file, "sha256": digest, "heard": heard}
            yield note


def _split(folder: Path, entries: dict[str, dict[str, Any]], record: dict[str, Any]) -> None:
    """Divide the set in ``folder`` into ``train`` and ``valid``: by instrument, or by pitch where no family has two."""
    settings = record["settings"]
    table = LabelTable.from_labels([(name, parse_name(name)) for name in entries])
    for by in ("instrument", "pitch"):
        held_out = SPLITS[by](table, settings["valid"], np.random.default_rng(settings["seed"]))
        if held_out.any():
            break
    else:
        raise DataError("all notes are one instrument's at one pitch, so none can be held out; add --valid 0")
    settings["split_by"] = by
    for part, mask in (("train", ~held_out), ("valid", held_out)):
        names = [name.decode() for name in table.name[mask]]
        (folder / part / "audio").mkdir(parents=True)
        for name in names:
            (folder / "audio" / f"{name}.wav").rename(folder / part / "audio" / f"{name}.wav")
            if by == "instrument":
                record["instruments"][entries[name]["instrument_str"]]["set"] = part
        write_json(folder / part / "examples.json", {name: entries[name] for name in names})
    (folder / "audio").rmdir()
    (folder / "examples.json").unlink()


def summary(record: Mapping[str, Any]) -> Iterator[str]:
    """What an import did, in lines: its instruments, those it relabelled, and what it left out, by cause."""
    for name, about in record["instruments"].items():
        where = f" in {about['set']}" if about["set"] else ""
        yield f"{name}: {about['label']}, {about['notes']} note{'s' * (about['notes'] > 1)}{where}"
    for name, about in record["instruments"].items():
        if about["shift"]:
            way = "above" if about["shift"] > 0 else "below"
            yield f"{name}: sounds {abs(about['shift'])} semitones {way} its names; relabelled by what is heard"
    yield from (f"left out, {line}" for line in by_cause(LeftOut(**file) for file in record["left_out"]))
