"""Judging a model by measures that nobody can argue with; ``evaluate`` takes them all."""

from nsynthlib.evaluation.comparison import compare
from nsynthlib.evaluation.differences import difference
from nsynthlib.evaluation.distances import common_spectrogram
from nsynthlib.evaluation.distributions import diversity, frechet_distance, inception_score
from nsynthlib.evaluation.judges import Judges
from nsynthlib.evaluation.record import write_evaluation
from nsynthlib.evaluation.report import evaluate, evaluate_classifier
from nsynthlib.evaluation.statistics import summarise, summarise_set
from nsynthlib.evaluation.stored import by_family, compare_models, notes_behind
from nsynthlib.evaluation.trackers import in_tune

__all__ = [
    "Judges",
    "by_family",
    "common_spectrogram",
    "compare",
    "compare_models",
    "difference",
    "diversity",
    "evaluate",
    "evaluate_classifier",
    "frechet_distance",
    "in_tune",
    "inception_score",
    "notes_behind",
    "summarise",
    "summarise_set",
    "write_evaluation",
]
