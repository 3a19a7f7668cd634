"""What is asked of a training run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from nsynthlib.errors import DataError, UsageError
from nsynthlib.files import read_settings
from nsynthlib.models.autoencoders import KINDS
from nsynthlib.models.likelihood import BETA, LEVEL_SHARE
from nsynthlib.models.networks import PRESET, PRESETS
from nsynthlib.values import one_of, positive, share, whole

SHARES = ("level_share", "kl_warmup", "augment_prob", "mix_prob", "noise_prob")  # settings from 0 to 1


@dataclass(frozen=True)
class Settings:
    """Everything that decides how a run ends, apart from the notes.

    Args:
        kind: ``ae``, ``vae`` or ``cvae``.
        preset: of the network, see ``models.PRESETS``.
        latent_dim: numbers of a latent vector; as many as the preset has without it.
        epochs: of as many notes as there are to learn from, drawn evenly; the schedules are laid out over all of them.
        batch_size: notes a step, over all processes.
        learning_rate: peak of Muon's and AdamW's; warms up over 2 % of the steps, then follows a cosine to a hundredth.
        beta: weight of the KL divergence against the log-likelihood of all bins, see
            :func:`~nsynthlib.training.losses.beta_vae_loss`.
        level_share: of the error that is counted by level, see :func:`~nsynthlib.models.bin_error`.
        kl_warmup: share of the steps over which the KL term grows to its full weight.
        augment_prob: that a spectrogram is changed as if by another instrument, see
            :mod:`nsynthlib.training.augmentation`.
        mix_prob: that a second instrument of its family plays the same pitch.
        noise_prob: that a recording's noise is added.
        patience: stop after this many validations without a better one; 0 never stops early.
        seed: of weights, order and noise.

    Raises:
        UsageError: for a value that cannot be; the line names it.

    >>> Settings(kind="vae", beta=0.5).beta
    0.5
    >>> Settings.from_options({"epochs": 3, "seed": None}).epochs
    3
    >>> from dataclasses import asdict
    >>> from pathlib import Path
    >>> from nsynthlib.data import write_json
    >>> write_json(Path("training.json"), {"settings": asdict(Settings(epochs=7))})
    >>> Settings.read(Path("training.json")).epochs
    7
    >>> Settings(beta=-1)
    Traceback (most recent call last):
        ...
    nsynthlib.errors.UsageError: beta -1 is no number greater than 0; choose one that is
    """

    kind: str = "cvae"
    preset: str = PRESET
    latent_dim: int | None = None
    epochs: int = 40
    batch_size: int = 32
    learning_rate: float = 1.5e-3
    beta: float = BETA
    level_share: float = LEVEL_SHARE
    kl_warmup: float = 0.05
    augment_prob: float = 0.85
    mix_prob: float = 0.5
    noise_prob: float = 0.25
    patience: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        one_of("model", self.kind, KINDS)
        one_of("preset", self.preset, PRESETS)
        read = {name: whole(name, getattr(self, name), 1) for name in ("epochs", "batch_size")}
        read |= {name: whole(name, getattr(self, name), 0) for name in ("patience", "seed")}
        if self.latent_dim is not None:
            read["latent_dim"] = whole("latent_dim", self.latent_dim, 1)
        numbers = {name: positive(name, getattr(self, name)) for name in ("learning_rate", "beta")}
        numbers |= {name: share(name, getattr(self, name)) for name in SHARES}
        for name, value in (read | numbers).items():
            object.__setattr__(self, name, value)  # 3.0 is taken as 3

    @classmethod
    def read(cls, path: Path) -> Settings:
        """Those that a run's record tells; DataError names the first that is missing, unknown or out of range."""
        stored = read_settings(path, [field.name for field in fields(cls)], "settings")
        try:
            return cls(**stored)
        except UsageError as error:
            raise DataError(f"{path}: {error}; it belongs to another version, or was changed by hand") from None

    @classmethod
    def from_options(cls, options: Mapping[str, Any], resumed: Path | None = None) -> Settings:
        """Settings of the options that are not ``None``, over those that the run to be ``resumed`` was begun with."""
        given = {name: value for name, value in options.items() if value is not None}
        path = resumed / "settings.json" if resumed else None
        return replace(cls.read(path), **given) if path and path.exists() else cls(**given)
