"""What comparisons of networks that write text have alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic

from elman.tasks._networks import Network
from elman.tasks.fit._writer import Fitted

from ._beside import Trained, alone, not_interrupted


@dataclass(frozen=True)
class Writers(ABC, Generic[Network]):
    """How networks of a comparison are trained, and scored on the same text.

    Parameters
    ----------
    fit : callable
        Trains the network of a recipe.
    checkpoints : Checkpoints, path or None
    """

    fit: Callable[[Any], Fitted[Network]]
    checkpoints: Any

    @abstractmethod
    def judged(
        self,
        network: Network,
        history: list[dict[str, Any]],
        stopped: str,
        seconds: float,
    ) -> Trained:
        """Return how well a network does after its training."""

    def trained(self, recipe: Any, seed: int, seconds: float | None = None) -> Trained:
        """Return a network of a recipe, trained for so many seconds at most."""
        fitted = self.fit(alone(recipe, seed, seconds, self.checkpoints))
        result = not_interrupted(fitted.run).result
        return self.judged(
            fitted.network, result.history, result.stopped, result.seconds
        )

    def fitted(self, estimator: Any) -> Trained:
        """Return the network of an estimator, as it is."""
        training = estimator.results_["training"]
        ran = (training[key] for key in ("history", "stopped", "seconds"))
        return self.judged(estimator.network_, *ran)
