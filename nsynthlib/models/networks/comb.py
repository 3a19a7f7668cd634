"""Where the partials of a pitch fall in a spectrogram: the picture by which networks are told a pitch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nsynthlib.audio.format import SAMPLE_RATE
from nsynthlib.spectral import LogMel, hz_to_mel, mel_corners
from nsynthlib.spectral.mel import KNEE_HZ, KNEE_MEL, SLANEY_STEP

WIDTH = 0.8  # bands, of a bump: the standard deviation of its Gaussian
NEGLIGIBLE = 1e-30  # too little to change a sum; and numbers below 1e-38 make a CPU's convolutions half as fast


class Comb(nn.Module):
    """A bump 0.8 bands wide on every partial of a pitch, ``[batch, n_mels]`` in [0, 1].

    Args:
        log_mel: the spectrogram whose bands are meant.

    >>> import torch
    >>> from nsynthlib.spectral import LogMel
    >>> comb = Comb(LogMel())(torch.tensor([60.0]))
    >>> comb.shape, int(comb[0, :40].argmax()) == round(LogMel().bands([261.63])[0])
    (torch.Size([1, 384]), True)
    """

    def __init__(self, log_mel: LogMel) -> None:
        super().__init__()
        self.log_mel = log_mel
        centres = mel_corners(log_mel.n_mels, 0.0, SAMPLE_RATE / 2, log_mel.mel_scale)[1:-1]
        self.register_buffer("centres", torch.from_numpy(centres).float(), persistent=False)  # hertz

    def forward(self, pitch: Tensor) -> Tensor:
        """Of MIDI numbers ``[batch]``, with a fraction where a note is out of tune."""
        f0 = 440.0 * 2.0 ** ((pitch.float()[:, None] - 69) / 12)  # [batch, 1]
        centres = self.get_buffer("centres")
        order = (centres / f0).round().clamp_min(1)  # of the partial nearest to each band
        distance = torch.arange(self.log_mel.n_mels, device=f0.device) - self._bands(order * f0)
        bumps = torch.exp(-distance.square() / (2 * WIDTH**2))
        return bumps * ((bumps > NEGLIGIBLE) & (order * f0 < SAMPLE_RATE / 2))

    def _bands(self, hz: Tensor) -> Tensor:
        """:meth:`LogMel.bands` for tensors."""
        log_mel = self.log_mel
        if log_mel.mel_scale == "htk":
            mel = 2595.0 * torch.log10(1.0 + hz / 700.0)
        else:
            above = KNEE_MEL + (hz.clamp_min(KNEE_HZ) / KNEE_HZ).log() / SLANEY_STEP
            mel = torch.where(hz < KNEE_HZ, hz * (KNEE_MEL / KNEE_HZ), above)
        return mel / float(hz_to_mel(SAMPLE_RATE / 2, log_mel.mel_scale)) * (log_mel.n_mels + 1) - 1


def fold_comb(comb: Tensor, factor: int, columns: int) -> Tensor:
    """``[batch, rows]`` as ``[batch, factor, rows / factor, columns]``: neighbouring bands become channels."""
    return comb.unflatten(1, (-1, factor)).transpose(1, 2)[..., None].expand(-1, -1, -1, columns)
