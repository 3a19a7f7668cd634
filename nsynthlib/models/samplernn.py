"""SampleRNN (Mehri et al. 2017), small: a recurrent tier that sees frames, and one that sees samples."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchaudio.functional import mu_law_encoding

from nsynthlib.data.clips import LOWEST, PITCHES
from nsynthlib.models.sampled import LEVELS, SILENCE, SampleModel, bits, draw
from nsynthlib.values import whole

EMBEDDED = 16  # numbers that a code becomes in the tier of samples


class SampleRNN(SampleModel):
    """Two tiers: a GRU is told a frame at a time what was, and tells each sample of the next; there a perceptron adds
    the last samples.

    Args:
        hidden: numbers that the GRU remembers.
        width: of the perceptron.
        frame: samples in a frame, and samples that the perceptron sees.
        stretch: frames through which errors are sent back; what was remembered before is kept, its errors are not
            (truncated backpropagation through time, section 2.2).

    Raises:
        UsageError: for a size that is none.

    >>> import torch
    >>> model = SampleRNN(hidden=8, width=8)
    >>> model(torch.zeros(1, 64, dtype=torch.int64), torch.tensor([60])).shape
    torch.Size([1, 256, 64])
    """

    def __init__(self, hidden: int = 128, width: int = 64, frame: int = 16, stretch: int = 64) -> None:
        super().__init__()
        self.width, self.frame, self.stretch = whole("width", width, 1), whole("frame", frame, 1), stretch
        self.hidden = whole("hidden", hidden, 1)
        whole("stretch", stretch, 1)
        self.pitch = nn.Embedding(PITCHES, hidden)
        self.see = nn.Linear(frame, hidden)
        self.gru = nn.GRU(hidden, hidden, batch_first=True)
        self.tell = nn.Linear(hidden, frame * width)
        self.embed = nn.Embedding(LEVELS, EMBEDDED)
        self.near = nn.Conv1d(EMBEDDED, width, frame)
        self.read = nn.Sequential(nn.ReLU(), nn.Conv1d(width, 2 * width, 1), nn.ReLU(), nn.Conv1d(2 * width, LEVELS, 1))

    def forward(self, codes: Tensor, pitch: Tensor) -> Tensor:
        samples = codes.shape[1]
        whole_frames = F.pad(codes, (0, -samples % self.frame), value=SILENCE)  # [n, a multiple of frame]
        logits, _ = self._stretch(self._silence(codes), whole_frames, pitch, None)
        return logits[..., :samples]  # [n, 256, samples]

    def losses(self, audio: Tensor, pitch: Tensor) -> Iterator[Tensor]:
        """As :meth:`SampleModel.losses`, one for each stretch; the GRU goes on from what it remembers."""
        codes = mu_law_encoding(audio, LEVELS)
        past, memory = self._silence(codes), None
        for part in codes[:, : codes.shape[1] // self.frame * self.frame].split(self.frame * self.stretch, 1):
            logits, memory = self._stretch(past, part, pitch, memory)
            memory = memory.detach()
            past = part[:, -self.frame :]
            yield bits(logits, part)

    def sample_codes(self, pitch: Tensor, samples: int, temperature: float, generator: torch.Generator) -> Tensor:
        codes, memory = self._silence(pitch[:, None]), None
        for _ in range(-(-samples // self.frame)):
            told, memory = self._tier(codes[:, None, -self.frame :], pitch, memory)
            for i in range(self.frame):
                logits = self._read(codes[:, -self.frame :], told[..., i : i + 1])[..., 0]
                codes = torch.cat([codes, draw(logits, temperature, generator)[:, None]], 1)
        return codes[:, self.frame :][:, :samples]

    def _silence(self, codes: Tensor) -> Tensor:
        """The frame that comes before all others, ``[n, frame]``."""
        return torch.full((len(codes), self.frame), SILENCE)

    def _stretch(self, past: Tensor, codes: Tensor, pitch: Tensor, memory: Tensor | None) -> tuple[Tensor, Tensor]:
        """Logits ``[n, 256, samples]`` of whole frames of ``codes``, which ``past`` ``[n, frame]`` came before."""
        known = torch.cat([past, codes], 1)  # [n, frame + samples]
        frames = known[:, : codes.shape[1]].unflatten(1, (-1, self.frame))  # [n, frames, frame]: each one's last
        told, memory = self._tier(frames, pitch, memory)
        return self._read(known[:, :-1], told), memory

    def _tier(self, frames: Tensor, pitch: Tensor, memory: Tensor | None) -> tuple[Tensor, Tensor]:
        """What the GRU tells each sample of the frames that follow ``frames`` ``[n, frames, frame]``."""
        level = 2 * frames.float() / (LEVELS - 1) - 1
        seen = self.see(level) + self.pitch(pitch - LOWEST)[:, None]  # [n, frames, hidden]
        remembered, memory = self.gru(seen, memory)
        return self.tell(remembered).reshape(len(frames), -1, self.width).transpose(1, 2), memory

    def _read(self, known: Tensor, told: Tensor) -> Tensor:
        """Logits from the ``frame`` codes before each sample, and from what the GRU told, ``[n, width, samples]``."""
        near = self.near(self.embed(known).transpose(1, 2))  # [n, width, samples]
        return self.read(near + told)  # [n, 256, samples]
