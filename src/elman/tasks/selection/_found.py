"""What a search found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes
    ----------
    estimator : Estimator
        With the chosen parameters, fitted on everything but the test part, and scored
        there; its ``results_["search"]`` are the results.
    params : dict
        The chosen values of what was tried.
    score : float
        Of the chosen parameters, the mean over the folds: the best of many, and so too
        good.
    results : dict
        Plain values: ``trials`` with parameters, scores and losses by epoch; ``space``,
        ``folds``, ``budget``; ``chosen`` and ``default`` with their scores on the
        test part, one a seed; ``verdict`` and ``bias``, sentences; ``importance``.
    """

    estimator: Any
    params: dict[str, Any]
    score: float
    results: dict[str, Any]

    def __str__(self) -> str:
        """Return what was chosen, and whether it helped."""
        values = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        made = f"{type(self.estimator).__name__}().set_params({values})"
        return "\n".join([made, self.results["verdict"], self.results["bias"]])
