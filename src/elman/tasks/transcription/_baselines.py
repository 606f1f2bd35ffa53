"""What a network has to beat: what is said most often, what the nearest says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.neighbors import KNeighborsClassifier

from elman.tasks.sequence._baselines import NEAREST, Baselines
from elman.tasks.sequence._targets import Targets

Row = Sequence[Any]


class WholeRows:
    """Whole rows of labels as classes, for models that know nothing smaller.

    Parameters
    ----------
    sequences : sequence of ndarray
        (T_i, C), as the network reads them.
    rows : sequence of sequences
        Their labels.
    """

    def __init__(self, sequences: Sequence[NDArray[np.float32]], rows: Sequence[Row]):
        self._rows = list(dict.fromkeys(tuple(row) for row in rows))
        number = {row: i for i, row in enumerate(self._rows)}
        values = np.array([number[tuple(row)] for row in rows])
        kind: Any = self  # all that is asked of a kind is below
        self._models = Baselines(kind).fit(sequences, Targets(values, None))

    @staticmethod
    def baselines(targets: Targets) -> dict[str, Any]:
        """Return the models, by name."""
        return {
            "most frequent": DummyClassifier(strategy="most_frequent"),
            NEAREST: KNeighborsClassifier(1),
        }

    @staticmethod
    def in_rows(predicted: NDArray[Any]) -> NDArray[Any]:
        """Return what a model predicted."""
        return predicted

    def predict(
        self, sequences: Sequence[NDArray[np.float32]]
    ) -> dict[str, list[list[Any]]]:
        """Return the labels that each model says."""
        return {
            name: [list(self._rows[i]) for i in found]
            for name, found in self._models.predict(sequences, per_step=False).items()
        }

    @property
    def notes(self) -> list[str]:
        """What had to be left out."""
        return self._models.notes
