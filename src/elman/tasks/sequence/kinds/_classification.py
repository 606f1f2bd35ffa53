"""Classes: cross-entropy, probabilities, accuracy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.metrics import accuracy_score, f1_score
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor

from elman.tasks.sequence import _results as report
from elman.tasks.sequence._baselines import ALPHAS, NEAREST, RIDGE, ridge
from elman.tasks.sequence._targets import Output, Targets, class_targets, known_classes
from elman.tasks.sequence._weights import check_class_weight, class_weights
from elman.tasks.sequence.given._input import Array as Values
from elman.tasks.sequence.linear._shares import (
    calibration,
    class_shares,
    mean_probabilities,
)

from ._class_remarks import ACCURACY, BALANCED, about_classes, balanced_accuracy
from ._kind import Array, Kind, Loss
from ._losses import class_loss, weighted_class_loss


class Classification(Kind):
    """One class of several for each sequence or step.

    Parameters
    ----------
    classes : ndarray
        Sorted labels.
    class_weight : None, "balanced" or mapping
        As `SequenceClassifier` has it.
    """

    lower_is_better = False

    def __init__(self, classes: NDArray[Any], class_weight: Any = None) -> None:
        check_class_weight(class_weight)
        self.classes = classes
        self.class_weight = class_weight
        self.metric = ACCURACY if class_weight is None else BALANCED

    @classmethod
    def of(
        cls, y: Any, lengths: NDArray[np.int64], output: Output, class_weight: Any
    ) -> tuple[Classification, Targets]:
        """Return the kind of these targets, and class numbers."""
        targets, classes = class_targets(y, lengths, output)
        return cls(classes, class_weight), targets

    @property
    def width(self) -> int:
        """How many classes there are."""
        return len(self.classes)

    @property
    def names(self) -> list[str]:
        """The classes as text."""
        return [str(label) for label in self.classes]

    def read(self, y: Any, lengths: NDArray[np.int64], per_step: bool) -> Targets:
        """Return class numbers, those of classes unseen in training last."""
        output: Output = "step" if per_step else "sequence"
        found, classes = class_targets(y, lengths, output, least=1)
        return known_classes(found, classes, self.classes)

    def groups(self, targets: Targets) -> NDArray[np.int64] | None:
        """Return the class of each sequence: every part is to have some of each."""
        return None if targets.per_step else targets.values

    def weights(self, targets: Targets) -> Array | None:
        """Return what ``class_weight`` says."""
        return class_weights(self.class_weight, targets, self.classes)

    def scaled(self, targets: Targets, rows: NDArray[np.int64]) -> Targets:
        """Return them as they are."""
        return targets

    def loss(self, weighted: bool) -> Loss:
        """Return the cross-entropy."""
        return weighted_class_loss if weighted else class_loss

    def guess(self, targets: Targets) -> tuple[float, str]:
        """Return the cross-entropy of the classes' shares."""
        shares = np.bincount(targets.values) / len(targets.values)
        shares = shares[shares > 0]
        said = "guessing by the classes' shares"
        return float(-(shares * np.log(shares)).sum()), said

    def decide(self, outputs: NDArray[np.floating]) -> NDArray[Any]:
        """Return the number of the most probable class."""
        return outputs.argmax(-1)

    def regressed(self, targets: Targets) -> tuple[Array, Callable[[Array], float]]:
        """Return 1 for the class and −1 for the others; the calibrated loss."""
        values, weights = targets.values, targets.weights
        signs = np.where(values[:, None] == np.arange(self.width), 1.0, -1.0)
        return signs, lambda scores: calibration(scores, values, weights)[1]

    def factor(self, raw: Array, targets: Targets) -> float:
        """Return what makes scores the logits of probabilities that are right."""
        return calibration(raw, targets.values, targets.weights)[0]

    def outputs(self, raw: Array, factor: float) -> Array:
        """Return log-probabilities."""
        return np.asarray(log_softmax(factor * raw, axis=1))

    def losses(self, outputs: Array, targets: Targets) -> Array:
        """Return minus the log-probability of each sequence's class."""
        return np.asarray(-outputs[np.arange(len(outputs)), targets.values])

    def shares(
        self, parts: Sequence[Array], targets: Targets, prior: Sequence[float]
    ) -> Array:
        """Return the most probable shares in the mean of the probabilities."""
        return class_shares(parts, targets.values, targets.weights, prior)

    def averaged(self, parts: Sequence[Array], shares: Array) -> Array:
        """Return the logs of the mean of the probabilities."""
        return mean_probabilities(parts, shares)

    def baselines(self, targets: Targets) -> dict[str, Any]:
        """Return the most frequent class, the nearest neighbour, ridge."""
        found = {
            "majority class": DummyClassifier(),
            NEAREST: KNeighborsClassifier(1),
        }
        if len(np.unique(targets.values)) > 1:  # it needs two to tell apart
            found[RIDGE] = ridge(RidgeClassifierCV(ALPHAS))
        return found

    def counted(self) -> Any:
        """Return logistic regression."""
        return LogisticRegression(C=10.0, max_iter=300)

    def in_rows(self, predicted: NDArray[Any]) -> NDArray[Any]:
        """Return class numbers as they are."""
        return predicted

    def errors(self, truth: NDArray[Any], predicted: NDArray[Any]) -> Array:
        """Return 1 for what is wrong and 0 for what is right."""
        return np.asarray(truth != predicted, np.float64)

    def scores(self, truth: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
        """Return accuracy, its mean over the classes, and F1 averaged over them."""
        f1 = f1_score(truth, predicted, average="macro", zero_division=0.0)
        return {
            ACCURACY: float(accuracy_score(truth, predicted)),
            BALANCED: balanced_accuracy(truth, predicted),
            "macro F1": float(f1),
        }

    def remarks(
        self, truth: Targets, predicted: NDArray[Any], called: str
    ) -> list[str]:
        """Return what accuracy alone does not say where classes are unequal."""
        names = [*self.names, *truth.unseen]
        return about_classes(
            truth.values, predicted, self.metric, names, self.width, called
        )

    def picture(self, truth: Targets, predicted: NDArray[Any]) -> dict[str, Any]:
        """Return the confusion matrix."""
        labels = [*self.names, *truth.unseen]
        return {"confusion": report.confusion(labels, truth.values, predicted)}

    def describe(
        self, sequences: Sequence[Values], targets: Targets
    ) -> tuple[str, str, dict[str, Any]]:
        """Return title, question, and sequences of each class."""
        counts = np.bincount(targets.values, minlength=self.width)
        what = "each step" if targets.per_step else "each sequence"
        labels = ["" for _ in sequences]
        order = list(range(len(sequences)))
        if not targets.per_step:  # one sequence of each class first
            _, first = np.unique(targets.values, return_index=True)
            rest = np.setdiff1d(order, first)
            labels = [str(self.classes[v]) for v in targets.values]
            order = [*map(int, first), *map(int, rest)]
        data = {
            "classes": dict(zip(self.names, map(int, counts), strict=True)),
            "lengths": report.lengths(sequences),
            "examples": report.sequence_examples(sequences, labels, order),
        }
        asked = f"the class of {what}, one of {self.width}"
        return f"{self.width} classes of sequences", asked, data

    def dump(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Return the classes."""
        return {
            "classes": self.classes.tolist(),
            "classes_dtype": self.classes.dtype.str,
        }, {}

    @classmethod
    def restored(cls, fitted: dict[str, Any], class_weight: Any) -> Classification:
        """Return what `dump` said."""
        dtype = np.dtype(fitted["classes_dtype"])
        return cls(np.array(fitted["classes"], dtype=dtype), class_weight)
