"""What models that make a sound sample by sample have in common: mu-law codes, and a distribution for the next one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F
from torchaudio.functional import mu_law_decoding, mu_law_encoding

from nsynthlib.data.clips import CLIP_SAMPLES, HIGHEST, LOWEST
from nsynthlib.errors import UsageError
from nsynthlib.models.pretrained import Pretrained
from nsynthlib.values import number, shown, whole

LEVELS = 256  # mu-law, 8 bits
SILENCE = LEVELS // 2  # the code of 0


class SampleModel(Pretrained):
    """A model of mu-law samples at 8 kHz, each given those before it and the pitch of the note (van den Oord et al.
    2016, equation 1)."""

    made_by = "nsynthlib train-miniature"

    def forward(self, codes: Tensor, pitch: Tensor) -> Tensor:
        """Logits ``[n, 256, samples]`` for every sample of ``codes`` int64 ``[n, samples]``, each from those before
        it; ``pitch`` are MIDI numbers, int64 ``[n]``."""
        raise NotImplementedError  # [n, 256, samples], by each kind in its own way

    def sample_codes(self, pitch: Tensor, samples: int, temperature: float, generator: torch.Generator) -> Tensor:
        """New codes, int64 ``[n, samples]``, one after another."""
        raise NotImplementedError

    def losses(self, audio: Tensor, pitch: Tensor) -> Iterator[Tensor]:
        """Mean bits a sample of ``audio`` ``[n, samples]`` in [-1, 1], for every stretch that training steps after."""
        codes = mu_law_encoding(audio, LEVELS)
        yield bits(self(codes, pitch), codes)

    @torch.inference_mode()
    def generate(
        self, pitch: Sequence[int], samples: int = CLIP_SAMPLES, *, temperature: float = 1.0, seed: int = 0
    ) -> Tensor:
        """New notes, float32 ``[n, samples]`` in [-1, 1] at 8 kHz, all at once.

        Args:
            pitch: MIDI numbers, 48 to 72.
            samples: how long.
            temperature: above 0; what the logits are divided by. At 1 samples are drawn as the model believes, lower
                they are those that it finds likely.
            seed: of the draws.

        Raises:
            UsageError: for a value outside its range.
        """
        wanted = torch.tensor([whole("pitch", p, LOWEST, HIGHEST) for p in pitch])
        length = whole("samples", samples, 1)
        heat = number(temperature)
        if heat is None or heat <= 0:
            raise UsageError(f"temperature must be a number above 0, not {shown(temperature)}")
        generator = torch.Generator().manual_seed(seed)
        return mu_law_decoding(self.sample_codes(wanted, length, heat, generator), LEVELS)


def bits(logits: Tensor, codes: Tensor) -> Tensor:
    """Mean bits that ``codes`` ``[n, samples]`` cost who believes ``logits`` ``[n, 256, samples]``."""
    return F.cross_entropy(logits.float(), codes) / math.log(2)


def before(codes: Tensor) -> Tensor:
    """Each sample's predecessor, ``[n, samples]``; silence comes before the first."""
    return F.pad(codes[:, :-1], (1, 0), value=SILENCE)


def draw(logits: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    """A code for every row of ``logits`` ``[n, 256]``, int64 ``[n]``."""
    return torch.multinomial(torch.softmax(logits / temperature, 1), 1, generator=generator)[:, 0]
