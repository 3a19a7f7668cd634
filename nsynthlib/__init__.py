"""Musical notes, their spectrograms, and the models that learn them: the package that *Neural Notes* teaches with.

Names are imported when first used, so that ``import nsynthlib`` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

__version__ = "0.1.0"

if TYPE_CHECKING:
    from nsynthlib.data import FAMILIES, NSynth, pocket, read_own_sound
    from nsynthlib.generation import generate, morph, reconstruct, transpose
    from nsynthlib.models import AE, CVAE, VAE
    from nsynthlib.playing import read_midi, render_melody
    from nsynthlib.spectral import STFT, LogMel
    from nsynthlib.training import Settings, train

__getattr__, _, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "data": ["FAMILIES", "NSynth", "pocket", "read_own_sound"],
        "generation": ["generate", "morph", "reconstruct", "transpose"],
        "models": ["AE", "CVAE", "VAE"],
        "playing": ["read_midi", "render_melody"],
        "spectral": ["STFT", "LogMel"],
        "training": ["Settings", "train"],
    },
)
__all__ = [
    "AE",
    "CVAE",
    "FAMILIES",
    "STFT",
    "VAE",
    "LogMel",
    "NSynth",
    "Settings",
    "__version__",
    "generate",
    "morph",
    "pocket",
    "read_midi",
    "read_own_sound",
    "reconstruct",
    "render_melody",
    "train",
    "transpose",
]


def __dir__() -> list[str]:
    return __all__
