"""Who takes a step: one process, or several with shares of one batch."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from elman.training.keep._random import own_random_states
from elman.training.step._contract import Part, StepResult

from ._team import Team

if TYPE_CHECKING:
    from elman.training.step._step import Step


class Processes(Protocol):
    """The processes that train a module.

    Attributes
    ----------
    module : callable
        Runs the module forward; gradients meet where they have to.
    size : int
    alone : bool
        Whether nobody else has a part in the gradient.
    copies : float
        By which gradients have been divided while they met.
    """

    module: Any
    size: int
    alone: bool
    copies: float

    def take(self, step: Step, batch: Tensor) -> StepResult:
        """Train on a batch of all processes."""
        ...

    def share(self, batch: Tensor) -> Tensor:
        """Return the examples of a batch whose gradient this process computes."""
        ...

    def drawing(self) -> contextlib.AbstractContextManager[None]:
        """Return a context in which each process draws other random numbers."""
        ...

    def meeting(self, meets: bool) -> contextlib.AbstractContextManager[Any]:
        """Return a context for a backward pass, after which gradients meet or not."""
        ...

    def total(self, values: list[float]) -> list[float]:
        """Return the sums of a step's numbers over the processes."""
        ...

    def summed(self, values: list[float]) -> list[float]:
        """Return the sums of an epoch's numbers over the processes."""
        ...

    def parts(self) -> dict[str, Part]:
        """Return everything in here that remembers something, by name."""
        ...

    def kept(self, part: Part) -> Part:
        """Return what a checkpoint keeps of a part."""
        ...

    def meets(self) -> bool:
        """Return whether all processes have come to the same place together."""
        ...

    def end_epoch(self) -> None:
        """Run after an epoch's last step, before its validation."""
        ...


class Alone:
    """One process.

    Parameters
    ----------
    module : nn.Module
    """

    size = 1
    alone = True
    copies = 1.0

    def __init__(self, module: nn.Module) -> None:
        self.module: Any = module

    def take(self, step: Step, batch: Tensor) -> StepResult:
        """Train on the batch."""
        return step.run(batch)

    def share(self, batch: Tensor) -> Tensor:
        """Return all of it."""
        return batch

    def drawing(self) -> contextlib.AbstractContextManager[None]:
        """Return a context that does nothing."""
        return contextlib.nullcontext()

    def meeting(self, meets: bool) -> contextlib.AbstractContextManager[Any]:
        """Return a context that does nothing."""
        return contextlib.nullcontext()

    def total(self, values: list[float]) -> list[float]:
        """Return them as they are."""
        return values

    def summed(self, values: list[float]) -> list[float]:
        """Return them as they are."""
        return values

    def parts(self) -> dict[str, Part]:
        """Return nothing."""
        return {}

    def kept(self, part: Part) -> Part:
        """Return the part."""
        return part

    def meets(self) -> bool:
        """Return True."""
        return True

    def end_epoch(self) -> None:
        """Do nothing."""


class Together(Alone):
    """Several processes that take the same step, with shares of one batch.

    Every member computes the gradient of its share, torch's DistributedDataParallel
    averages them while backward still runs, and every member takes the same
    optimiser step. One process with the same batch takes the same step, up to
    rounding, and up to what the module draws at random, which differs from member to
    member.

    Parameters
    ----------
    module : nn.Module
    team : Team
    """

    alone = False

    def __init__(self, module: nn.Module, team: Team) -> None:
        super().__init__(DistributedDataParallel(module))
        self.team = team
        self.size = team.size
        # DistributedDataParallel divides by the size of the team.
        self.copies = float(team.size)

    def share(self, batch: Tensor) -> Tensor:
        """Return this member's part of the batch, which may be empty."""
        return self.team.share(batch)

    def drawing(self) -> contextlib.AbstractContextManager[None]:
        """Return a context in which each member draws other random numbers."""
        return own_draws(self.team)

    def meeting(self, meets: bool) -> contextlib.AbstractContextManager[Any]:
        """Return a context for a backward pass; gradients meet in a batch's last."""
        return contextlib.nullcontext() if meets else self.module.no_sync()

    def total(self, values: list[float]) -> list[float]:
        """Return the sums over the members."""
        return self.team.total(values)


@contextlib.contextmanager
def own_draws(team: Team) -> Iterator[None]:
    """Let each member draw other random numbers inside, and none of the run's.

    Each seeds itself with its rank and a number that all draw alike, so that the
    run's own random states stay equal everywhere, and one checkpoint serves all.
    """
    word = int(torch.randint(2**62, ()))
    with own_random_states(word + team.rank):
        yield
