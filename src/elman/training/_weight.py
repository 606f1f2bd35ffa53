"""How much a batch's mean loss counts beside another batch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def weight_of(loss: Callable[[Any, Any], Any], target: Any, examples: int) -> float:
    """Return over how much ``loss(output, target)`` has taken its mean.

    A batch that is cut into parts, over time or over processes, has the mean
    Σ wᵢ lᵢ / Σ wᵢ of their losses. The weight is the number of examples, unless the
    loss says otherwise: one that leaves some targets out has an attribute
    ``weight``, a function of the target that counts the rest.

    Parameters
    ----------
    loss : callable
    target : Any
        What the loss is given.
    examples : int
        In this part.
    """
    count = getattr(loss, "weight", None)
    return float(examples if count is None else count(target))
