"""From a batch to a gradient: of the whole, or of parts one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from elman.training._settings import TrainingSettings
from elman.training.together._processes import Processes

from ._contract import Part
from ._objective import Objective
from ._precision import Precision


@dataclass(frozen=True)
class Setup:
    """What a gradient is made of.

    Attributes
    ----------
    module : nn.Module
        The one that is trained; run ``processes.module`` in its place.
    objective : Objective
    examples : Examples or Streams
    settings : TrainingSettings
    precision : Precision
        ``autocast()`` around the forward pass, ``backward(loss)`` for the other.
    processes : Processes
    """

    module: nn.Module
    objective: Objective
    examples: Any
    settings: TrainingSettings
    precision: Precision
    processes: Processes


@dataclass(frozen=True)
class Seen:
    """What a gradient is of.

    Attributes
    ----------
    loss : float
        The batch's mean.
    weight : float
        How much it counts in the epoch's mean.
    rate : float
        The learning rate of this step is multiplied by this.
    """

    loss: float
    weight: float
    rate: float = 1.0


class Gradient(Protocol):
    """How the gradient of a batch comes into being."""

    def parts(self) -> dict[str, Part]:
        """Return everything in here that remembers something, by name."""
        ...

    def begin_epoch(self, epoch: int) -> None:
        """Run before an epoch's first step; not when one is resumed midway."""
        ...

    def add(self, batch: Tensor) -> Seen:
        """Leave the gradient of the mean loss in the parameters, which have none.

        Parameters
        ----------
        batch : Tensor
            As the order gave it: the int64 numbers of examples.
        """
        ...

    def taken(self) -> None:
        """Run after the step with the last gradient was taken."""
        ...

    def data(self, batch: Tensor) -> tuple[Any, Any]:
        """Return inputs and target of a batch, to keep those of a failed step."""
        ...


class BatchGradient:
    r"""The gradient of a batch of examples, whole or in parts that are added up.

    With several processes each computes its share. With weights :math:`w_{ri}` of the
    parts :math:`i` of process :math:`r` the gradient is that of

    .. math:: L = \sum_{ri} w_{ri} L_{ri} \Big/ \sum_{ri} w_{ri},

    the mean loss of the whole batch.

    Parameters
    ----------
    setup : Setup
    """

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.parameters = [p for p in setup.module.parameters() if p.requires_grad]

    def parts(self) -> dict[str, Part]:
        """Return nothing: a batch knows nothing of the one before."""
        return {}

    def begin_epoch(self, epoch: int) -> None:
        """Do nothing."""

    def taken(self) -> None:
        """Do nothing."""

    def data(self, batch: Tensor) -> tuple[Any, Any]:
        """Return inputs and target of a batch."""
        found: tuple[Any, Any] = self.setup.examples.take(batch)
        return found

    def add(self, batch: Tensor) -> Seen:
        """Leave the gradient of the batch's mean loss in the parameters."""
        processes = self.setup.processes
        share = processes.share(batch)
        size = -(-len(share) // self.setup.settings.accumulate)
        if processes.alone and size >= len(share):
            loss, weight = self._value(share)
            self.setup.precision.backward(loss)
            return Seen(loss.item(), weight)
        # All have to meet in backward, also who has nothing to do.
        idle = not len(share)
        parts = (batch[:1],) if idle else share.split(size)
        total = weight = 0.0
        with processes.drawing():
            for number, part in enumerate(parts, 1):
                with processes.meeting(number == len(parts)):
                    found, count = self._part(part, counts=not idle)
                total += found
                weight += count
        total, weight = processes.total([total, weight])
        return Seen(self._mean(total, weight), weight)

    def _value(self, part: Tensor) -> tuple[Tensor, float]:
        setup = self.setup
        inputs, target = setup.examples.take(part)
        with setup.precision.autocast():
            mean, weight = setup.objective.value(setup.processes.module, inputs, target)
        return mean, float(len(part)) if weight is None else weight

    def _part(self, part: Tensor, *, counts: bool) -> tuple[float, float]:
        """Add the gradient of weight × loss of a part; return that, and the weight."""
        mean, weight = self._value(part)
        weight = weight if counts else 0.0
        loss = mean * weight
        self.setup.precision.backward(loss)
        return loss.item(), weight

    def _mean(self, total: float, weight: float) -> float:
        """Turn Σ w l and its gradient into the mean's."""
        weight = weight or 1.0  # no part had a target: loss and gradient are zero
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        torch._foreach_mul_(gradients, self.setup.processes.copies / weight)
        return total / weight
