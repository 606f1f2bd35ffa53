"""What a forecaster minimises: errors over the targets that were observed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from elman.training import mean_over

Loss = Callable[[Tensor, Tensor], Tensor]

MEANS = ("squared", "poisson", "tweedie")
"""The losses whose minimum is the mean."""
LOG_LINK = ("poisson", "tweedie")
"""Those of forecasts that are positive, on a log link."""


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


def masked_error(squared: Sequence[bool], *, weighted: bool = False) -> Loss:
    """Return the loss of a forecast: for each target a median's or a mean's.

    Parameters
    ----------
    squared : sequence of bool
        For which targets the squared error is taken, whose minimum is the mean:
        where most values are 0, the median says that nothing will happen.
    weighted : bool
        As in `masked`.
    """
    if not any(squared) and not weighted:
        return masked_absolute_error
    chosen = torch.tensor(list(squared))

    def each(output: Tensor, truth: Tensor) -> Tensor:
        difference = output - truth
        zero = torch.zeros_like(difference)
        rounded = nn.functional.smooth_l1_loss(
            difference, zero, beta=0.1, reduction="none"
        )
        return torch.where(chosen.to(output.device), difference**2, rounded)

    return masked(each, weighted=weighted)


def masked(each: Loss, *, weighted: bool = False) -> Loss:
    """Return the mean of a loss over the targets that were observed.

    Parameters
    ----------
    each : callable
        ``each(output, truth)``, the loss of every value on its own.
    weighted : bool
        Whether the target's last axis ends with the weight of its row.
    """

    def truths(target: Tensor) -> Tensor:
        return target[..., :-1] if weighted else target

    @mean_over(lambda target: int(truths(target).isfinite().sum()))
    def error(output: Tensor, target: Tensor) -> Tensor:
        truth = truths(target)
        seen = torch.isfinite(truth)
        found = each(output, torch.where(seen, truth, output.detach()))
        found = torch.where(seen, found, 0.0)
        if weighted:
            found = found * target[..., -1:]
        return found.sum() / seen.sum().clamp(min=1)

    return error


def deviance(
    name: str, centre: Tensor, spread: Tensor, unit: Tensor, *, weighted: bool = False
) -> Loss:
    r"""Return half the mean deviance of a count or of an amount that is often 0.

    .. math::
        \text{Poisson: } & \mu - y + y \ln (y / \mu) \\
        \text{Tweedie, power } \tfrac32\text{: } &
            2 y \mu^{-1/2} + 2 \mu^{1/2} - 4 y^{1/2}

    in units of the target's mean, so that several targets count alike. The minimum
    is the mean; what varies more with it counts less.

    Parameters
    ----------
    name : {"poisson", "tweedie"}
    centre, spread : Tensor
        (K,): targets and forecasts are scaled with them.
    unit : Tensor
        (K,): the mean of each target in its own units.
    weighted : bool
        As in `masked`.
    """

    def each(output: Tensor, truth: Tensor) -> Tensor:
        mean = (centre + spread * output) / unit
        value = ((centre + spread * truth) / unit).clamp(min=0.0)
        mean = mean.clamp(min=1e-9)
        if name == "poisson":
            entropy = torch.special.xlogy(value, value)  # 0 where there is nothing
            return mean - value + entropy - value * mean.log()
        return 2 * value / mean.sqrt() + 2 * mean.sqrt() - 4 * value.sqrt()

    return masked(each, weighted=weighted)


def pinball(levels: Tensor, offsets: Tensor, *, weighted: bool = False) -> Loss:
    r"""Return the mean pinball loss of quantiles that move with the forecast.

    .. math:: \frac1Q \sum_q \max(\tau_q e_q, (\tau_q - 1) e_q),
              \qquad e_q = y - \hat y - d_q

    with a distance :math:`d_q` of each quantile at each step (composite quantile
    regression, Zou and Yuan 2008): the network learns the place that all of them share.

    Parameters
    ----------
    levels : Tensor
        (Q,), within 0 and 1.
    offsets : Tensor
        (Q, H, K), scaled.
    weighted : bool
        As in `masked`.
    """

    def each(output: Tensor, truth: Tensor) -> Tensor:
        total = torch.zeros_like(output)
        for level, offset in zip(levels, offsets, strict=True):
            error = truth - output - offset
            total = total + torch.maximum(level * error, (level - 1) * error)
        return total / len(levels)

    return masked(each, weighted=weighted)
