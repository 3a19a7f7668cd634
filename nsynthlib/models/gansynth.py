"""A GAN that makes a whole note at once: its magnitudes, and how fast its phase turns (Engel et al. 2019, GANSynth).

A note is a picture of two channels. The generator makes one from noise and a pitch; the discriminator tells such
pictures from those of real notes, and hears which pitch they show. Smaller than the paper's: pictures of one size
instead of a size that grows in training, two octaves, and a generator that is shown where a pitch's partials lie.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nsynthlib.audio.pitch import midi_to_hz
from nsynthlib.data.clips import CLIP_PEAK, CLIP_RATE, CLIP_SAMPLES, HIGHEST, LOWEST, PITCHES
from nsynthlib.errors import UsageError
from nsynthlib.models.pretrained import Pretrained
from nsynthlib.spectral import STFT, from_instantaneous_frequency, istft, stft, to_instantaneous_frequency
from nsynthlib.values import shown, whole

SETTINGS = STFT(n_fft=512, hop_length=128)
BINS, FRAMES = 256, 64  # of a picture: sizes that can be halved, so without the Nyquist bin and the last frame
FLOOR_DB = -100.0  # the least that a picture tells apart from silence, against a full-scale sine
UNHEARD_DB, HEARD_DB = -75.0, -55.0  # below the first a bin's frequency is noise, above the second it counts in full
BIN_HZ = CLIP_RATE / SETTINGS.n_fft
HALF_TURN = CLIP_RATE / (2 * SETTINGS.hop_length) / BIN_HZ  # bins by which a frequency is off that turns half a hop
COARSE = (8, 2)  # rows and columns that the generator begins with and the discriminator ends with


def to_picture(audio: Tensor) -> Tensor:
    """Log-magnitude and instantaneous frequency ``[n, 2, 256, 64]`` of clips ``[n, 8192]`` at 8 kHz.

    Magnitudes from -100 to 0 dB against a full-scale sine lie in [-1, 1]. Frequencies are told from the centre of their
    bin, in half turns a hop: 1 is 31.25 Hz or two bins, which is how far a steady partial's light reaches. The first
    frame holds the phase itself, told from that of a click in the frame's middle. The 257th bin and the 65th frame are
    left out; the other frames reach over the end of a clip.

    >>> import torch
    >>> to_picture(torch.zeros(3, 8192)).shape
    torch.Size([3, 2, 256, 64])
    """
    magnitude, frequency = to_instantaneous_frequency(stft(audio, SETTINGS)[..., :BINS, :FRAMES])
    db = 20 * (magnitude / SETTINGS.reference).clamp_min(10 ** (FLOOR_DB / 20)).log10()
    return torch.stack([1 - 2 * db / FLOOR_DB, _wrap(frequency - _steady(frequency.device))], 1)


def from_picture(picture: Tensor) -> Tensor:
    """Clips ``[n, 8192]`` of pictures ``[n, 2, 256, 64]``, see :func:`to_picture`.

    >>> import torch
    >>> from_picture(to_picture(torch.zeros(3, 8192))).shape
    torch.Size([3, 8192])
    """
    level, frequency = picture.float().unbind(1)
    magnitude = SETTINGS.reference * 10 ** (FLOOR_DB * (1 - level) / 40)
    spectrum = from_instantaneous_frequency(magnitude, frequency + _steady(picture.device))
    return istft(F.pad(spectrum, (0, 0, 0, 1)), SETTINGS, CLIP_SAMPLES)


def _steady(device: torch.device) -> Tensor:
    """Half turns ``[256, 64]`` of a wave at each bin's centre, from frame to frame; before them a click's phase."""
    turns = torch.full((FRAMES,), 2 * SETTINGS.hop_length / SETTINGS.n_fft, device=device)
    turns[0] = 1.0  # a click half a window after the frame's first sample
    return _wrap(torch.arange(BINS, device=device)[:, None] * turns)


def _wrap(half_turns: Tensor) -> Tensor:
    return torch.remainder(half_turns + 1, 2) - 1


def mask_frequency(picture: Tensor) -> Tensor:
    """A picture without the frequencies that mean nothing: those of quiet bins, and the first frame's phase.

    Where there is no energy the phase turns at random, and nothing is gained if networks learn to draw or judge that.
    Frequencies fade from -55 to -75 dB to that of the bin's centre, 0.
    """
    level, frequency = picture.unbind(1)
    db = FLOOR_DB * (1 - level) / 2
    heard = ((db - UNHEARD_DB) / (HEARD_DB - UNHEARD_DB)).clamp(0, 1)
    later = torch.arange(FRAMES, device=picture.device) > 0
    return torch.stack([level, frequency * heard * later], 1)


def comb_pictures() -> Tensor:
    """Where the partials of every pitch lie, ``[25, 2, 256]``.

    A bump, one bin wide, on every partial; and the way from each bin to the partial, in half turns a hop as in a
    picture's second channel, 0 where it is more than two bins away.
    """
    f0 = torch.tensor([midi_to_hz(pitch) for pitch in range(LOWEST, HIGHEST + 1)])[:, None] / BIN_HZ
    bins = torch.arange(BINS)
    way = (bins / f0).round().clamp_min(1) * f0 - bins
    return torch.stack([torch.exp(-way.square() / 2), torch.where(way.abs() < HALF_TURN, way / HALF_TURN, 0.0)], 1)


class GANSynth(Pretrained):
    """The generator: a second of a note at 8 kHz from noise and a pitch; 0.2 million parameters.

    From 8 x 2 places the picture doubles four times, each time by repeating and a convolution. Before each the comb of
    the pitch is added, so that the noise has only to say how strong which partials are, and when. The last
    convolution makes two by two places of each. Pictures are masked, see :func:`mask_frequency`.

    Args:
        latent: numbers of noise that a timbre is made of.
        channels: at 8, 16, 32, 64 and 128 rows.
        comb: whether the generator is shown where partials lie; without, a pitch is its number alone, as in the paper.

    Raises:
        UsageError: for another count of channels.
    """

    made_by = "nsynthlib train-miniature"

    def __init__(self, latent: int = 32, channels: Sequence[int] = (64, 64, 64, 48, 32), comb: bool = True) -> None:
        super().__init__()
        if len(channels) != 5:
            raise UsageError(f"channels {shown(channels)} are {len(channels)}; give five, for 8 to 128 rows")
        self.latent = latent
        self.first = nn.Linear(latent + PITCHES, channels[0] * math.prod(COARSE))
        pairs = list(pairwise(channels))
        self.levels = nn.ModuleList(nn.Conv2d(before, after, 3, padding=1) for before, after in pairs)
        self.combs = nn.ModuleList(nn.Conv1d(32 >> i, after, 3, padding=1) for i, (_, after) in enumerate(pairs))
        self.last = nn.Conv2d(channels[-1], channels[-1], 3, padding=1)
        self.paint = nn.Conv2d(channels[-1], 8, 3, padding=1)
        self.register_buffer("comb", comb_pictures() * comb, persistent=False)
        _initialise(self)
        with torch.no_grad():
            self.paint.weight.mul_(0.1)
            self.paint.get_parameter("bias")[
                :4
            ] = -0.4  # real pictures' mean level, so that the first made ones are no roar

    def forward(self, z: Tensor, pitch: Tensor) -> Tensor:
        """Pictures ``[n, 2, 256, 64]`` of noise ``[n, latent]`` and MIDI numbers from 48 to 72, int64 ``[n]``."""
        number = F.one_hot(pitch - LOWEST, PITCHES)  # [n, 25]
        direction = F.normalize(z) * math.sqrt(self.latent)  # [n, latent]
        x = self.first(torch.cat([direction, number.to(z.dtype)], 1))
        x = _pixel_norm(F.leaky_relu(x.unflatten(1, (-1, *COARSE)), 0.2))  # [n, 64, 8, 2]
        for level, of_comb in zip(self.levels, self.combs, strict=True):
            x = level(F.interpolate(x, scale_factor=2))  # [n, channels, rows, columns]
            folded = self.get_buffer("comb")[pitch - LOWEST].unflatten(2, (x.shape[2], -1))  # [n, 2, rows, 256 / rows]
            x = x + of_comb(folded.transpose(2, 3).flatten(1, 2))[..., None]  # the same in every column
            x = F.leaky_relu(x, 0.2)
            if level is not self.levels[-1]:  # which would take a fifth of the time
                x = _pixel_norm(x)
        x = F.leaky_relu(self.last(x), 0.2)  # [n, 32, 128, 32]
        return mask_frequency(F.pixel_shuffle(self.paint(x), 2).float())

    @torch.inference_mode()
    def generate(self, pitch: Sequence[int], *, seed: int = 0) -> Tensor:
        """New notes, float32 ``[n, 8192]`` with a peak of 0.5, at 8 kHz: of one timbre, which ``seed`` chooses.

        Args:
            pitch: MIDI numbers, 48 to 72.
            seed: of the noise.

        Raises:
            UsageError: for a value outside its range.

        >>> GANSynth.from_pretrained().generate([60, 64, 67]).shape
        torch.Size([3, 8192])
        """
        wanted = torch.tensor([whole("pitch", p, LOWEST, HIGHEST) for p in pitch], dtype=torch.int64)
        if not len(wanted):
            raise UsageError("no pitch is asked for; name at least one MIDI number")
        z = torch.randn(1, self.latent, generator=torch.Generator().manual_seed(whole("seed", seed, 0)))
        audio = from_picture(self(z.expand(len(wanted), -1), wanted))
        return CLIP_PEAK * audio / audio.abs().amax(1, keepdim=True).clamp_min(1e-9)


class Discriminator(nn.Module):
    """Whether pictures are of real notes, and of which pitch; 0.15 million parameters.

    Args:
        channels: at 128, 64, 32 and 16 rows.
    """

    def __init__(self, channels: Sequence[int] = (32, 48, 64, 64)) -> None:
        super().__init__()
        pairs = pairwise((8, *channels))
        self.levels = nn.ModuleList(nn.Conv2d(before, after, 3, padding=1) for before, after in pairs)
        self.last = nn.Conv2d(channels[-1] + 1, channels[-1], 3, padding=1)
        self.answers = nn.Linear(channels[-1] * math.prod(COARSE), 1 + PITCHES)
        _initialise(self)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Logits ``[n]`` of being real and ``[n, 25]`` of the pitches from 48, for masked pictures ``[n, 2, 256, 64]``.

        They are judged by how much those of a batch differ, too, so that a generator that makes one note over and over
        is found out (Karras et al. 2018, section 3).
        """
        x = F.pixel_unshuffle(picture, 2)  # [n, 8, 128, 32]
        for level in self.levels:
            x = F.avg_pool2d(F.leaky_relu(level(x), 0.2), 2)  # [n, channels, rows / 2, columns / 2]
        spread = x.float().var(0, unbiased=False).add(1e-8).sqrt().mean(0).to(x.dtype)  # [8, 2]
        x = torch.cat([x, spread.expand(len(x), 1, *COARSE)], 1)
        answers = self.answers(F.leaky_relu(self.last(x), 0.2).flatten(1)).float()  # [n, 26]
        return answers[:, 0], answers[:, 1:]


def _pixel_norm(x: Tensor) -> Tensor:
    """``x`` ``[n, channels, ...]`` with a root mean square of 1 over the channels of every place."""
    return x * (math.sqrt(x.shape[1]) / torch.linalg.vector_norm(x, dim=1, keepdim=True).add(1e-4))


def _initialise(network: nn.Module) -> None:
    """Weights that keep the size of what passes through them (He et al. 2015), biases 0."""
    for parameter in network.parameters():
        if parameter.dim() > 1:
            nn.init.kaiming_normal_(parameter, 0.2)
        else:
            nn.init.zeros_(parameter)
