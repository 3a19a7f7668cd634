"""A small network that hears a note's pitch, family and velocity: the judge of what models make."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from contextlib import redirect_stdout
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from huggingface_hub import PyTorchModelHubMixin
from safetensors import SafetensorError
from torch import Tensor, nn

from nsynthlib.data import FAMILIES, VELOCITIES
from nsynthlib.errors import UsageError
from nsynthlib.spectral import LogMel

if TYPE_CHECKING:
    from typing_extensions import Self

PICTURE = LogMel(256, floor_db=-90.0)  # the judge's own, whatever a model uses inside
SHIPPED = Path(__file__).parent.parent / "pretrained" / "classifier"


class Verdict(NamedTuple):
    """What the judge heard in ``n`` notes: logits of every answer, and the features they come from."""

    pitch: Tensor  #: ``[n, 128]``
    family: Tensor  #: ``[n, 11]``, in the order of ``FAMILIES``
    velocity: Tensor  #: ``[n, 5]``, in the order of ``VELOCITIES``
    features: Tensor  #: ``[n, 96]``, not negative


class Classifier(nn.Module, PyTorchModelHubMixin):
    """Pitch, family and velocity from one log-mel picture; 0.71 million parameters.

    The picture keeps absolute level, since velocity is heard by it: 256 bands of Slaney's mel scale, n_fft 2048, hop
    512, from -90 to 0 dB against a full-scale sine. Four strided levels; what they found stays in its place in
    frequency and time, since pitch is a place and a family is known by its attack and release.
    """

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

    def picture(self, audio: Tensor) -> Tensor:
        """Decibels ``[..., 256, frames]`` in [-90, 0] of ``audio`` ``[..., samples]`` in [-1, 1] at 16 kHz."""
        return PICTURE.picture(audio)

    def forward(self, db: Tensor) -> Verdict:
        """What is heard in pictures ``[n, 256, 126]`` in decibels."""
        features = self.to_features(self.body(1 - 2 * db[:, None] / PICTURE.floor_db))
        pitch, family, velocity = self.answers(features).split((128, len(FAMILIES), len(VELOCITIES)), 1)
        return Verdict(pitch, family, velocity, features)

    @torch.inference_mode()
    def listen(self, sounds: Iterable[Tensor], batch_size: int = 64) -> Verdict:
        """What is heard in ``sounds``, each ``[64000]`` in [-1, 1]: float32 on the CPU."""
        device = next(self.parameters()).device
        pictures = (self.picture(audio.to(device)) for audio in sounds)
        heard = [self(torch.stack(batch)) for batch in iter(lambda: list(islice(pictures, batch_size)), [])]
        return Verdict(*(torch.cat(part).float().cpu() for part in zip(*heard, strict=True)))

    @classmethod
    def from_pretrained(  # type: ignore[override]
        cls, name: str | os.PathLike[str] | None = None, **options: Any
    ) -> Self:
        """The shipped judge, or one that `nsynthlib judge` left in a folder; UsageError if there is none."""
        source = Path(name or SHIPPED)
        advice = f"'{source}' holds no classifier; train one with `nsynthlib judge`"
        if not (source / "config.json").exists():
            raise UsageError(advice)
        try:
            with redirect_stdout(io.StringIO()):  # the mixin prints where it reads from
                return super().from_pretrained(str(source), **options).eval()
        except (OSError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
            raise UsageError(f"{advice} ({str(error).strip().splitlines()[0]})") from None


def _level(channels: int, out: int, kernel: int, stride: tuple[int, int]) -> nn.Sequential:
    """Convolution, batch normalisation, ReLU."""
    convolution = nn.Conv2d(channels, out, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out), nn.ReLU())


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.body(x))
