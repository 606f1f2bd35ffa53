"""Numbers of whole sequences, or of each of their steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import Tags
from torch import Tensor

from elman._errors import InputError
from elman.tasks._scaling import ClippedScaler
from elman.training import mean_over

from . import _results as report
from ._base import SequenceEstimator
from ._input import Array, known_sequences, lengths_of
from ._recipe import Loss
from ._targets import Targets, number_targets


class SequenceRegressor(RegressorMixin, SequenceEstimator):
    r"""Predict numbers from sequences with a recurrent network, beside simple models.

    .. math:: \hat y = W\,\mathrm{pool}(h_{1..T}) + b, \qquad
              \hat y_t = W h_t + b \text{ with one target a step,}

    trained on the mean squared error of the standardised targets. A part of the
    sequences is held out to choose the epoch; then the network is trained once
    more on all of them for that many epochs.

    {parameters}

    Attributes
    ----------
    network_ : nn.Module
        The trained network.
    results_ : dict
        Diagnosis, history, scores beside baselines: plain data.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(24, 7, 1))
    >>> y = X[:, :, 0].sum(axis=1)
    >>> model = SequenceRegressor(hidden_size=8, epochs=2).fit(X, y)
    >>> model.predict(X[:3]).shape
    (3,)
    """

    task = "regress"
    _epochs, _patience = 60, 15
    _classify = False
    _fewest = 1

    def __init__(
        self,
        cell: str = "gru",
        hidden_size: int = 64,
        num_layers: int = 1,
        *,
        bidirectional: bool = True,
        dropout: float = 0.0,
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
    ) -> None:
        self._keep(locals())

    def predict(self, X: Any) -> Any:
        """Return the prediction for each sequence, or for each step.

        Parameters
        ----------
        X : array-like or list
            As for ``fit``.

        Returns
        -------
        ndarray or list of ndarray
            (n,) or (n, K) as y was; per step (n, T, …), or n arrays (T_i, …) if
            X is a list.
        """
        outputs, lengths = self._outputs(X)
        values = self._decide(outputs)
        if self.flat_:
            values = values[..., 0]
        return self._in_form_of(X, values, lengths)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R², over all steps that have a target if per step.

        Parameters
        ----------
        X, y
            As for ``fit``.
        sample_weight : array-like or None
            (n,); only with one target a sequence.
        """
        outputs, lengths = self._outputs(X)
        values = self._decide(outputs)
        truth = self._read_known_targets(y, known_sequences(self, X)).values
        if lengths is None:
            return float(r2_score(truth, values, sample_weight=sample_weight))
        known = ~np.isnan(truth).any(axis=1)
        return float(r2_score(truth[known], values[known]))

    def _read_targets(self, y: Any, sequences: Sequence[Array]) -> Targets:
        targets = number_targets(y, lengths_of(sequences), self._output())
        self.flat_ = targets.flat
        return targets

    def _read_known_targets(self, y: Any, sequences: Sequence[Array]) -> Targets:
        output: Any = "step" if self.per_step_ else "sequence"
        found = number_targets(y, lengths_of(sequences), output)
        if found.values.shape[1] != len(self.target_scaler_.mean):
            raise InputError(
                f"y has {found.values.shape[1]} targets, the network was fitted with "
                f"{len(self.target_scaler_.mean)}"
            )
        return found

    def _scale_targets(self, targets: Targets, rows: NDArray[np.int64]) -> Targets:
        self.target_scaler_ = ClippedScaler.fit(targets.take(rows).values)
        return targets.with_values(self.target_scaler_.transform(targets.values))

    def _loss(self, weighted: bool) -> Loss:
        return weighted_squared_loss if weighted else squared_loss

    def _width(self, targets: Targets) -> int:
        return int(targets.values.shape[1])

    def _decide(self, outputs: NDArray[np.floating]) -> NDArray[Any]:
        return self.target_scaler_.inverse(outputs.astype(np.float64))

    def _picture(self, truth: Targets, predicted: NDArray[Any]) -> None:
        self.results_["predicted"] = report.pairs(truth.values, predicted)

    def _describe(self, sequences: Sequence[Array], raw: Targets) -> dict[str, Any]:
        width = raw.values.shape[1]
        each = "step" if raw.per_step else "sequence"
        what = "a number" if width == 1 else f"{width} numbers"
        labels: list[Any] = ["" for _ in sequences]
        order = list(range(len(sequences)))
        if not raw.per_step:
            labels = [float(v) for v in raw.values[:, 0]]
            # Evenly over the range of the target, least to greatest.
            ranked = np.argsort(raw.values[:, 0], kind="stable")
            places = np.linspace(0, len(ranked) - 1, 8).round().astype(int)
            order = [int(i) for i in ranked[np.unique(places)]]
        return {
            "title": f"{what} for each {each}",
            "question": [
                ["Asked for", f"{what} for each {each}"],
                *self._question(sequences),
            ],
            "data": {
                "lengths": report.lengths(sequences),
                "examples": report.sequence_examples(sequences, labels, order),
                "target_histogram": report.histogram(raw.values),
            },
        }

    def __sklearn_tags__(self) -> Tags:
        """Say that y may hold several targets."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _fitted(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        return {"flat": self.flat_}, self.target_scaler_.tensors("target_scaler")

    def _take_up(self, fitted: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        self.flat_ = fitted["flat"]
        self.target_scaler_ = ClippedScaler.from_tensors("target_scaler", tensors)


@mean_over(lambda target: int((~target.isnan()).sum()))
def squared_loss(output: Tensor, target: Tensor) -> Tensor:
    """Return the mean squared error over the targets that are there."""
    known = ~target.isnan()
    # A batch without any target has loss zero, and gradient zero.
    return ((output - target)[known] ** 2).sum() / known.sum().clamp(min=1)


@mean_over(lambda target: int((~target[..., :-1].isnan()).sum()))
def weighted_squared_loss(output: Tensor, target: Tensor) -> Tensor:
    """Return the same where a last column holds each row's weight."""
    truth, weight = target[..., :-1], target[..., -1:]
    known = ~truth.isnan()
    each = weight * (output - truth) ** 2
    return each[known].sum() / known.sum().clamp(min=1)
