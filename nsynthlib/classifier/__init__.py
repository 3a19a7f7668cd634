"""The judge: a small classifier of pitch, family and velocity, trained on real notes by `nsynthlib judge`."""

from nsynthlib.classifier.learning import nearest, train_classifier
from nsynthlib.classifier.network import SHIPPED, Classifier, Verdict

__all__ = ["SHIPPED", "Classifier", "Verdict", "nearest", "train_classifier"]
