"""Judging a model by measures that nobody can argue with; ``evaluate`` takes them all."""

from nsynthlib.evaluation.comparison import compare
from nsynthlib.evaluation.distances import common_spectrogram, in_tune
from nsynthlib.evaluation.distributions import diversity, frechet_distance, inception_score
from nsynthlib.evaluation.judges import Judges
from nsynthlib.evaluation.report import evaluate, evaluate_classifier
from nsynthlib.evaluation.statistics import summarise, summarise_set

__all__ = [
    "Judges",
    "common_spectrogram",
    "compare",
    "diversity",
    "evaluate",
    "evaluate_classifier",
    "frechet_distance",
    "in_tune",
    "inception_score",
    "summarise",
    "summarise_set",
]
