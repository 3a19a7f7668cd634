"""A piece rendered to a WAV file, however long: every note is made once and held as often as it is played."""

from __future__ import annotations

import os
import tempfile
import wave
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from nsynthlib.audio.encoding import to_pcm16
from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.audio.levels import dbfs
from nsynthlib.files import atomic, check_ending, need_space
from nsynthlib.generation import TEXTURE, generate_batch, sample_z
from nsynthlib.generation.notes import read_z
from nsynthlib.models.autoencoders import CVAE, need_model
from nsynthlib.playing.midi import PlayedNote, check_notes
from nsynthlib.playing.sustain import HeldNote, hold, layer_and_gain, part, sounding

BLOCK = 8 * SAMPLE_RATE  # samples that are mixed at once
KEPT = 500  # held notes that are kept for later: at most 0.13 GB
TOGETHER = 8  # notes that are made in one go: more take memory and no less time
LOUDEST = 32767 / 32768  # the highest sample of a WAV file
INSTRUMENT_PITCH = 60  # at which a family's instrument is drawn; it plays all pitches

_Made = tuple[int, str, int]  # pitch, family and layer of velocity, which tell a note of the model


class Rendered(NamedTuple):
    """What :func:`render_melody` wrote: its length in seconds, how many different notes the model made for it, and by
    how many decibels the whole was turned down.

    >>> Rendered(seconds=2.0, made=2, turned_down=0.0).made
    2
    """

    seconds: float
    made: int
    turned_down: float


