"""Classes of whole sequences, or of each of their steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from torch import Tensor
from torch.nn.functional import softmax

from elman.cells import Cell

from ._base import SequenceEstimator
from ._targets import Targets
from .given._input import Array, lengths_of
from .kinds._classification import Classification
from .kinds._kind import Kind


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
    kind_: Classification
    class_weight: Any
    _epochs, _patience = 40, 15
    # The cross-entropy of fewer hangs on one confident mistake and may stop far too
    # soon: with 8 held-out sequences of BasicMotions one seed fell to 0.825, while
    # all epochs reach 0.985 on average.
    _fewest = 30

    def __init__(
        self,
        cell: str | Cell | type[Cell] = "gru",
        hidden_size: int = 64,
        num_layers: int | Literal["auto"] = "auto",
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
        encoder: str | Cell | type[Cell] | None = None,
        shuffle_time: Literal["none", "fixed", "each"] = "none",
        columns: Mapping[Any, str] | None = None,
        image: Literal["none", "rows", "columns"] = "none",
        augment: Literal["auto", "stretch", "none"] = "auto",
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
            (n,): how much each sequence counts, or each of its steps.
        """
        truth, predicted, weights = self._beside_truth(X, y, sample_weight)
        return float(accuracy_score(truth, predicted, sample_weight=weights))

    @property
    def classes_(self) -> NDArray[Any]:
        """Sorted labels."""
        return self.kind_.classes

    def _read(self, y: Any, sequences: Sequence[Array]) -> tuple[Kind, Targets]:
        lengths = lengths_of(sequences)
        return Classification.of(y, lengths, self.output, self.class_weight)

    def _restored(self, fitted: dict[str, Any], tensors: dict[str, Tensor]) -> Kind:
        if isinstance(self.class_weight, list):  # as `save` wrote a mapping
            self.class_weight = dict(self.class_weight)
        return Classification.restored(fitted, self.class_weight)
