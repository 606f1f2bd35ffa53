"""Which step trains which examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from elman._errors import InputError
from elman.training._settings import TrainingSettings
from elman.training.data._order import Order
from elman.training.data._streams import Streams
from elman.training.together._local_step import LocalStep
from elman.training.together._team import Team
from elman.training.together._team_step import TeamStep

from ._step import Step
from ._truncated import TruncatedStep


def build_step(
    module: nn.Module,
    loss: Callable[[Any, Any], Tensor],
    examples: Any,
    settings: TrainingSettings,
    order: Order,
    team: Team | None = None,
) -> Step:
    """Return the step that the examples and the settings ask for.

    Parameters
    ----------
    module : nn.Module
    loss : callable
    examples : Examples or Streams
    settings : TrainingSettings
    order : Order
    team : Team or None
        The processes that train the module together.

    Raises
    ------
    InputError
        Streams, in a team.
    """
    if team is not None:
        if isinstance(examples, Streams):
            raise InputError(
                "streams are trained by one process, and this run has"
                f" {team.size}; start it without torchrun"
            )
        shared = TeamStep if settings.local_steps is None else LocalStep
        return shared(module, loss, examples, settings, order, team)
    kind = TruncatedStep if isinstance(examples, Streams) else Step
    return kind(module, loss, examples, settings, order)
