"""The jobs people do, as scikit-learn estimators.

Each loads on first use: whoever predicts with one needs nothing of the others.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._store import load as load
    from ._truncation import TruncationError as TruncationError
    from ._truncation import truncation_error as truncation_error
    from .forecast._forecaster import Forecaster as Forecaster
    from .sequence._check import check_held_out as check_held_out
    from .sequence._classify import SequenceClassifier as SequenceClassifier
    from .sequence._regress import SequenceRegressor as SequenceRegressor

_HOME = {
    "Forecaster": "forecast._forecaster",
    "SequenceClassifier": "sequence._classify",
    "SequenceRegressor": "sequence._regress",
    "TruncationError": "_truncation",
    "check_held_out": "sequence._check",
    "load": "_store",
    "truncation_error": "_truncation",
}


_TASKS = {
    "forecast": "Forecaster",
    "classify": "SequenceClassifier",
    "regress": "SequenceRegressor",
}


class _Estimators(Mapping[str, Any]):
    """The estimator of each task, loaded when it is asked for."""

    def __getitem__(self, task: str) -> Any:
        return __getattr__(_TASKS[task])

    def __iter__(self) -> Iterator[str]:
        return iter(_TASKS)

    def __len__(self) -> int:
        return len(_TASKS)


ESTIMATORS: Mapping[str, Any] = _Estimators()

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


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'elman.tasks' has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
