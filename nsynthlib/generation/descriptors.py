"""Simple measures of a note's picture, each with the two words that say in which way a note has less or more of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.audio.pitch import midi_to_hz
from nsynthlib.spectral import mel_corners
from nsynthlib.spectral.log_mel import LogMel

ONSET_SECONDS = 0.1
UP_TO = 8  # partials that even and odd ones are counted of


class _Picture(NamedTuple):
    """Powers of notes of one pitch; a picture's bands, in hertz, and frames, in seconds, as numbers."""

    levels: Tensor  # [batch, frames], mean power of a frame
    spectrum: Tensor  # [batch, n_mels], mean power of a band
    hz: Tensor  # [n_mels]
    seconds: Tensor  # [frames]
    fundamental: float

    def every_second(self, first: int) -> Tensor:
        """Power ``[batch]`` of the partials ``first``, ``first + 2`` ..."""
        partials = torch.arange(first, UP_TO + 1, 2) * self.fundamental
        bands = (self.hz - partials[:, None]).abs().argmin(1)
        return self.spectrum[:, bands].sum(1)


class Descriptor(NamedTuple):
    """A measure; ``less`` and ``more`` say what a note is like whose number is lower and higher than another's.

    ``step`` is a difference that is heard without effort, in the measure's unit.
    """

    less: str
    more: str
    step: float
    measure: Callable[[_Picture], Tensor]


def _db(power: Tensor) -> Tensor:
    return 10 * power.log10()


def _centroid(weight: Tensor, at: Tensor) -> Tensor:
    """The mean of ``at`` ``[n]``, weighted by ``weight`` ``[batch, n]``."""
    return (weight * at).sum(1) / weight.sum(1)


def _onset(picture: _Picture) -> Tensor:
    """Level of the first tenth of a second against the loudest frame's, in dB."""
    first = picture.levels[:, picture.seconds < ONSET_SECONDS].mean(1)
    return _db(first) - _db(picture.levels.amax(1))


DESCRIPTORS: tuple[Descriptor, ...] = (
    # octaves: the spectral centroid of amplitudes, on the scale that ears have
    Descriptor("darker", "brighter", 0.1, lambda p: _centroid(p.spectrum.sqrt(), p.hz).log2()),
    # octaves: how late the middle of a note's amplitude is
    Descriptor("shorter", "longer", 0.1, lambda p: _centroid(p.levels.sqrt(), p.seconds).log2()),
    Descriptor("softer attack", "harder attack", 1.0, _onset),
    # dB: even partials against odd ones, the fundamental aside
    Descriptor("hollower", "fuller", 1.0, lambda p: _db(p.every_second(2)) - _db(p.every_second(3))),
    Descriptor("quieter", "louder", 1.0, lambda p: _db(p.levels.mean(1))),
)


def describe(db: Tensor, log_mel: LogMel, pitch: float) -> Tensor:
    """Each of ``DESCRIPTORS``, ``[batch, descriptors]``, of pictures ``[batch, n_mels, frames]`` in decibels.

    ``pitch`` is a MIDI number, that of all of them.

    >>> import torch
    >>> from nsynthlib.spectral.log_mel import LogMel
    >>> quiet = torch.full((1, *LogMel().shape), -60.0)
    >>> (describe(quiet + 20, LogMel(), 60) - describe(quiet, LogMel(), 60)).round().abs().tolist()
    [[0.0, 0.0, 0.0, 0.0, 20.0]]
    """
    power = 10 ** (db.double() / 10)
    corners = mel_corners(log_mel.n_mels, 0.0, SAMPLE_RATE / 2, log_mel.mel_scale)
    seconds = torch.arange(db.shape[-1]) * (log_mel.hop_length / SAMPLE_RATE)
    picture = _Picture(power.mean(1), power.mean(2), torch.from_numpy(corners[1:-1]), seconds, midi_to_hz(pitch))
    return torch.stack([descriptor.measure(picture) for descriptor in DESCRIPTORS], 1)
