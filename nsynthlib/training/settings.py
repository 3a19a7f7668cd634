"""What is asked of a training run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nsynthlib.errors import UsageError
from nsynthlib.files import read_json
from nsynthlib.models.autoencoders import KINDS, N_EFFECTIVE


@dataclass(frozen=True)
class Settings:
    """Everything that decides how a run ends, apart from the notes.

    Args:
        kind: ``ae``, ``vae`` or ``cvae``.
        preset: of the network, see ``models.PRESETS``.
        epochs: passes over the training notes; the schedules are laid out over all of them.
        batch_size: notes a step, over all processes.
        learning_rate: peak of Muon's and AdamW's; warms up over 2 % of the steps, then follows a cosine to a hundredth.
        n_effective: how many independent numbers one spectrogram is counted as. Neighbouring bins move together, so
            counting all of them would make the KL term weigh nothing.
        kl_warmup: share of the steps over which the KL term grows to its full weight.
        augment_prob: that a spectrogram is changed as if by another instrument, see
            :mod:`nsynthlib.training.augmentation`.
        mix_prob: that a second instrument plays the same pitch.
        noise_prob: that a recording's noise is added.
        patience: stop after this many validations without a better one; 0 never stops early.
        seed: of weights, order and noise.
    """

    kind: str = "cvae"
    preset: str = "thesis"
    epochs: int = 40
    batch_size: int = 32
    learning_rate: float = 1.5e-3
    n_effective: float = N_EFFECTIVE
    kl_warmup: float = 0.05
    augment_prob: float = 0.85
    mix_prob: float = 0.5
    noise_prob: float = 0.25
    patience: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(f"model {self.kind!r} is unknown; choose one of {', '.join(KINDS)}")
        for name in ("epochs", "batch_size", "learning_rate", "n_effective"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name} must be greater than 0, not {getattr(self, name)}")

    @classmethod
    def from_options(cls, options: Mapping[str, Any], resumed: Path | None = None) -> Settings:
        """Settings of the options that are not ``None``, over those that the run to be ``resumed`` was begun with."""
        path = resumed / "settings.json" if resumed else None
        stored = read_json(path)["settings"] if path and path.exists() else {}
        return cls(**(stored | {name: value for name, value in options.items() if value is not None}))
