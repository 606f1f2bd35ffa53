"""The losses of sequence networks, with weights and without."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import cross_entropy

from elman.training import mean_over


@mean_over(lambda target: int((~target.isnan()).sum()))
def class_loss(output: Tensor, target: Tensor) -> Tensor:
    """Return the mean cross-entropy, over the steps that have a target if per step."""
    if output.ndim == 2:
        return cross_entropy(output, target)
    known = ~target.isnan()
    # A part without any target has loss zero, and gradient zero.
    total = cross_entropy(output[known], target[known].long(), reduction="sum")
    return total / known.sum().clamp(min=1)


@mean_over(lambda target: int((~target[..., 0].isnan()).sum()))
def weighted_class_loss(output: Tensor, target: Tensor) -> Tensor:
    """Return the same where a last axis holds each target and its weight."""
    known = ~target[..., 0].isnan()
    number, weight = target[known].unbind(-1)
    each = cross_entropy(output[known], number.long(), reduction="none")
    return (each * weight).sum() / known.sum().clamp(min=1)


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
