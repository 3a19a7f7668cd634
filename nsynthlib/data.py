"""Notes in NSynth's layout: a folder with ``examples.json`` beside ``audio/*.wav`` (Engel et al. 2017)."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np
import torch
from torch import Tensor

from nsynthlib.errors import DataError, UsageError

FAMILIES = (
    "bass",
    "brass",
    "flute",
    "guitar",
    "keyboard",
    "mallet",
    "organ",
    "reed",
    "string",
    "synth_lead",
    "vocal",
)
SOURCES = ("acoustic", "electronic", "synthetic")
VELOCITIES = (25, 50, 75, 100, 127)
SAMPLE_RATE = 16_000
SAMPLES = 64_000  # four seconds: the key is held for three


@dataclass(frozen=True)
class Note:
    """One note: its labels, and the file its sound is read from when asked.

    ``pitch`` is a MIDI number (0-127, 60 is middle C), ``velocity`` how hard the key was struck (1-127).
    """

    name: str
    pitch: int
    velocity: int
    family: str
    source: str
    instrument: str
    path: Path

    @property
    def audio(self) -> Tensor:
        """Samples, float32 ``[64000]`` in [-1, 1).

        Raises:
            DataError: if the file is missing, or is not 16-bit mono at 16 kHz and four seconds long.
        """
        return torch.from_numpy(self.samples.astype(np.float32) / 32768)

    @property
    def samples(self) -> np.ndarray:
        """Samples as they are stored, int16 ``[64000]``; errors as for :attr:`audio`."""
        rate, samples = read_wav(self.path)
        if samples.dtype != np.int16 or samples.ndim != 1:
            kind = "mono" if samples.ndim == 1 else f"{samples.shape[1]} channels"
            raise DataError(f"{self.path}: holds {samples.dtype} samples, {kind}; convert it to 16-bit mono")
        if rate != SAMPLE_RATE or len(samples) != SAMPLES:
            raise DataError(
                f"{self.path}: holds {len(samples)} samples at {rate} Hz; a note has {SAMPLES} at {SAMPLE_RATE} Hz"
            )
        return samples


def read_wav(path: Path) -> tuple[int, np.ndarray]:
    """Sample rate in hertz and samples ``[n]`` or ``[n, channels]`` of a WAV file.

    Raises:
        DataError: if the file is missing, unreadable, cut short or not WAV.
    """
    from scipy.io import wavfile

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", wavfile.WavFileWarning)  # "reached EOF prematurely" and its like
            warnings.filterwarnings("ignore", message="Chunk .non-data. not understood")
            rate, samples = wavfile.read(path)
    except FileNotFoundError:
        raise DataError(f"{path} is missing; fetch the audio that belongs to this index") from None
    except (OSError, ValueError, EOFError, wavfile.WavFileWarning) as error:
        raise DataError(f"{path}: cannot be read as WAV ({error}); replace the file") from None
    return int(rate), samples


def write_wav(path: Path, audio: Tensor, sample_rate: int = SAMPLE_RATE) -> None:
    """Write ``audio`` ``[samples]`` as 16-bit mono WAV, atomically; values beyond full scale are clipped."""
    from scipy.io import wavfile

    pcm = (audio.detach().cpu().clamp(-1, 32767 / 32768) * 32768).round().to(torch.int16).numpy()
    with atomic(path) as partial:
        wavfile.write(partial, sample_rate, pcm)


class atomic:
    """Context that gives a temporary path beside ``path`` and moves it there only when the block succeeds."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.partial = self.path.with_name(f".{self.path.name}.{os.getpid()}.partial")

    def __enter__(self) -> Path:
        return self.partial

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            os.replace(self.partial, self.path)
        else:
            self.partial.unlink(missing_ok=True)


