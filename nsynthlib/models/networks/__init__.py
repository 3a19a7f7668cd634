"""What encoders and decoders are made of."""

from nsynthlib.models.networks.presets import PRESET, PRESETS, RESIDUAL, Preset, residual_preset, thesis_preset

__all__ = ["PRESET", "PRESETS", "RESIDUAL", "Preset", "residual_preset", "thesis_preset"]
