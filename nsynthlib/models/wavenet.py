"""WaveNet (van den Oord et al. 2016), small: dilated causal convolutions, gated, and its fast generation by queues.

Some of its layers look back whole periods of the pitch that it is told (as in QPNet: Wu et al. 2021), so that ten
layers see what it takes to go on with a tone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nsynthlib.data.clips import CLIP_RATE, LOWEST, PITCHES
from nsynthlib.models.sampled import LEVELS, SILENCE, SampleModel, before, draw
from nsynthlib.values import whole

LEAD = 4  # samples less than whole periods: so what came after, a period ago, is seen as well


class WaveNet(SampleModel):
    """Every sample from some hundred before it, told the pitch.

    Args:
        channels: of the residual path.
        skip_channels: of the sum of all layers, from which the sample is read.
        first: how many samples each of the first layers looks back, its dilation.
        periods: how many periods of the pitch, less 4 samples, each of the next layers looks back.
        last: dilations of the last layers.

    Raises:
        UsageError: for a size that is none.

    >>> WaveNet(first=[1, 2, 4, 8], periods=[], last=[1, 2, 4, 8]).receptive_field(60)
    31
    """

    def __init__(
        self,
        channels: int = 48,
        skip_channels: int = 64,
        first: Sequence[int] = (1, 2, 4, 8),
        periods: Sequence[int] = (1, 1, 1),
        last: Sequence[int] = (1, 2, 4),
    ) -> None:
        super().__init__()
        whole("channels", channels, 1)
        whole("skip_channels", skip_channels, 1)
        looks = [(whole("dilation", d, 1), by_period) for d, by_period in _looks(first, periods, last)]
        self.embed = nn.Embedding(LEVELS, channels)
        with torch.no_grad():  # codes that are near each other begin as vectors that are
            self.embed.weight.copy_(torch.linspace(-1, 1, LEVELS)[:, None] * torch.randn(channels))
        self.layers = nn.ModuleList(_Layer(channels, skip_channels, *look) for look in looks)
        self.read = nn.Sequential(
            nn.ReLU(), nn.Linear(skip_channels, 2 * skip_channels), nn.ReLU(), nn.Linear(2 * skip_channels, LEVELS)
        )

    def receptive_field(self, pitch: int) -> int:
        """How many samples before it each prediction depends on."""
        return 1 + sum(int(delay) for delay in self.delays(torch.tensor([pitch])))

    def delays(self, pitch: Tensor) -> list[Tensor]:
        """How many samples each layer looks back, int64 ``[n]`` each."""
        return [cast(_Layer, layer).delay(pitch) for layer in self.layers]

    def forward(self, codes: Tensor, pitch: Tensor) -> Tensor:
        x = self.embed(before(codes))  # [n, samples, channels]
        skips = []
        for layer, delay in zip(self.layers, self.delays(pitch), strict=True):
            past = torch.stack([F.pad(row, (0, 0, d, 0))[: len(row)] for row, d in zip(x, delay.tolist(), strict=True)])
            x, skip = layer(past, x, cast(_Layer, layer).pitch(pitch - LOWEST)[:, None])
            skips.append(skip)  # [n, samples, skip_channels]
        return cast(Tensor, self.read(torch.stack(skips).sum(0))).transpose(1, 2)  # [n, 256, samples]

    def sample_codes(self, pitch: Tensor, samples: int, temperature: float, generator: torch.Generator) -> Tensor:
        """As :meth:`SampleModel.sample_codes`, by queues (Paine et al. 2016): what a layer will need again is kept."""
        queues = Queues(self, pitch)
        code = torch.full_like(pitch, SILENCE)
        codes = []
        for _ in range(samples):
            code = draw(queues.next_logits(code), temperature, generator)
            codes.append(code)
        return torch.stack(codes, 1)


class Queues:
    """Generation of ``n`` notes a sample at a time: each layer's last inputs, as far as it will look back.

    Args:
        model: that generates.
        pitch: MIDI numbers, int64 ``[n]``.
    """

    def __init__(self, model: WaveNet, pitch: Tensor) -> None:
        self.model, self.t = model, 0
        self.delays = model.delays(pitch)
        # what the pitch adds is the same for all samples
        self.biases = [cast(_Layer, layer).pitch(pitch - LOWEST) for layer in model.layers]  # [n, 2 * channels] each
        channels = model.embed.embedding_dim
        self.kept = [self.biases[0].new_zeros(int(d.max()), len(pitch), channels) for d in self.delays]
        self.notes = torch.arange(len(pitch))

    def next_logits(self, code: Tensor) -> Tensor:
        """Logits ``[n, 256]`` of the next sample, from the one before it, ``code`` ``[n]``."""
        x = self.model.embed(code)  # [n, channels]
        skips = []
        for layer, delay, bias, kept in zip(self.model.layers, self.delays, self.biases, self.kept, strict=True):
            past = kept[(self.t - delay) % len(kept), self.notes]
            kept[self.t % len(kept)] = x
            x, skip = layer(past, x, bias)
            skips.append(skip)
        self.t += 1
        return cast(Tensor, self.model.read(torch.stack(skips).sum(0)))


def _looks(first: Sequence[int], periods: Sequence[int], last: Sequence[int]) -> list[tuple[int, bool]]:
    """Each layer's dilation, and whether it is counted in periods."""
    return [*((d, False) for d in first), *((d, True) for d in periods), *((d, False) for d in last)]


class _Layer(nn.Module):
    """A gated dilated convolution that knows the pitch (equation 3), its residual and its skip."""

    def __init__(self, channels: int, skip_channels: int, dilation: int, by_period: bool) -> None:
        super().__init__()
        self.dilation, self.by_period, self.channels = dilation, by_period, channels
        self.look = nn.Linear(2 * channels, 2 * channels)  # a kernel of two samples: the one looked back to, and now
        self.pitch = nn.Embedding(PITCHES, 2 * channels)
        nn.init.normal_(self.pitch.weight, std=0.1)
        self.out = nn.Linear(channels, channels + skip_channels)

    def delay(self, pitch: Tensor) -> Tensor:
        """How many samples it looks back, int64 ``[n]``."""
        if not self.by_period:
            return torch.full_like(pitch, self.dilation)
        period = CLIP_RATE / (440.0 * torch.exp2((pitch - 69) / 12))  # in samples
        return (self.dilation * period).round().long() - LEAD

    def forward(self, past: Tensor, now: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """The next layer's input and the skip, of samples ``[..., channels]``; ``bias`` is what the pitch adds."""
        found, gate = (self.look(torch.cat([past, now], -1)) + bias).chunk(2, -1)  # [..., channels] each
        out = self.out(torch.tanh(found) * torch.sigmoid(gate))
        return now + out[..., : self.channels], out[..., self.channels :]
