"""The jobs people do, as scikit-learn estimators."""

from typing import Any

from ._classify import SequenceClassifier as SequenceClassifier
from ._forecast import Forecaster as Forecaster
from ._regress import SequenceRegressor as SequenceRegressor
from ._sequence_check import check_held_out as check_held_out
from ._store import load as load
from ._truncation import TruncationError as TruncationError
from ._truncation import truncation_error as truncation_error

ESTIMATORS: dict[str, Any] = {
    "forecast": Forecaster,
    "classify": SequenceClassifier,
    "regress": SequenceRegressor,
}

__all__ = [
    "ESTIMATORS",
    "Forecaster",
    "SequenceClassifier",
    "SequenceRegressor",
    "TruncationError",
    "check_held_out",
    "load",
    "truncation_error",
]
