"""Classes of whole sequences, or of each of their steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from torch import Tensor
from torch.nn.functional import cross_entropy, softmax

from elman.training import mean_over

from . import _results as report
from ._base import SequenceEstimator
from ._input import Array, known_sequences, lengths_of
from ._recipe import Loss
from ._scores import ACCURACY, BALANCED
from ._targets import Targets, class_targets, known_classes
from ._weights import (
    Weights,
    check_class_weight,
    class_weights,
    sample_weights,
)


class SequenceClassifier(ClassifierMixin, SequenceEstimator):
    r"""Classify sequences with a recurrent network, and say what simple models reach.

    .. math:: p(k \mid x_{1..T}) = \mathrm{softmax}_k(W\,\mathrm{pool}(h_{1..T}) + b)

    trained on the mean cross-entropy. A stratified part of the sequences is held
    out to choose the epoch; then the network is trained once more on all of them
    for that many epochs, or for all ``epochs`` where fewer than 30 were held out,
    too few to choose by.

    {parameters}

    Attributes
    ----------
    classes_ : ndarray
        Sorted labels.
    network_ : nn.Module
        The trained network.
    results_ : dict
        Diagnosis, history, scores beside baselines: plain data.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=(rng.integers(5, 9), 2)) for _ in range(24)]
    >>> y = ["up" if x[:, 0].sum() > 0 else "down" for x in X]
    >>> model = SequenceClassifier(hidden_size=8, epochs=2).fit(X, y)
    >>> model.predict(X[:3]).shape
    (3,)
    """

    task = "classify"
    class_weight: Any
    _classify = True
    _epochs, _patience = 40, 15
    # The cross-entropy of fewer hangs on one confident mistake and may stop far too
    # soon: with 8 held-out sequences of BasicMotions one seed fell to 0.825, while
    # all epochs reach 0.985 on average.
    _fewest = 30

    def __init__(
        self,
        cell: str = "gru",
        hidden_size: int = 64,
        num_layers: int = 1,
        *,
        bidirectional: bool = True,
        dropout: float = 0.3,
        pooling: Literal["auto", "last", "mean", "max", "attention"] = "auto",
        output: Literal["auto", "sequence", "step"] = "auto",
        init: str = "auto",
        highway: Literal["auto", "none"] = "auto",
        epochs: int | None = None,
        max_seconds: float | None = 120.0,
        batch_size: int | Literal["auto", "all"] = "auto",
        learning_rate: float = 3e-3,
        weight_decay: float = 0.0,
        clip_norm: float | None = 1.0,
        patience: int | Literal["auto"] | None = "auto",
        validation_fraction: float = 0.2,
        refit: bool = True,
        random_state: Any = 0,
        training: Mapping[str, Any] | None = None,
        progress: bool = False,
        callbacks: Any = (),
        checkpoints: Any = None,
        class_weight: Any = None,
    ) -> None:
        self._keep(locals())

    def predict(self, X: Any) -> Any:
        """Return the most probable class of each sequence, or of each step.

        Parameters
        ----------
        X : array-like or list
            As for ``fit``.

        Returns
        -------
        ndarray or list of ndarray
            (n,); per step (n, T), or n arrays (T_i,) if X is a list.
        """
        outputs, lengths = self._outputs(X)
        return self._in_form_of(X, self.classes_[outputs.argmax(-1)], lengths)

    def predict_proba(self, X: Any) -> Any:
        """Return each class's probability, in the order of ``classes_``.

        Parameters
        ----------
        X : array-like or list
            As for ``fit``.

        Returns
        -------
        ndarray or list of ndarray
            (n, K); per step (n, T, K), or n arrays (T_i, K) if X is a list.
        """
        outputs, lengths = self._outputs(X)
        chances = softmax(torch.from_numpy(outputs).double(), -1).numpy()
        return self._in_form_of(X, chances, lengths)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of sequences, or of steps, that are right.

        Parameters
        ----------
        X, y
            As for ``fit``.
        sample_weight : array-like or None
            (n,); only with one class a sequence.
        """
        outputs, lengths = self._outputs(X)
        predicted = outputs.argmax(-1)
        truth = self._read_known_targets(y, known_sequences(self, X)).values
        if lengths is not None:
            return float(accuracy_score(truth, predicted))
        weights = sample_weights(sample_weight, len(truth))
        return float(accuracy_score(truth, predicted, sample_weight=weights))

    def _read_targets(self, y: Any, sequences: Sequence[Array]) -> Targets:
        targets, self.classes_ = class_targets(y, lengths_of(sequences), self._output())
        return targets

    def _read_known_targets(self, y: Any, sequences: Sequence[Array]) -> Targets:
        output: Any = "step" if self.per_step_ else "sequence"
        found, classes = class_targets(y, lengths_of(sequences), output, least=1)
        return known_classes(found, classes, self.classes_)

    def _scale_targets(self, targets: Targets, rows: NDArray[np.int64]) -> Targets:
        return targets

    def _loss(self, weighted: bool) -> Loss:
        return weighted_class_loss if weighted else class_loss

    def _weigh(
        self,
        targets: Targets,
        sample_weight: Any,
        count: int,
        by_class: Weights | None = None,
    ) -> Targets:
        check_class_weight(self.class_weight)
        by_class = class_weights(self.class_weight, targets, self.classes_)
        return super()._weigh(targets, sample_weight, count, by_class)

    def _metric(self) -> str:
        return ACCURACY if self.class_weight is None else BALANCED

    def _guess(self, targets: Targets) -> tuple[float, str]:
        shares = np.bincount(targets.values) / len(targets.values)
        shares = shares[shares > 0]
        return float(
            -(shares * np.log(shares)).sum()
        ), "guessing by the classes' shares"

    def _names(self) -> list[str]:
        return [str(label) for label in self.classes_]

    def _width(self, targets: Targets) -> int:
        return len(self.classes_)

    def _decide(self, outputs: NDArray[np.floating]) -> NDArray[Any]:
        return outputs.argmax(-1)

    def _picture(self, truth: Targets, predicted: NDArray[Any]) -> None:
        labels = [*self._names(), *truth.unseen]
        self.results_["confusion"] = report.confusion(labels, truth.values, predicted)

    def _describe(self, sequences: Sequence[Array], raw: Targets) -> dict[str, Any]:
        counts = np.bincount(raw.values, minlength=len(self.classes_))
        what = "each step" if raw.per_step else "each sequence"
        labels, order = self._labels(sequences, raw)
        return {
            "title": f"{len(self.classes_)} classes of sequences",
            "question": [
                ["Asked for", f"the class of {what}, one of {len(self.classes_)}"],
                *self._question(sequences),
            ],
            "data": {
                "classes": {
                    str(c): int(n) for c, n in zip(self.classes_, counts, strict=True)
                },
                "lengths": report.lengths(sequences),
                "examples": report.sequence_examples(sequences, labels, order),
            },
        }

    def _labels(
        self, sequences: Sequence[Array], raw: Targets
    ) -> tuple[list[str], list[int]]:
        """Return a label for each sequence, and one sequence of each class first."""
        if raw.per_step:
            return ["" for _ in sequences], list(range(len(sequences)))
        _, first = np.unique(raw.values, return_index=True)
        rest = np.setdiff1d(np.arange(len(sequences)), first)
        labels = [str(self.classes_[v]) for v in raw.values]
        return labels, [*map(int, first), *map(int, rest)]

    def _fitted(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        return {
            "classes": self.classes_.tolist(),
            "classes_dtype": self.classes_.dtype.str,
        }, {}

    def _take_up(self, fitted: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        self.classes_ = np.array(
            fitted["classes"], dtype=np.dtype(fitted["classes_dtype"])
        )
        if isinstance(self.class_weight, list):  # as `save` wrote a mapping
            self.class_weight = dict(self.class_weight)


@mean_over(lambda target: int((~target.isnan()).sum()))
def class_loss(output: Tensor, target: Tensor) -> Tensor:
    """Return the mean cross-entropy, over the steps that have a target if per step."""
    if output.ndim == 2:
        return cross_entropy(output, target)
    known = ~target.isnan()
    # A part without any target has loss zero, and gradient zero.
    total = cross_entropy(output[known], target[known].long(), reduction="sum")
    return total / known.sum().clamp(min=1)


@mean_over(lambda target: int((~target[..., 0].isnan()).sum()))
def weighted_class_loss(output: Tensor, target: Tensor) -> Tensor:
    """Return the same where a last axis holds each target and its weight."""
    known = ~target[..., 0].isnan()
    number, weight = target[known].unbind(-1)
    each = cross_entropy(output[known], number.long(), reduction="none")
    return (each * weight).sum() / known.sum().clamp(min=1)
