"""The jobs people do, as scikit-learn estimators.

Each loads on first use: whoever predicts with one needs nothing of the others.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._registry import ESTIMATORS as ESTIMATORS
from ._registry import TASKS as TASKS
from ._registry import Task as Task

if TYPE_CHECKING:
    from ._encoders import other_encoders as other_encoders
    from ._store import load as load
    from ._truncation import TruncationError as TruncationError
    from ._truncation import truncation_error as truncation_error
    from .explaining._explain import explain as explain
    from .explaining._explanation import Case as Case
    from .explaining._explanation import Explanation as Explanation
    from .fit._start import examining as examining
    from .forecast._forecaster import Forecaster as Forecaster
    from .language._language_model import LanguageModel as LanguageModel
    from .selection._found import Found as Found
    from .selection._opened import OpenSearch as OpenSearch
    from .selection._search import check_search as check_search
    from .selection._search import search as search
    from .selection.together._address import study_password as study_password
    from .sequence._check import check_held_out as check_held_out
    from .sequence._classify import SequenceClassifier as SequenceClassifier
    from .sequence._regress import SequenceRegressor as SequenceRegressor
    from .transcription._transcriber import SequenceTranscriber as SequenceTranscriber
    from .translation._translator import Translator as Translator

_HOME = {
    **{task.estimator: task.home for task in TASKS.values()},
    "Case": "explaining._explanation",
    "Explanation": "explaining._explanation",
    "Found": "selection._found",
    "OpenSearch": "selection._opened",
    "TruncationError": "_truncation",
    "check_held_out": "sequence._check",
    "check_search": "selection._search",
    "examining": "fit._start",
    "explain": "explaining._explain",
    "load": "_store",
    "other_encoders": "_encoders",
    "search": "selection._search",
    "study_password": "selection.together._address",
    "truncation_error": "_truncation",
}


__all__ = [
    "ESTIMATORS",
    "TASKS",
    "Case",
    "Explanation",
    "Forecaster",
    "Found",
    "LanguageModel",
    "OpenSearch",
    "SequenceClassifier",
    "SequenceRegressor",
    "SequenceTranscriber",
    "Task",
    "Translator",
    "TruncationError",
    "check_held_out",
    "check_search",
    "examining",
    "explain",
    "load",
    "other_encoders",
    "search",
    "study_password",
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
