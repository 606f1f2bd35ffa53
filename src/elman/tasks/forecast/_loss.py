"""What a forecaster minimises: errors over the targets that were observed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from elman.training import mean_over


@mean_over(lambda target: int(target.isfinite().sum()))
def masked_absolute_error(output: Tensor, target: Tensor) -> Tensor:
    """Return the mean of a rounded absolute error over the observed targets.

    Quadratic within 0.1 of a standard deviation and linear beyond: its minimum
    is close to the median, which every monotone transform of the target keeps,
    and one wild target cannot pull the weights.
    """
    seen = torch.isfinite(target)
    difference = torch.where(seen, output - torch.where(seen, target, 0.0), 0.0)
    zero = torch.zeros_like(difference)
    loss = nn.functional.smooth_l1_loss(difference, zero, beta=0.1, reduction="sum")
    return loss / seen.sum().clamp(min=1)


def masked_error(squared: Sequence[bool]) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the loss of a forecast: for each target a median's or a mean's.

    Parameters
    ----------
    squared : sequence of bool
        For which targets the squared error is taken, whose minimum is the mean:
        where most values are 0, the median says that nothing will happen.
    """
    if not any(squared):
        return masked_absolute_error
    chosen = torch.tensor(list(squared))

    @mean_over(lambda target: int(target.isfinite().sum()))
    def error(output: Tensor, target: Tensor) -> Tensor:
        seen = torch.isfinite(target)
        difference = torch.where(seen, output - torch.where(seen, target, 0.0), 0.0)
        zero = torch.zeros_like(difference)
        rounded = nn.functional.smooth_l1_loss(
            difference, zero, beta=0.1, reduction="none"
        )
        each = torch.where(chosen.to(output.device), difference**2, rounded)
        return each.sum() / seen.sum().clamp(min=1)

    return error
