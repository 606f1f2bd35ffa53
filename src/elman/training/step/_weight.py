"""How much a batch's mean loss counts beside another batch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Loss = TypeVar("Loss", bound=Callable[..., Any])


def mean_over(
    count: Callable[[Any], int],
) -> Callable[[Loss], Loss]:
    """Return a decorator that says over how many targets a loss takes its mean.

    For losses that leave some targets out: parts of a batch, on their own
    processes or one after the other, then count as much as they should.

    Parameters
    ----------
    count : callable
        ``count(target) -> int``, the targets that are not left out.

    Examples
    --------
    >>> import torch
    >>> from elman.training import mean_over
    >>> @mean_over(lambda target: int(target.isfinite().sum()))
    ... def error_where_known(output, target):
    ...     return (output - target).abs().nanmean()
    >>> error_where_known.weight(torch.tensor([1.0, float("nan")]))
    1
    """

    def remember(loss: Loss) -> Loss:
        loss.weight = count  # type: ignore[attr-defined]
        return loss

    return remember


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
