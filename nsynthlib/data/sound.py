"""One sound, in whatever form it is at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import torch
from torch import Tensor

from nsynthlib.audio.encoding import check_audio
from nsynthlib.data.notes import Note

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Sound: TypeAlias = "Note | Tensor | ArrayLike"


def read_sound(sound: Sound) -> Tensor:
    """Samples, float32 ``[samples]`` in [-1, 1] on the CPU, of a note, a tensor, an array or a list.

    int16 is divided by 32768. Raises UsageError for what is no sound of one channel, see
    :func:`~nsynthlib.audio.check_audio`; errors of a note are those of :attr:`Note.audio`.
    """
    if isinstance(sound, Note):
        return sound.audio
    return torch.from_numpy(np.require(check_audio(sound), requirements="W"))
