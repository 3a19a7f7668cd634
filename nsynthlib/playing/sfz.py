"""An instrument for samplers: an SFZ file with its WAVs, which is read again once it is written.

A key sounds as :mod:`nsynthlib.playing.sustain` has it, as nearly as the format can say: the loop is the same; decay
and release, which SFZ knows as times, are those that begin as steeply. Velocity needs no word of its own, since SFZ's
default, 40 dB a decade, is the one used here.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor
from tqdm import tqdm

from nsynthlib.audio.encoding import encode_wav, to_pcm16
from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.audio.levels import dbfs
from nsynthlib.constants import CONSTANTS
from nsynthlib.data.decoding import decode
from nsynthlib.data.sfz import Region, read_sfz
from nsynthlib.errors import DataError
from nsynthlib.files import new_folder
from nsynthlib.generation import TEXTURE, generate_batch, sample_z
from nsynthlib.generation.notes import read_z
from nsynthlib.models.autoencoders import CVAE, need_model
from nsynthlib.models.condition import read_family
from nsynthlib.playing.melody import INSTRUMENT_PITCH
from nsynthlib.playing.sustain import FLAT_FROM, LAYERS, HeldNote, hold
from nsynthlib.values import whole

LOWEST, HIGHEST = CONSTANTS["model_pitches"]
STEP = 3  # semitones between recorded keys: each plays its neighbours, too
SAMPLES = "samples"  # folder
SLOPE_DB = 40  # a decade of velocity, which is SFZ's own
_NUMBERS = CONSTANTS["playing"]
FALL_DB: float = _NUMBERS["sfz_fall_db"]  # by which players let a note fall in the time of its decay or release
LONGEST_DECAY: float = _NUMBERS["sfz_longest_decay_seconds"]  # SFZ's most
RELEASE_DB: float = _NUMBERS["sfz_release_db"]  # down to which the release is followed
FULL = 0.99  # peak of each WAV; what that adds is taken back as volume


class _Sample(NamedTuple):
    """A WAV of the instrument and the keys and velocities that play it, first to last."""

    pitch: int
    layer: int
    keys: tuple[int, int]
    velocities: tuple[int, int]
    held: HeldNote

    @property
    def file(self) -> str:
        return f"{SAMPLES}/{self.pitch:03d}-{self.layer:03d}.wav"

    @property
    def scale(self) -> float:
        """What the WAV is louder by than the note of the model."""
        peak = float(np.abs(self.held.samples).max())
        return FULL / peak if peak else 1.0

    @property
    def scaled(self) -> np.ndarray:
        return self.scale * self.held.samples

    @property
    def volume(self) -> float:
        """Decibels that play it as loud as the model does: SFZ takes every velocity as a part of 127."""
        return SLOPE_DB * math.log10(127 / self.layer) - dbfs(self.scale)


def write_sfz(
    model: CVAE,
    folder: str | os.PathLike[str],
    family: str,
    *,
    seed: int = 0,
    temperature: float = 1.0,
    texture: float = TEXTURE,
    z: Tensor | None = None,
    step: int = STEP,
    progress: bool = False,
) -> Path:
    """Write an instrument of a family as ``<family>.sfz`` with its WAVs into a new folder, and read it again.

    One latent vector plays all keys from MIDI number 24 to 96. Every ``step`` semitones a key is made by the model,
    for each of its five velocities; keys between are played by the nearest. All is softer by as many decibels as the
    softest layer would otherwise need to be raised.

    Args:
        model: a trained CVAE.
        folder: which does not exist yet; it appears when all is written and has been checked.
        family: a name in ``FAMILIES``.
        seed, temperature, texture: as for :func:`~nsynthlib.generation.generate`.
        z: the instrument's latent vector ``[latent_dim]``, in place of a drawn one.
        step: 1-12.
        progress: whether to show a bar, where there is a terminal.

    Returns:
        The SFZ file.

    Raises:
        UsageError: for a value outside its range, a folder that exists, or a model that is no CVAE.
        DataError: if what is read again is not what was to be written.

    >>> from nsynthlib import CVAE
    >>> path = write_sfz(CVAE.from_pretrained(), "organ", "organ", step=12)
    >>> path.name, path.read_text(encoding="utf-8").count("<region>")
    ('organ.sfz', 35)
    """
    need_model(model, "write_sfz", CVAE)
    name, apart = read_family(family), whole("step", step, 1, 12)
    vector = sample_z(model, INSTRUMENT_PITCH, name, seed, temperature) if z is None else read_z(model, z)
    folder = Path(folder)
    pitches = range(LOWEST, HIGHEST + 1, apart)
    with new_folder(folder) as partial:
        (partial / SAMPLES).mkdir()
        samples = []
        for pitch in tqdm(pitches, desc="instrument", unit="key", disable=None if progress else True):
            played: dict[str, Any] = dict(pitch=pitch, family=name, velocity=LAYERS, seed=seed, texture=texture)
            sounds = generate_batch(model, **played, z=vector.expand(len(LAYERS), -1))
            keys = _around(pitch, pitches, LOWEST, HIGHEST)
            for layer, sound in zip(LAYERS, sounds, strict=True):
                samples.append(_Sample(pitch, layer, keys, _around(layer, LAYERS, 1, 127), hold(sound)))
                (partial / samples[-1].file).write_bytes(encode_wav(samples[-1].scaled, SAMPLE_RATE))
        file = partial / f"{name}.sfz"
        file.write_text(_text(name, samples), encoding="utf-8")
        _verify(file, samples)
    return folder / file.name


def _around(value: int, values: Sequence[int], lowest: int, highest: int) -> tuple[int, int]:
    """The range within which ``value`` is the nearest of ``values``; the lower of two that are equally near."""
    i = values.index(value)
    first = (values[i - 1] + value) // 2 + 1 if i else lowest
    last = (value + values[i + 1]) // 2 if i + 1 < len(values) else highest
    return first, last


def _text(family: str, samples: Sequence[_Sample]) -> str:
    loudest = max(sample.volume for sample in samples)
    lines = [
        f"// {family}: an instrument that a conditional variational autoencoder has made, written by nsynthlib",
        f"<global> ampeg_hold={FLAT_FROM / SAMPLE_RATE:g}",
    ]
    return "\n".join([*lines, *(_region(sample, sample.volume - loudest) for sample in samples)]) + "\n"


def _region(sample: _Sample, volume: float) -> str:
    held = sample.held
    opcodes: dict[str, object] = {
        "sample": sample.file,
        "pitch_keycenter": sample.pitch,
        "lokey": sample.keys[0],
        "hikey": sample.keys[1],
        "lovel": sample.velocities[0],
        "hivel": sample.velocities[1],
        "volume": f"{volume:.2f}",
        "ampeg_release": f"{_release_seconds(held):.3f}",
        "loop_mode": "no_loop",
    }
    if held.loop_start is not None and held.loop_end is not None:
        # SFZ's end is the last sample that sounds
        opcodes |= {"loop_mode": "loop_continuous", "loop_start": held.loop_start, "loop_end": held.loop_end - 1}
        decay = FALL_DB / -held.decay_db if held.decay_db else np.inf
        if decay < 2 * LONGEST_DECAY:  # a slower one is nearer to none
            opcodes |= {"ampeg_decay": f"{min(decay, LONGEST_DECAY):.3f}", "ampeg_sustain": 0}
    return "<region> " + " ".join(f"{name}={value}" for name, value in opcodes.items())


def _release_seconds(held: HeldNote) -> float:
    """The time of a release that falls by ``RELEASE_DB`` when the note's own does."""
    reached = int(np.argmax(held.release <= 10 ** (-RELEASE_DB / 20))) / (len(held.release) - 1)
    return reached * _NUMBERS["release_seconds"] * FALL_DB / RELEASE_DB


def _verify(file: Path, samples: Sequence[_Sample]) -> None:
    """Raise DataError unless the file and its WAVs are read as what they were meant to be."""
    paths = [Path(os.path.normpath(file.parent / sample.file)) for sample in samples]
    regions = [Region(path, s.pitch, *s.velocities) for path, s in zip(paths, samples, strict=True)]
    faulty = None if read_sfz(file) == regions else file.name
    for path, sample in zip(paths, samples, strict=True):
        sound = decode(path)
        if sound.rate != SAMPLE_RATE or not np.array_equal(to_pcm16(sound.samples[:, 0]), to_pcm16(sample.scaled)):
            faulty = sample.file
    if faulty:
        raise DataError(f"{faulty}: is read otherwise than it was written; check the disk and try again")
