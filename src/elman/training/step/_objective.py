"""What is made small: from a module and examples to a value and its weight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, cast

from torch import Tensor

from elman._errors import InputError

Loss = Callable[[Any, Any], Tensor]


class Value(NamedTuple):
    """A batch's mean loss, and how much it counts beside another batch's.

    Attributes
    ----------
    mean : Tensor
        Scalar; its gradient is taken.
    weight : float or None
        Over how much the mean is: a number of targets, or the sum of their weights.
        None: the number of examples, or of steps of a stream.
    """

    mean: Tensor
    weight: float | None = None


class Objective(Protocol):
    """What a training makes small.

    It sees everything there is: the module, what goes in, what is to come out, and the
    weights of the examples. It calls the module itself, so that it may call others
    beside it, with the same inputs or with others.
    """

    def value(
        self, module: Callable[..., Any], inputs: tuple[Any, ...], target: Any, /
    ) -> Value:
        """Return the mean over a batch, and its weight.

        Parameters
        ----------
        module : callable
            Called as ``module(*inputs)``. With several processes or with streams it is
            not the module itself, but runs it.
        inputs : tuple
        target : Any
            As the examples gave them.
        """
        ...


@dataclass(frozen=True)
class Supervised:
    """The loss of the module's output beside the target.

    Parameters
    ----------
    loss : callable
        ``loss(output, target)``, the mean over the batch. If it leaves some targets
        out, `mean_over` says how many are left.
    """

    loss: Loss

    def value(
        self, module: Callable[..., Any], inputs: tuple[Any, ...], target: Any, /
    ) -> Value:
        """Return the loss, and over how many targets it is if the loss says so."""
        count = getattr(self.loss, "weight", None)
        weight = None if count is None else float(count(target))
        return Value(self.loss(module(*inputs), target), weight)


@dataclass(frozen=True)
class Weighted:
    r"""The mean loss of examples that carry weights.

    .. math:: L = \sum_i w_i \ell_i \Big/ \sum_i w_i

    The target is ``(target, weights)``, weights of shape (B,), as `WithWeights` makes
    it.

    Parameters
    ----------
    each : callable
        ``each(output, target)`` returns one loss an example, (B,) or (B, …), such as
        ``functools.partial(cross_entropy, reduction="none")``.
    """

    each: Loss

    def value(
        self, module: Callable[..., Any], inputs: tuple[Any, ...], target: Any, /
    ) -> Value:
        """Return the weighted mean, and the sum of the weights.

        Raises
        ------
        InputError
            The loss does not give one number an example.
        """
        truth, weights = target
        losses = self.each(module(*inputs), truth)
        if not losses.ndim or len(losses) != len(weights):
            raise InputError(
                f"a weighted loss must return one number for each of the {len(weights)}"
                f" examples, got shape {tuple(losses.shape)}; give it reduction='none'"
            )
        weights = weights.to(losses)
        total = weights.sum()
        losses = losses.flatten(1).mean(1) if losses.ndim > 1 else losses
        mean = (losses * weights).sum() / total.clamp_min(1e-12)
        return Value(mean, float(total))


def objective_of(given: Loss | Objective) -> Objective:
    """Return what was given, a plain loss as `Supervised`.

    Parameters
    ----------
    given : callable or Objective
    """
    return cast("Objective", given) if hasattr(given, "value") else Supervised(given)
