"""Numbers: squared errors, standardised targets, RMSE."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.neighbors import KNeighborsRegressor
from torch import Tensor

from elman._errors import InputError
from elman.tasks._scaling import ClippedScaler
from elman.tasks.sequence import _results as report
from elman.tasks.sequence._baselines import ALPHAS, NEAREST, RIDGE, ridge
from elman.tasks.sequence._targets import Output, Targets, number_targets
from elman.tasks.sequence.given._input import Array as Values
from elman.tasks.sequence.linear._shares import mean_numbers, number_shares

from ._kind import Array, Kind, Loss
from ._losses import squared_loss, weighted_squared_loss

RMSE = "RMSE"


class Regression(Kind):
    """One number or several for each sequence or step.

    Parameters
    ----------
    width : int
        How many numbers.
    flat : bool
        Whether y came without an axis for several.
    scaler : ClippedScaler or None
        From the targets' units to those of the loss; `scaled` fits it.
    """

    metric, lower_is_better = RMSE, True

    def __init__(
        self, width: int, flat: bool = True, scaler: ClippedScaler | None = None
    ) -> None:
        self._width = width
        self.flat = flat
        self.scaler = scaler or _as_it_is(width)

    @classmethod
    def of(
        cls, y: Any, lengths: NDArray[np.int64], output: Output
    ) -> tuple[Regression, Targets]:
        """Return the kind of these targets, and numbers (n, K)."""
        targets = number_targets(y, lengths, output)
        return cls(int(targets.values.shape[1]), targets.flat), targets

    @property
    def width(self) -> int:
        """How many numbers there are for each sequence or step."""
        return self._width

    def read(self, y: Any, lengths: NDArray[np.int64], per_step: bool) -> Targets:
        """Return numbers (n, K), as many as training had."""
        found = number_targets(y, lengths, "step" if per_step else "sequence")
        if found.values.shape[1] != self.width:
            raise InputError(
                f"y has {found.values.shape[1]} targets, the network was fitted with "
                f"{self.width}"
            )
        return found

    def scaled(self, targets: Targets, rows: NDArray[np.int64]) -> Targets:
        """Return them standardised by these rows."""
        self.scaler = ClippedScaler.fit(targets.take(rows).values)
        return targets.with_values(self.scaler.transform(targets.values))

    def loss(self, weighted: bool) -> Loss:
        """Return the mean squared error."""
        return weighted_squared_loss if weighted else squared_loss

    def guess(self, targets: Targets) -> tuple[float, str]:
        """Return the loss of the mean: 1, in units of the deviation."""
        return 1.0, "always saying the mean"

    def decide(self, outputs: NDArray[np.floating]) -> NDArray[Any]:
        """Return numbers in the targets' units."""
        return self.scaler.inverse(outputs.astype(np.float64))

    def regressed(self, targets: Targets) -> tuple[Array, Callable[[Array], float]]:
        """Return the numbers; the mean squared error."""
        numbers = targets.values.astype(np.float64)

        def loss(predicted: Array) -> float:
            errors = np.square(predicted - numbers).mean(1)
            return float(np.average(errors, weights=targets.weights))

        return numbers, loss

    def factor(self, raw: Array, targets: Targets) -> float:
        """Return 1: numbers are what they are."""
        return 1.0

    def outputs(self, raw: Array, factor: float) -> Array:
        """Return them as they are."""
        return raw

    def losses(self, outputs: Array, targets: Targets) -> Array:
        """Return each sequence's mean squared error."""
        return np.asarray(np.square(outputs - targets.values).mean(1))

    def shares(
        self, parts: Sequence[Array], targets: Targets, prior: Sequence[float]
    ) -> Array:
        """Return the shares of least squares, none negative."""
        return number_shares(parts, targets.values, targets.weights, prior)

    def averaged(self, parts: Sequence[Array], shares: Array) -> Array:
        """Return the weighted mean."""
        return mean_numbers(parts, shares)

    def baselines(self, targets: Targets) -> dict[str, Any]:
        """Return the mean, the nearest neighbour, ridge."""
        return {
            "mean": DummyRegressor(),
            NEAREST: KNeighborsRegressor(1),
            RIDGE: ridge(RidgeCV(ALPHAS)),
        }

    def counted(self) -> Any:
        """Return ridge."""
        return Ridge(1.0)

    def in_rows(self, predicted: NDArray[Any]) -> NDArray[Any]:
        """Return (n, K): scikit-learn has no axis for one target."""
        return predicted.reshape(len(predicted), -1)

    def errors(self, truth: NDArray[Any], predicted: NDArray[Any]) -> Array:
        """Return the squared error, the mean over the targets."""
        return np.asarray(((predicted - truth) ** 2).mean(1), np.float64)

    def scores(self, truth: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
        """Return errors in the target's units; several targets are averaged."""
        known = ~np.isnan(truth).any(axis=1)
        truth, predicted = truth[known], predicted[known]
        scores = {
            RMSE: float(root_mean_squared_error(truth, predicted)),
            "MAE": float(mean_absolute_error(truth, predicted)),
        }
        if len(truth) > 1:
            scores["R2"] = float(r2_score(truth, predicted))
        return scores

    def picture(self, truth: Targets, predicted: NDArray[Any]) -> dict[str, Any]:
        """Return truth and prediction side by side."""
        return {"predicted": report.pairs(truth.values, predicted)}

    def describe(
        self, sequences: Sequence[Values], targets: Targets
    ) -> tuple[str, str, dict[str, Any]]:
        """Return title, question, and sequences over the range of the target."""
        each = "step" if targets.per_step else "sequence"
        what = "a number" if self.width == 1 else f"{self.width} numbers"
        labels: list[Any] = ["" for _ in sequences]
        order = list(range(len(sequences)))
        if not targets.per_step:
            labels = [float(v) for v in targets.values[:, 0]]
            # Evenly over the range of the target, least to greatest.
            ranked = np.argsort(targets.values[:, 0], kind="stable")
            places = np.linspace(0, len(ranked) - 1, 8).round().astype(int)
            order = [int(i) for i in ranked[np.unique(places)]]
        data = {
            "lengths": report.lengths(sequences),
            "examples": report.sequence_examples(sequences, labels, order),
            "target_histogram": report.histogram(targets.values),
        }
        return f"{what} for each {each}", f"{what} for each {each}", data

    def dump(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Return the form of y, and its scale."""
        return {"flat": self.flat}, self.scaler.tensors("target_scaler")

    @classmethod
    def restored(cls, fitted: dict[str, Any], tensors: dict[str, Tensor]) -> Regression:
        """Return what `dump` said."""
        scaler = ClippedScaler.from_tensors("target_scaler", tensors)
        return cls(len(scaler.mean), fitted["flat"], scaler)


def _as_it_is(width: int) -> ClippedScaler:
    one, far = np.ones(width), np.full(width, np.inf)
    return ClippedScaler(0 * one, one, -far, far)
