"""A classifier's or a regressor's answers as functions of the values of a sequence."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from scipy.special import logsumexp
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from elman._errors import InputError, did_you_mean
from elman.attribution import Array, ModuleFunction, shuffled
from elman.tasks.sequence.given._input import known_sequences

from ._asked import Asked, Question
from ._baselines import Wanted, baseline_of


def question_of(
    estimator: Any,
    X: Any,
    *,
    wanted: Wanted,
    output: Any = None,
    step: int | None = None,
    names: Sequence[str] | None = None,
) -> Question:
    """Return what a fitted sequence estimator was asked.

    Parameters
    ----------
    estimator : SequenceEstimator
        Fitted; it is not changed.
    X : object
        As ``predict`` takes it.
    wanted : Wanted
        What the sequences are to be compared with.
    output : object
        A class, or the number of a target; the predicted class, or all targets, if
        None.
    step : int or None
        Which step's answer, where each has one; the last if None.
    names : sequence of str, optional
        What the sequences are called.

    Raises
    ------
    InputError
        There is no such class, target or step; or X is not what was fitted.
    """
    check_is_fitted(estimator, "network_")
    sequences = known_sequences(estimator, X)
    called = (
        list(names) if names is not None else [str(i) for i in range(len(sequences))]
    )
    channels, groups = _channels(estimator)
    model = _Answers(estimator)
    background = wanted.background
    if background is not None:
        wanted = wanted.taking(known_sequences(estimator, background))
    cases = [
        model.asked(name, sequence, wanted, output, step)
        for name, sequence in zip(called, sequences, strict=True)
    ]

    def with_chance_weights(seed: int) -> Question:
        other = _shuffled(estimator, seed)
        # The same outputs as before, whatever that model would have predicted.
        model = _Answers(other)
        return Question(
            estimator.task,
            channels,
            groups,
            [
                model.asked(case.case, case.inputs, wanted, k, step)
                for case, k in zip(cases, _chosen(estimator, cases), strict=True)
            ],
            wanted.words,
        )

    return Question(
        estimator.task,
        channels,
        groups,
        cases,
        wanted.words,
        gradients_of=model.gradients_of,
        shuffled=with_chance_weights,
    )


class _Answers:
    """A fitted estimator's outputs in units that a person can read."""

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator
        self.classes = [str(name) for name in estimator.kind_.names]
        self.preparation = estimator.preparation_
        combination = estimator.combination_
        self.factor = 1.0 if combination is None else combination.factor
        weight = 1.0 if combination is None else combination.weight
        self.gradients_of = (
            ""
            if weight == 1.0
            else "the network alone, which counts "
            f"{100 * weight:.0f} % of the answer; the rest are linear models on "
            "features that have no gradient"
        )

    def asked(
        self,
        name: str,
        sequence: Array,
        wanted: Wanted,
        output: Any,
        step: int | None,
    ) -> Asked:
        """Return what was asked of one sequence."""
        at = self._step(len(sequence), step)
        raw = self._raw([sequence], at)
        columns = self._columns(output, raw[0])
        if self.classes:
            best = int(raw[0].argmax())
            probability = float(np.exp(raw[0, best] - logsumexp(raw[0])))
            predicted = f"{self.classes[best]} (probability {probability:.3g})"
            outputs = [f"log-odds of {self.classes[k]}" for k in columns]
            unit = "log-odds"
        else:
            numbers = self.estimator.kind_.decide(raw)[0]
            predicted = ", ".join(f"{v:.4g}" for v in numbers)
            outputs = (
                [f"target {k}" for k in columns] if len(numbers) > 1 else ["target"]
            )
            unit = "units of the target"
        if at is not None:
            predicted = f"step {at}: {predicted}"

        def function(inputs: Array) -> Array:
            return self._answer(self._raw(list(inputs), at), columns)

        gradient, prepare, gather = self._along(columns, at)
        return Asked(
            name,
            np.asarray(sequence, np.float64),
            baseline_of(self.estimator, sequence, wanted),
            function,
            outputs,
            unit,
            predicted,
            gradient,
            prepare,
            gather,
        )

    def _raw(self, sequences: Sequence[Array], step: int | None) -> Array:
        outputs, lengths = self.estimator._answers(sequences)
        found = np.asarray(outputs, np.float64)
        if lengths is None:
            return found
        starts = np.cumsum([0, *lengths[:-1]])
        return np.asarray(found[starts + (step or 0)])

    def _answer(self, raw: Array, columns: list[int]) -> Array:
        if not self.classes:
            return np.asarray(self.estimator.kind_.decide(raw)[:, columns])
        return log_odds(raw, columns)

    def _along(self, columns: list[int], step: int | None) -> tuple[Any, Any, Any]:
        """Return gradient, prepare and gather, where there is such a way."""
        preparation = self.preparation
        if preparation.layout is not None or self.estimator.shuffle_time != "none":
            return None, None, None
        network = self.estimator.network_

        def forward(values: Tensor) -> Tensor:
            lengths = torch.full((len(values),), values.shape[1], dtype=torch.long)
            raw = network(values, lengths)
            if step is not None:
                raw = raw[:, step]
            if not self.classes:
                scaler = self.estimator.kind_.scaler
                scale = torch.as_tensor(scaler.scale, dtype=raw.dtype)
                mean = torch.as_tensor(scaler.mean, dtype=raw.dtype)
                return (raw * scale + mean)[:, columns]
            raw = raw * self.factor
            rest = [
                torch.cat([raw[:, :k], raw[:, k + 1 :]], 1).logsumexp(1)
                for k in columns
            ]
            return raw[:, columns] - torch.stack(rest, 1)

        def prepare(inputs: Array) -> Array:
            return np.stack(preparation.apply(list(inputs))).astype(np.float64)

        def gather(values: Array) -> Array:
            # What says that a value is missing belongs to its channel.
            channels = len(preparation.scaler.mean)
            found = values[..., :channels].copy()
            for place, channel in enumerate(preparation.flagged):
                found[..., channel] += values[..., channels + place]
            return found

        return ModuleFunction(network, forward).gradient, prepare, gather

    def _step(self, length: int, step: int | None) -> int | None:
        if not self.estimator.per_step_:
            if step is not None:
                raise InputError(
                    "step is for estimators with one target a step; this one has one"
                    " for the whole sequence"
                )
            return None
        at = length - 1 if step is None else step if step >= 0 else length + step
        if not 0 <= at < length:
            raise InputError(f"step={step} is not one of the {length} of a sequence")
        return at

    def _columns(self, output: Any, raw: Array) -> list[int]:
        if self.classes:
            if output is None:
                return [int(raw.argmax())]
            name = str(output)
            if name not in self.classes:
                raise InputError(
                    f"output={output!r} is no class"
                    f"{did_you_mean(name, self.classes)}; those are"
                    f" {', '.join(self.classes[:9])}"
                )
            return [self.classes.index(name)]
        count = raw.shape[-1]
        if output is None:
            return list(range(count))
        if isinstance(output, bool) or output not in range(count):
            raise InputError(
                f"output={output!r} is no target; give a number from 0 to {count - 1}"
            )
        return [int(output)]


