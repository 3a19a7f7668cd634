"""The classifier: a small network that hears a note's pitch, family and velocity, and so judges what models make."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

import torch
from torch import Tensor, nn

from nsynthlib.data.labels import FAMILIES, VELOCITIES
from nsynthlib.models.pretrained import Pretrained
from nsynthlib.spectral import LogMel

LOG_MEL = LogMel(256, floor_db=-90.0)  # the classifier's own, whatever a model uses inside


class Predictions(NamedTuple):
    """What the classifier hears in ``n`` notes: logits of every answer, and the features they come from.

    >>> import torch
    >>> heard = Classifier().eval().predict(torch.zeros(2, 64_000))
    >>> heard.pitch.shape, heard.family.shape, heard.velocity.shape
    (torch.Size([2, 128]), torch.Size([2, 11]), torch.Size([2, 5]))
    """

    pitch: Tensor  #: ``[n, 128]``
    family: Tensor  #: ``[n, 11]``, in the order of ``FAMILIES``
    velocity: Tensor  #: ``[n, 5]``, in the order of ``VELOCITIES``
    features: Tensor  #: ``[n, 96]``, not negative


def nearest_velocity(velocity: Tensor) -> Tensor:
    """Index into ``VELOCITIES`` of the nearest one, int64 ``[n]``."""
    return (velocity[:, None] - torch.tensor(VELOCITIES, device=velocity.device)).abs().argmin(1)


class Classifier(Pretrained):
    """Pitch, family and velocity from one log-mel spectrogram; 0.71 million parameters.

    It keeps absolute level, since velocity is heard by it: 256 bands of Slaney's mel scale, n_fft 2048, hop 512, from
    -90 to 0 dB against a full-scale sine. Four strided levels; what they found stays in its place in frequency and
    time, since pitch is a place and a family is known by its attack and release.

    >>> from nsynthlib import pocket
    >>> from nsynthlib.data import FAMILIES
    >>> judge = Classifier.from_pretrained()
    >>> note = pocket().filter(family="mallet", pitch=60)[0]
    >>> heard = judge.predict([note.audio])
    >>> int(heard.pitch.argmax()), FAMILIES[int(heard.family.argmax())]
    (60, 'mallet')
    >>> from nsynthlib.models.classifier import LOG_MEL
    >>> judge(LOG_MEL(note.audio)[None]).features.shape  # calling it is its forward
    torch.Size([1, 96])
    """

    made_by = "nsynthlib train-classifier"

    def __init__(self, features: int = 96, dropout: float = 0.3) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _level(1, 24, 5, (2, 4)),
            _level(24, 48, 3, (2, 2)),
            _level(48, 96, 3, (2, 2)),
            _Residual(96),
            _level(96, 128, 3, (2, 2)),
            _Residual(128),
            _level(128, 48, 1, (1, 1)),
        )
        self.to_features = nn.Sequential(
            nn.Flatten(), nn.Dropout(dropout), nn.Linear(48 * 16 * 4, features), nn.BatchNorm1d(features), nn.ReLU()
        )
        self.answers = nn.Sequential(
            nn.Dropout(dropout / 2), nn.Linear(features, 128 + len(FAMILIES) + len(VELOCITIES))
        )

    def forward(self, db: Tensor) -> Predictions:
        """What is heard in spectrograms ``[n, 256, 126]`` in decibels, see ``LOG_MEL``."""
        x = 1 - 2 * db[:, None] / LOG_MEL.floor_db  # [n, 1, 256, 126]
        features = self.to_features(self.body(x))  # [n, 48, 16, 4], then [n, 96]
        pitch, family, velocity = self.answers(features).split((128, len(FAMILIES), len(VELOCITIES)), 1)
        return Predictions(pitch, family, velocity, features)

    @torch.inference_mode()
    def predict(self, sounds: Iterable[Tensor], batch_size: int = 64) -> Predictions:
        """What is heard in ``sounds``, each ``[64000]`` in [-1, 1]: float32 on the CPU."""
        device = next(self.parameters()).device
        spectrograms = (LOG_MEL(audio.to(device)) for audio in sounds)
        heard = [self(torch.stack(batch)) for batch in iter(lambda: list(islice(spectrograms, batch_size)), [])]
        return Predictions(*(torch.cat(part).float().cpu() for part in zip(*heard, strict=True)))


def _level(channels: int, out: int, kernel: int, stride: tuple[int, int]) -> nn.Sequential:
    """Convolution, batch normalisation, ReLU."""
    convolution = nn.Conv2d(channels, out, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out), nn.ReLU())


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.body(x))  # [n, channels, rows, columns]
