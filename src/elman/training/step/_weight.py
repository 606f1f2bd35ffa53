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
