"""Training: the loop, its settings, and the recipes of the chapters."""

from nsynthlib.training.classifier import train_classifier
from nsynthlib.training.loop import train, validate
from nsynthlib.training.losses import beta_vae_loss, deviation_loss
from nsynthlib.training.prior import fit_prior
from nsynthlib.training.recipes import Recipe, recipe
from nsynthlib.training.settings import Settings
from nsynthlib.training.texture import fit_log_sigma

__all__ = [
    "Recipe",
    "Settings",
    "beta_vae_loss",
    "deviation_loss",
    "fit_log_sigma",
    "fit_prior",
    "recipe",
    "train",
    "train_classifier",
    "validate",
]