def log_odds(raw: Array, columns: list[int]) -> Array:
    """Return (n, len(columns)): log p − log (1 − p) of scores (n, K) of classes."""
    found = []
    for k in columns:
        rest = np.delete(raw, k, axis=1)
        found.append(raw[:, k] - logsumexp(rest, axis=1))
    return np.stack(found, 1)


def _channels(estimator: Any) -> tuple[list[str], list[list[int]]]:
    """Return the names of a coded sequence's columns, and which hide together."""
    columns = estimator.columns_
    if columns is None:
        names = estimator.channel_names_ or [
            f"channel {i}" for i in range(estimator.channels_)
        ]
        return list(names), [[i] for i in range(len(names))]
    names, groups = [], []
    for i in (*columns.numbers, *columns.fields):
        count = columns.counts[i]
        groups.append(list(range(len(names), len(names) + count)))
        names += [columns.names[i]] * count
    return names, groups


def _chosen(estimator: Any, cases: Sequence[Asked]) -> list[Any]:
    """Return the output of each case, as `question_of` takes it."""
    names = [str(name) for name in estimator.kind_.names]
    if not names:
        return [None] * len(cases)
    return [case.outputs[0].removeprefix("log-odds of ") for case in cases]


def _shuffled(estimator: Any, seed: int) -> Any:
    """Return an estimator like it with all weights in chance places."""
    other = copy.copy(estimator)
    other.network_ = shuffled(estimator.network_, seed)
    combination = estimator.combination_
    if combination is not None:
        other.combination_ = copy.copy(combination)
        models = copy.copy(combination.linear_models)
        rng = np.random.default_rng(seed)
        models.parts = {
            name: replace(part, coefficients=rng.permutation(part.coefficients))
            for name, part in models.parts.items()
        }
        other.combination_.linear_models = models
    return other
