"""What is asked of a training run."""

from __future__ import annotations

from dataclasses import dataclass

from nsynthlib.errors import UsageError
from nsynthlib.models import KINDS, N_EFFECTIVE


@dataclass(frozen=True)
class Settings:
    """Everything that decides how a run ends, apart from the notes.

    Args:
        kind: ``ae``, ``vae`` or ``cvae``.
        preset: of the network, see ``models.PRESETS``.
        epochs: passes over the training notes; the schedules are laid out over all of them.
        batch_size: notes a step, over all processes.
        learning_rate: peak of Muon's and AdamW's; warms up over 2 % of the steps, then follows a cosine to a hundredth.
        n_effective: how many independent numbers one picture is counted as. Neighbouring bins move together, so
            counting all of them would make the KL term weigh nothing.
        kl_warmup: share of the steps over which the KL term grows to its full weight.
        varied: share of the pictures that are changed as if by another instrument, see :mod:`nsynthlib.augmentation`.
        blended: share of the pictures in which a second instrument plays the same pitch.
        hissing: share of the pictures with a recording's noise.
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
    varied: float = 0.85
    blended: float = 0.5
    hissing: float = 0.25
    patience: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(f"model {self.kind!r} is unknown; choose one of {', '.join(KINDS)}")
        for name in ("epochs", "batch_size", "learning_rate", "n_effective"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name} must be greater than 0, not {getattr(self, name)}")
