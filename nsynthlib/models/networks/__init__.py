"""What encoders and decoders are made of."""

from nsynthlib.models.networks.presets import PRESETS, Preset

__all__ = ["PRESETS", "Preset"]