class NSynth(Sequence[Note]):
    """A folder of notes; reading it reads the index only.

    Args:
        folder: holds ``examples.json`` and ``audio/``; the path of another index file works too.

    Raises:
        DataError: if there is no index, it is not JSON, or an entry contradicts its own name.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        path = Path(folder)
        index = path if path.suffix == ".json" else path / "examples.json"
        try:
            entries = json.loads(index.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise DataError(f"{index} is missing; name a folder in NSynth's layout") from None
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise DataError(f"{index}: cannot be read as JSON ({error})") from None
        if not isinstance(entries, dict) or not entries:
            raise DataError(f"{index}: holds no notes; it must map each note's name to its labels")
        self.folder = index.parent
        self.notes = [_note(name, entry, index) for name, entry in sorted(entries.items())]

    @overload
    def __getitem__(self, i: int) -> Note: ...
    @overload
    def __getitem__(self, i: slice) -> list[Note]: ...
    def __getitem__(self, i: int | slice) -> Note | list[Note]:
        return self.notes[i]

    def __len__(self) -> int:
        return len(self.notes)

    def __repr__(self) -> str:
        return f"NSynth({self.folder.name!r}: {len(self)} notes, {len({n.instrument for n in self})} instruments)"

    def filter(self, **labels: object) -> NSynth:
        """The notes whose labels equal those given, each a value or a collection of values.

        ``notes.filter(family="organ", pitch=range(48, 60))``. Raises UsageError for an unknown label.
        """
        unknown = set(labels) - {"name", "pitch", "velocity", "family", "source", "instrument"}
        if unknown:
            raise UsageError(
                f"notes have no label {sorted(unknown)[0]!r}; use pitch, velocity, family, source or instrument"
            )
        wanted = {k: v if isinstance(v, Iterable) and not isinstance(v, str) else (v,) for k, v in labels.items()}
        kept = object.__new__(NSynth)
        kept.folder = self.folder
        kept.notes = [n for n in self.notes if all(getattr(n, k) in v for k, v in wanted.items())]
        return kept

    def split(self, fraction: float = 0.1, seed: int = 0) -> tuple[list[Note], list[Note]]:
        """Notes to train on and notes to validate on, with no instrument on both sides.

        Holds out about ``fraction`` of each family's instruments, at least one where a family has two.
        """
        rng = np.random.default_rng(seed)
        held_out: set[str] = set()
        for family in FAMILIES:
            instruments = sorted({n.instrument for n in self.notes if n.family == family})
            if len(instruments) > 1:
                held_out.update(rng.permutation(instruments)[: max(1, round(fraction * len(instruments)))].tolist())
        return (
            [n for n in self.notes if n.instrument not in held_out],
            [n for n in self.notes if n.instrument in held_out],
        )


def parse_name(name: str) -> tuple[str, str, int, int]:
    """Instrument, family, pitch and velocity of ``<family>_<source>_<nnn>-<pitch>-<velocity>``.

    Split from the right, since ``synth_lead`` holds an underscore. Raises ValueError for any other form.
    """
    instrument, pitch, velocity = name.rsplit("-", 2)
    family, source, _number = instrument.rsplit("_", 2)
    if family not in FAMILIES or source not in SOURCES or not (0 <= int(pitch) <= 127 and 0 <= int(velocity) <= 127):
        raise ValueError(f"{name!r} is not the name of a note")
    return instrument, family, int(pitch), int(velocity)


def _note(name: str, entry: Any, index: Path) -> Note:
    try:
        instrument, family, pitch, velocity = parse_name(name)
        stored = (entry["instrument_str"], entry["instrument_family_str"], entry["pitch"], entry["velocity"])
        source = entry["instrument_source_str"]
    except (KeyError, TypeError):
        raise DataError(f"{index}: the entry {name!r} lacks labels") from None
    except ValueError:
        raise DataError(f"{index}: {name!r} is not <family>_<source>_<nnn>-<pitch>-<velocity>") from None
    if stored != (instrument, family, pitch, velocity):
        raise DataError(f"{index}: the labels of {name!r} contradict its name: {stored}")
    return Note(name, pitch, velocity, family, source, instrument, index.parent / "audio" / f"{name}.wav")


@dataclass(frozen=True)
class Rendered:
    """A note that was made here and is to be written: its labels and its sound ``[64000]`` in [-1, 1]."""

    instrument: str
    instrument_id: int
    pitch: int
    velocity: int
    audio: Tensor

    @property
    def name(self) -> str:
        return f"{self.instrument}-{self.pitch:03d}-{self.velocity:03d}"


def write_notes(folder: Path, notes: Iterable[Rendered]) -> int:
    """Write ``notes`` to a new ``folder`` in NSynth's layout and return how many; all of them appear, or none.

    Raises:
        UsageError: if ``folder`` exists already, or two notes have one name.
    """
    folder = Path(folder)
    if folder.exists():
        raise UsageError(f"{folder} exists already; name a new folder, or remove it first")
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".partial", dir=folder.parent))
    try:
        (partial / "audio").mkdir()
        entries: dict[str, dict[str, object]] = {}
        for note in notes:
            if note.name in entries:
                raise UsageError(f"two notes are named {note.name!r}")
            write_wav(partial / "audio" / f"{note.name}.wav", note.audio)
            entries[note.name] = _labels(note, len(entries))
        with atomic(partial / "examples.json") as index:
            index.write_text(json.dumps(entries, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        partial.chmod(0o755)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return len(entries)


def _labels(note: Rendered, number: int) -> dict[str, object]:
    family, source, _ = note.instrument.rsplit("_", 2)
    return {
        "note": number,
        "note_str": note.name,
        "instrument": note.instrument_id,
        "instrument_str": note.instrument,
        "instrument_family": FAMILIES.index(family),
        "instrument_family_str": family,
        "instrument_source": SOURCES.index(source),
        "instrument_source_str": source,
        "pitch": note.pitch,
        "velocity": note.velocity,
        "sample_rate": SAMPLE_RATE,
        "qualities": [0] * 10,
        "qualities_str": [],
    }


def labels_of(notes: Sequence[Note]) -> dict[str, Tensor]:
    """Conditions of many notes: ``pitch``, ``family`` (index into ``FAMILIES``) and ``velocity``, int64 ``[n]``."""
    return {
        "pitch": torch.tensor([n.pitch for n in notes]),
        "family": torch.tensor([FAMILIES.index(n.family) for n in notes]),
        "velocity": torch.tensor([n.velocity for n in notes]),
    }


def load_samples(notes: Sequence[Note]) -> Tensor:
    """All notes' sound, int16 ``[n, 64000]``; the first bad file raises DataError with its name."""
    out = torch.empty(len(notes), SAMPLES, dtype=torch.int16)
    for row, note in zip(out, notes, strict=True):
        row.copy_(torch.from_numpy(note.samples))
    return out
