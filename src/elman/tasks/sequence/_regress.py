"""Numbers of whole sequences, or of each of their steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import Tags
from torch import Tensor

from ._base import SequenceEstimator
from ._targets import Targets
from .given._input import Array, lengths_of
from .kinds._kind import Kind
from .kinds._regression import Regression


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
    kind_: Regression
    _epochs, _patience = 60, 15
    _fewest = 1
    # An age or a size can be what stretching takes away.
    _auto_stretches = False

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
        values = self.kind_.decide(outputs)
        if self.kind_.flat:
            values = values[..., 0]
        return self._in_form_of(X, values, lengths)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R², over all steps that have a target if per step.

        Parameters
        ----------
        X, y
            As for ``fit``.
        sample_weight : array-like or None
            (n,): how much each sequence counts, or each of its steps.
        """
        truth, values, weights = self._beside_truth(X, y, sample_weight)
        known = ~np.isnan(truth).any(axis=1)
        counts = None if weights is None else weights[known]
        return float(r2_score(truth[known], values[known], sample_weight=counts))

    def __sklearn_tags__(self) -> Tags:
        """Say that y may hold several targets."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _read(self, y: Any, sequences: Sequence[Array]) -> tuple[Kind, Targets]:
        return Regression.of(y, lengths_of(sequences), self.output)

    def _restored(self, fitted: dict[str, Any], tensors: dict[str, Tensor]) -> Kind:
        return Regression.restored(fitted, tensors)
