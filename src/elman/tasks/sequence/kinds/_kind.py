"""What a sequence estimator predicts: all that depends on it, and nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from elman.tasks.sequence._targets import Targets
from elman.tasks.sequence.given._input import Array as Values

Array = NDArray[np.float64]
Loss = Callable[[Tensor, Tensor], Tensor]


class Kind(ABC):
    """Targets of one kind: how they are learned, decided, scored and described.

    The rest of this package asks an object of this class, and knows no kind by name.

    Attributes
    ----------
    metric : str
        The score that decides between network and baselines.
    lower_is_better : bool
        Of that score.
    """

    metric: str
    lower_is_better: bool

    # -- targets --------------------------------------------------------------

    @property
    @abstractmethod
    def width(self) -> int:
        """How many outputs the network has."""

    @property
    def names(self) -> list[str]:
        """The names of the classes, if there are any."""
        return []

    @abstractmethod
    def read(self, y: Any, lengths: NDArray[np.int64], per_step: bool) -> Targets:
        """Return y in the form learned by ``fit``."""

    def groups(self, targets: Targets) -> NDArray[np.int64] | None:
        """Return what a held-out part should have of everything, a number a row."""
        return None

    def weights(self, targets: Targets) -> Array | None:
        """Return a weight for each class, or None where all count the same."""
        return None

    @abstractmethod
    def scaled(self, targets: Targets, rows: NDArray[np.int64]) -> Targets:
        """Return the targets as the loss expects them; the scale is that of rows."""

    # -- network --------------------------------------------------------------

    @abstractmethod
    def loss(self, weighted: bool) -> Loss:
        """Return the loss; of targets with a last column of weights, if they have."""

    @abstractmethod
    def guess(self, targets: Targets) -> tuple[float, str]:
        """Return the loss of guessing, without weights, and what that is."""

    @abstractmethod
    def decide(self, outputs: NDArray[np.floating]) -> NDArray[Any]:
        """Return class numbers (rows,), or numbers (rows, K), of outputs."""

    def read_out(
        self, outputs: Sequence[NDArray[np.float32]], per_step: bool
    ) -> NDArray[Any]:
        """Return what `decide` makes of each sequence's outputs, end to end."""
        return self.decide(np.concatenate(outputs) if per_step else np.stack(outputs))

    # -- linear models, and several models together -------------------------------

    @abstractmethod
    def regressed(self, targets: Targets) -> tuple[Array, Callable[[Array], float]]:
        """Return what ridge regresses on (n, K), and the loss of what it predicts."""

    @abstractmethod
    def factor(self, raw: Array, targets: Targets) -> float:
        """Return what held-out outputs (n, K) have to be multiplied by."""

    @abstractmethod
    def outputs(self, raw: Array, factor: float) -> Array:
        """Return (n, K): outputs that `averaged` takes."""

    @abstractmethod
    def losses(self, outputs: Array, targets: Targets) -> Array:
        """Return the loss of each row, (n,), without weights."""

    @abstractmethod
    def shares(
        self, parts: Sequence[Array], targets: Targets, prior: Sequence[float]
    ) -> Array:
        """Return how much each of several models counts, by held-out outputs."""

    @abstractmethod
    def averaged(self, parts: Sequence[Array], shares: Array) -> Array:
        """Return several models' outputs as those of one."""

    # -- scores ---------------------------------------------------------------

    @abstractmethod
    def baselines(self, targets: Targets) -> dict[str, Any]:
        """Return the simple models to be fitted, by name."""

    @abstractmethod
    def counted(self) -> Any:
        """Return the linear model of counts of values, to be fitted."""

    @abstractmethod
    def in_rows(self, predicted: NDArray[Any]) -> NDArray[Any]:
        """Return a simple model's predictions in the form of `decide`."""

    @abstractmethod
    def errors(self, truth: NDArray[Any], predicted: NDArray[Any]) -> Array:
        """Return how wrong each row is, (n,), NaN where nothing is known."""

    @abstractmethod
    def scores(self, truth: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
        """Return every score by name, that of `metric` among them."""

    def remarks(
        self, truth: Targets, predicted: NDArray[Any], called: str
    ) -> list[str]:
        """Return sentences about what the score alone does not say.

        Parameters
        ----------
        truth : Targets
        predicted : ndarray
        called : str
            What a sentence calls the model.
        """
        return []

    # -- report and run directory -----------------------------------------------

    @abstractmethod
    def picture(self, truth: Targets, predicted: NDArray[Any]) -> dict[str, Any]:
        """Return confusion or pairs for the results."""

    @abstractmethod
    def describe(
        self, sequences: Sequence[Values], targets: Targets
    ) -> tuple[str, str, dict[str, Any]]:
        """Return the results' title, what was asked for, and their data."""

    @abstractmethod
    def dump(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Return what was learned of the targets: plain values, and tensors."""
