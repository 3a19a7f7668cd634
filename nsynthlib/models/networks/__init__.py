"""What encoders and decoders are made of."""

from nsynthlib.models.networks.presets import PRESET, PRESETS, Preset

__all__ = ["PRESET", "PRESETS", "Preset"]
