"""Which tasks there are, and what others have to know of each by its name.

Loading this loads no estimator: the command line and the report ask it first.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Task:
    """A task as the command line and the report see it.

    Parameters
    ----------
    title : str
        Heading of a report that has none of its own.
    estimator : str
        Name of the class.
    home : str
        Its module, from here.
    data : {"series", "sequences", "text", "pairs"}
        What its files hold: rows in order of time, sequences with labels, text, or
        texts in pairs.
    labels : {"classes", "numbers", "tokens"}
        What is predicted.
    score : str
        What ``score`` of the estimator returns.
    can : tuple of str
        Commands that its runs take beyond those of all tasks.
    """

    title: str
    estimator: str
    home: str
    data: Literal["series", "sequences", "text", "pairs"]
    labels: Literal["classes", "numbers", "tokens"]
    score: str
    can: tuple[str, ...] = ()


TASKS: dict[str, Task] = {
    "forecast": Task(
        "Forecast",
        "Forecaster",
        "forecast._forecaster",
        data="series",
        labels="numbers",
        score="skill",
        can=("update", "backtest"),
    ),
    "classify": Task(
        "Classification of sequences",
        "SequenceClassifier",
        "sequence._classify",
        data="sequences",
        labels="classes",
        score="accuracy",
        can=("explain",),
    ),
    "regress": Task(
        "Regression on sequences",
        "SequenceRegressor",
        "sequence._regress",
        data="sequences",
        labels="numbers",
        score="R²",
        can=("explain",),
    ),
    "transcribe": Task(
        "Transcription of sequences",
        "SequenceTranscriber",
        "transcription._transcriber",
        data="sequences",
        labels="tokens",
        score="1 - error rate",
        can=("score",),
    ),
    "language": Task(
        "Language model",
        "LanguageModel",
        "language._language_model",
        data="text",
        labels="tokens",
        score="log-likelihood",
        can=("generate", "score"),
    ),
    "translate": Task(
        "Translation",
        "Translator",
        "translation._translator",
        data="pairs",
        labels="tokens",
        score="BLEU or exact matches",
        can=("translate", "score"),
    ),
}
"""Every task by its name, as ``elman train`` has it."""


class _Estimators(Mapping[str, Any]):
    """The estimator of each task, loaded when it is asked for."""

    def __getitem__(self, task: str) -> Any:
        known = TASKS[task]
        module = importlib.import_module(f".{known.home}", __package__)
        return getattr(module, known.estimator)

    def __iter__(self) -> Iterator[str]:
        return iter(TASKS)

    def __len__(self) -> int:
        return len(TASKS)


ESTIMATORS: Mapping[str, Any] = _Estimators()
"""The estimator of each task, loaded when it is asked for."""
