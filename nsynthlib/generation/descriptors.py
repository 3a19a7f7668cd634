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
UP_TO = 8  # partials that are told from each other, and from what lies between them


class _Picture(NamedTuple):
    """Powers of notes of one pitch; a picture's bands, in hertz, and frames, in seconds, as numbers."""

    levels: Tensor  # [batch, frames], mean power of a frame
    spectrum: Tensor  # [batch, n_mels], mean power of a band
    hz: Tensor  # [n_mels]
    seconds: Tensor  # [frames]
    fundamental: float

    def partials(self, first: float, step: int) -> Tensor:
        """Power ``[batch]`` at the multiples ``first``, ``first + step`` ... of the fundamental, in dB."""
        multiples = torch.arange(first, UP_TO + 1, step) * self.fundamental
        bands = (self.hz - multiples[:, None]).abs().argmin(1)
        return _db(self.spectrum[:, bands].sum(1))


class Descriptor(NamedTuple):
    """A measure; ``less`` and ``more`` say what a note is like whose number is lower and higher than another's."""

    less: str
    more: str
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
    Descriptor("darker", "brighter", lambda p: _centroid(p.spectrum.sqrt(), p.hz).log2()),
    # octaves: how late the middle of a note's amplitude is
    Descriptor("shorter", "longer", lambda p: _centroid(p.levels.sqrt(), p.seconds).log2()),
    Descriptor("softer attack", "harder attack", _onset),
    # dB: even partials against odd ones, the fundamental aside
    Descriptor("hollower", "fuller", lambda p: p.partials(2, 2) - p.partials(3, 2)),
    # dB: halfway between partials against the partials
    Descriptor("cleaner", "noisier", lambda p: p.partials(1.5, 1) - p.partials(1, 1)),
    Descriptor("quieter", "louder", lambda p: _db(p.levels.mean(1))),
)


def describe(db: Tensor, log_mel: LogMel, pitch: float) -> Tensor:
    """Each of ``DESCRIPTORS``, ``[batch, descriptors]``, of pictures ``[batch, n_mels, frames]`` in decibels.

    ``pitch`` is a MIDI number, that of all of them.

    >>> from nsynthlib.spectral.log_mel import LogMel
    >>> quiet = torch.full((1, *LogMel().shape), -60.0)
    >>> (describe(quiet + 20, LogMel(), 60) - describe(quiet, LogMel(), 60)).round().abs().tolist()
    [[0.0, 0.0, 0.0, 0.0, 0.0, 20.0]]
    """
    power = 10 ** (db.double() / 10)
    corners = mel_corners(log_mel.n_mels, 0.0, SAMPLE_RATE / 2, log_mel.mel_scale)
    seconds = torch.arange(db.shape[-1]) * (log_mel.hop_length / SAMPLE_RATE)
    picture = _Picture(power.mean(1), power.mean(2), torch.from_numpy(corners[1:-1]), seconds, midi_to_hz(pitch))
    return torch.stack([descriptor.measure(picture) for descriptor in DESCRIPTORS], 1)
