"""One step of several processes: shares of one batch, one gradient, equal weights."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from elman.training._settings import TrainingSettings
from elman.training.data._order import Order
from elman.training.keep._random import own_random_states
from elman.training.step._step import Step

from ._team import Team


class TeamStep(Step):
    r"""Train on a batch whose examples are shared out over a team.

    Every member computes the gradient of its share, torch's DistributedDataParallel
    averages them while backward still runs, and every member takes the same
    optimiser step. With weights :math:`w_{ri}` of the parts :math:`i` of member
    :math:`r` the gradient is that of

    .. math:: L = \sum_{ri} w_{ri} L_{ri} \Big/ \sum_{ri} w_{ri},

    the mean loss of the whole batch: one process with the same batch takes the same
    step, up to rounding, and up to what the module draws at random, which differs
    from member to member.

    Parameters
    ----------
    module, loss, examples, settings, order
        As for `Step`; the batches of the order are the team's.
    team : Team
    """

    def __init__(
        self,
        module: nn.Module,
        loss: Callable[[Any, Any], Tensor],
        examples: Any,
        settings: TrainingSettings,
        order: Order,
        team: Team,
    ) -> None:
        super().__init__(module, loss, examples, settings, order)
        self.team = team
        self.replica = DistributedDataParallel(module)

    def _backward(self, batch: Tensor) -> float:
        share = self.team.share(batch)
        # All have to meet in backward, also who has nothing to do.
        idle = not len(share)
        share = batch[:1] if idle else share
        parts = share.split(-(-len(share) // self.settings.accumulate))
        total = weight = 0.0
        with own_draws(self.team):
            for number, part in enumerate(parts, 1):
                waits = number < len(parts)
                alone = self.replica.no_sync() if waits else contextlib.nullcontext()
                with alone:
                    found, count = self._part(self.replica, part, counts=not idle)
                total += found
                weight += count
        total, weight = self.team.total([total, weight])
        # DistributedDataParallel has divided by the size of the team.
        return self._mean(total, weight, self.team.size)


@contextlib.contextmanager
def own_draws(team: Team) -> Iterator[None]:
    """Let each member draw other random numbers inside, and none of the run's.

    Each seeds itself with its rank and a number that all draw alike, so that the
    run's own random states stay equal everywhere, and one checkpoint serves all.
    """
    word = int(torch.randint(2**62, ()))
    with own_random_states(word + team.rank):
        yield