def render_melody(
    model: CVAE,
    notes: Sequence[PlayedNote],
    out: str | os.PathLike[str],
    *,
    seed: int = 0,
    temperature: float = 1.0,
    texture: float = TEXTURE,
    instruments: Mapping[str, Tensor] | None = None,
    progress: bool = False,
) -> Rendered:
    """Play ``notes`` and write them as WAV, mono, 16 bits at 16 kHz; the same file for the same arguments.

    Each family is one instrument: one latent vector plays all of its pitches and velocities. What is mixed lies in a
    temporary file until its peak is known; a piece that would clip is then turned down as a whole, and no other is
    changed. So an hour takes less than 1 GB of memory, and 0.35 GB of disk while it is made.

    Args:
        model: a trained CVAE.
        notes: of :func:`read_midi`, or made by hand; in any order, and as many at once as you like.
        out: the WAV file; what was there is replaced once the new one is whole.
        seed: of the instruments and their texture.
        temperature, texture: as for :func:`~nsynthlib.generation.generate`.
        instruments: latent vectors ``[latent_dim]`` by family, in place of drawn ones.
        progress: whether to show a bar, where there is a terminal.

    Raises:
        UsageError: for no notes, a note with a value outside its range, a name that does not end in .wav, or a model
            that is no CVAE.
        DataError: where the disk has no room.

    >>> from nsynthlib import CVAE
    >>> notes = [PlayedNote(0, 0.5, 60, 100, "organ"), PlayedNote(0.5, 1, 64, 100, "organ")]
    >>> render_melody(CVAE.from_pretrained(), notes, "two.wav").seconds
    2.0
    """
    need_model(model, "render_melody", CVAE)
    out = Path(out)
    check_ending(out, ".wav")
    played = check_notes(notes)
    families = sorted({note.family for note in played})
    drawn = {name: sample_z(model, INSTRUMENT_PITCH, name, seed, temperature) for name in families}
    drawn |= {name: read_z(model, z) for name, z in (instruments or {}).items()}
    band = _Band(model, drawn, seed, texture)
    # no note sounds later than this; the end is where the last one does
    longest = max(_samples(note.end) for note in played) + SAMPLE_RATE
    need_space(out.parent, 6 * longest, "the mix and its WAV file")  # 4 bytes a sample, and 2
    with tempfile.TemporaryFile(dir=out.parent) as mix:
        peak = 0.0
        blocks = _blocks(played, band)
        for block in tqdm(blocks, total=-(-longest // BLOCK), desc="melody", disable=None if progress else True):
            peak = max(peak, float(np.abs(block).max(initial=0.0)))
            mix.write(block.tobytes())
        samples = mix.tell() // 4
        gain = min(1.0, LOUDEST / peak) if peak else 1.0
        _write(out, mix, gain)
    return Rendered(samples / SAMPLE_RATE, band.made, -dbfs(gain))


def _samples(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)


@dataclass
class _Band:
    """The instruments of a piece; a note is made when it is first played, and the last ones are kept."""

    model: CVAE
    instruments: Mapping[str, Tensor]
    seed: int
    texture: float
    made: int = 0
    _kept: OrderedDict[_Made, HeldNote] = field(default_factory=OrderedDict)

    def notes(self, wanted: Sequence[_Made]) -> dict[_Made, HeldNote]:
        """The held notes that are asked for, with samples as float32."""
        found = {key: self._kept[key] for key in wanted if key in self._kept}
        missing = list(dict.fromkeys(key for key in wanted if key not in found))
        for first in range(0, len(missing), TOGETHER):
            found |= self._make(missing[first : first + TOGETHER])
        for key in found:
            self._kept[key] = found[key]
            self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return found

    def _make(self, keys: Sequence[_Made]) -> dict[_Made, HeldNote]:
        pitches, families, layers = zip(*keys, strict=True)
        z = torch.stack([self.instruments[name] for name in families])
        sounds = generate_batch(
            self.model, pitch=pitches, family=families, velocity=layers, seed=self.seed, texture=self.texture, z=z
        )
        self.made += len(keys)
        return {key: _compact(hold(sound)) for key, sound in zip(keys, sounds, strict=True)}


def _compact(held: HeldNote) -> HeldNote:
    return held._replace(samples=held.samples.astype(np.float32))


class _Voice(NamedTuple):
    """A note that sounds: it begins at sample ``start`` of the piece and ends after ``length`` samples."""

    held: HeldNote
    gain: float
    start: int
    released: int
    length: int


def _blocks(notes: Sequence[PlayedNote], band: _Band) -> Iterator[np.ndarray]:
    """The mix, float32, in blocks, until nothing sounds any more."""
    waiting, first = 0, 0
    voices: list[_Voice] = []
    while voices or waiting < len(notes):
        last = first + BLOCK
        starting = waiting
        while waiting < len(notes) and _samples(notes[waiting].start) < last:
            waiting += 1
        voices += _voices(notes[starting:waiting], band)
        block = np.zeros(BLOCK)
        for voice in voices:
            a, b = max(first, voice.start), min(last, voice.start + voice.length)
            block[a - first : b - first] += voice.gain * part(
                voice.held, a - voice.start, b - voice.start, voice.released
            )
        ended = max((voice.start + voice.length for voice in voices), default=last)
        voices = [voice for voice in voices if voice.start + voice.length > last]
        over = not voices and waiting == len(notes)
        yield block[: ended - first if over else BLOCK].astype(np.float32)
        first = last


def _voices(notes: Sequence[PlayedNote], band: _Band) -> list[_Voice]:
    """What sounds when these notes are played."""
    layers = [layer_and_gain(note.velocity) for note in notes]
    keys = [(note.pitch, note.family, layer) for note, (layer, _) in zip(notes, layers, strict=True)]
    held = band.notes(keys)
    voices = []
    for note, key, (_, gain) in zip(notes, keys, layers, strict=True):
        start = _samples(note.start)
        released = _samples(note.end) - start
        voices.append(_Voice(held[key], gain, start, released, sounding(held[key], released)))
    return voices


def _write(out: Path, mix: IO[bytes], gain: float) -> None:
    mix.seek(0)
    with atomic(out) as partial, wave.open(str(partial), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        while data := mix.read(4 * BLOCK):
            file.writeframes(to_pcm16(gain * np.frombuffer(data, np.float32)).tobytes())
