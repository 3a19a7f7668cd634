"""The models: autoencoders over spectrograms, and the classifier that judges what they make."""

from nsynthlib.models.autoencoders import AE, CVAE, KINDS, VAE, Output, kl_divergence
from nsynthlib.models.classifier import Classifier, Predictions
from nsynthlib.models.condition import Condition, condition_of
from nsynthlib.models.likelihood import BETA, bin_error
from nsynthlib.models.loading import load_model
from nsynthlib.models.networks import PRESETS, Preset
from nsynthlib.models.networks.comb import Comb
from nsynthlib.models.pretrained import save_weights
from nsynthlib.models.prior import Prior
from nsynthlib.models.scaling import gate, scale, unscale
from nsynthlib.models.sources import PRETRAINED

__all__ = [
    "AE",
    "BETA",
    "CVAE",
    "KINDS",
    "PRESETS",
    "PRETRAINED",
    "VAE",
    "Classifier",
    "Comb",
    "Condition",
    "Output",
    "Predictions",
    "Preset",
    "Prior",
    "bin_error",
    "condition_of",
    "gate",
    "kl_divergence",
    "load_model",
    "save_weights",
    "scale",
    "unscale",
]
