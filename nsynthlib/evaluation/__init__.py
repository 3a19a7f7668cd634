"""Judging a model by measures that nobody can argue with; ``evaluate`` takes them all."""

from nsynthlib.evaluation.distributions import diversity, frechet_distance, inception_score
from nsynthlib.evaluation.intervals import summarise, summarise_set
from nsynthlib.evaluation.judges import Judges
from nsynthlib.evaluation.pictures import common_picture, compare, in_tune
from nsynthlib.evaluation.report import evaluate, judge_the_judges

__all__ = [
    "Judges",
    "common_picture",
    "compare",
    "diversity",
    "evaluate",
    "frechet_distance",
    "in_tune",
    "inception_score",
    "judge_the_judges",
    "summarise",
    "summarise_set",
]
