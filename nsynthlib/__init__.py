"""Musical notes, their pictures, and the models that learn them: the package that *Neural Notes* teaches with.

Names are imported when first used, so that ``import nsynthlib`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nsynthlib.data import FAMILIES, NSynth
    from nsynthlib.generation import generate
    from nsynthlib.models import AE, CVAE, VAE
    from nsynthlib.spectral import STFT, LogMel

_HOMES = {
    "FAMILIES": "data",
    "NSynth": "data",
    "generate": "generation",
    "AE": "models",
    "CVAE": "models",
    "VAE": "models",
    "STFT": "spectral",
    "LogMel": "spectral",
}
__all__ = ["AE", "CVAE", "FAMILIES", "STFT", "VAE", "LogMel", "NSynth", "generate"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'nsynthlib' has no attribute {name!r}")
    return getattr(import_module(f"nsynthlib.{_HOMES[name]}"), name)
