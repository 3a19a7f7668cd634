"""WaveNet (van den Oord et al. 2016), small: dilated causal convolutions, gated, and its fast generation by queues."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nsynthlib.data.clips import LOWEST
from nsynthlib.models.sampled import LEVELS, PITCHES, SILENCE, SampleModel, before, draw
from nsynthlib.values import whole


class WaveNet(SampleModel):
    """Every sample from the 1,024 before it, by 10 layers that look back 1, 2, 4 ... 512 samples.

    Args:
        channels: of the residual path.
        skip_channels: of the sum of all layers, from which the sample is read.
        layers: in each stack; layer ``i`` looks back ``2 ** i`` samples.
        stacks: how often the dilations begin anew.

    Raises:
        UsageError: for a size that is none.

    >>> WaveNet(channels=8, skip_channels=8, layers=4, stacks=2).receptive_field
    31
    """

    def __init__(self, channels: int = 48, skip_channels: int = 64, layers: int = 10, stacks: int = 1) -> None:
        super().__init__()
        whole("channels", channels, 1)
        whole("skip_channels", skip_channels, 1)
        self.dilations = [2**i for i in range(whole("layers", layers, 1))] * whole("stacks", stacks, 1)
        self.embed = nn.Embedding(LEVELS, channels)
        with torch.no_grad():  # codes that are near each other begin as vectors that are
            self.embed.weight.copy_(torch.linspace(-1, 1, LEVELS)[:, None] * torch.randn(channels))
        self.layers = nn.ModuleList(_Layer(channels, skip_channels, dilation) for dilation in self.dilations)
        self.read = nn.Sequential(
            nn.ReLU(),
            nn.Conv1d(skip_channels, 2 * skip_channels, 1),
            nn.ReLU(),
            nn.Conv1d(2 * skip_channels, LEVELS, 1),
        )

    @property
    def receptive_field(self) -> int:
        """How many samples before it each prediction depends on."""
        return 1 + sum(self.dilations)

    def forward(self, codes: Tensor, pitch: Tensor) -> Tensor:
        x = self.embed(before(codes)).transpose(1, 2)  # [n, channels, samples]
        skips = []
        for layer in self.layers:
            x, skip = layer(x, pitch)  # [n, channels, samples], [n, skip_channels, samples]
            skips.append(skip)
        return cast(Tensor, self.read(sum(skips)))  # [n, 256, samples]

    def sample_codes(self, pitch: Tensor, samples: int, temperature: float, generator: torch.Generator) -> Tensor:
        """As :meth:`SampleModel.sample_codes`, by queues (Paine et al. 2016): what a layer will need again is kept."""
        queues, biases = self.queues(len(pitch)), self.biases(pitch)
        code = torch.full_like(pitch, SILENCE)
        codes = []
        for t in range(samples):
            code = draw(self.next_logits(code, biases, queues, t), temperature, generator)
            codes.append(code)
        return torch.stack(codes, 1)

    def queues(self, n: int) -> list[Tensor]:
        """What each layer saw last, ``[dilation, n, channels]`` each; nothing so far."""
        return [self.embed.weight.new_zeros(d, n, self.embed.embedding_dim) for d in self.dilations]

    def biases(self, pitch: Tensor) -> list[Tensor]:
        """What the pitch adds in each layer, ``[n, 2 * channels]`` each: the same for all samples of a note."""
        return [cast(_Layer, layer).pitch(pitch - LOWEST) for layer in self.layers]

    def next_logits(self, code: Tensor, biases: list[Tensor], queues: list[Tensor], t: int) -> Tensor:
        """Logits ``[n, 256]`` of sample ``t`` from the one before it, ``code`` ``[n]``; the queues move on."""
        x = self.embed(code)  # [n, channels]
        skips = torch.zeros(1)
        for layer, bias, queue in zip(self.layers, biases, queues, strict=True):
            oldest = t % len(queue)
            seen = torch.cat([queue[oldest], x], 1)  # [n, channels * 2]
            queue[oldest] = x
            x, skip = cast(_Layer, layer).step(seen, x, bias)
            skips = skips + skip
        hidden, logits = cast(nn.Conv1d, self.read[1]), cast(nn.Conv1d, self.read[3])
        return _linear(logits, torch.relu(_linear(hidden, torch.relu(skips))))


class _Layer(nn.Module):
    """A gated dilated convolution that knows the pitch (equation 3), its residual and its skip."""

    def __init__(self, channels: int, skip_channels: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.look = nn.Conv1d(channels, 2 * channels, 2, dilation=dilation)
        self.pitch = nn.Embedding(PITCHES, 2 * channels)
        nn.init.normal_(self.pitch.weight, std=0.1)
        self.out = nn.Conv1d(channels, channels + skip_channels, 1)

    def forward(self, x: Tensor, pitch: Tensor) -> tuple[Tensor, Tensor]:
        seen = self.look(F.pad(x, (self.dilation, 0)))  # [n, 2 * channels, samples]
        out = self.out(_gated(seen + self.pitch(pitch - LOWEST)[..., None]))
        return x + out[:, : x.shape[1]], out[:, x.shape[1] :]

    def step(self, seen: Tensor, x: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """The same for one sample ``x`` ``[n, channels]``; ``seen`` is the one it looks back to, and ``x``."""
        out = _linear(self.out, _gated(_linear(self.look, seen) + bias))
        return x + out[:, : x.shape[1]], out[:, x.shape[1] :]


def _gated(seen: Tensor) -> Tensor:
    """Equation 2: what is found, and how much of it passes."""
    found, gate = seen.chunk(2, 1)
    return torch.tanh(found) * torch.sigmoid(gate)


def _linear(convolution: nn.Conv1d, x: Tensor) -> Tensor:
    """What a convolution makes of all that it looks at for one sample, ``[n, width * channels]``, oldest first."""
    weight = convolution.weight  # [out, channels, width]
    return F.linear(x, weight.transpose(1, 2).flatten(1), convolution.bias)
