"""Which step trains which examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from elman.training._settings import TrainingSettings
from elman.training.data._order import Order
from elman.training.data._streams import Streams
from elman.training.together._local import Local
from elman.training.together._processes import Alone, Processes, Together
from elman.training.together._team import Team

from ._gradient import BatchGradient, Gradient, Setup
from ._objective import Loss, Objective, objective_of
from ._precision import Precision
from ._step import Step
from ._update import Update
from ._window_gradient import WindowGradient


def build_step(
    module: nn.Module,
    objective: Loss | Objective,
    examples: Any,
    settings: TrainingSettings,
    order: Order,
    team: Team | None = None,
    gradient: Callable[[Setup], Gradient] | None = None,
) -> Step:
    """Return the step that the examples and the settings ask for.

    Parameters
    ----------
    module : nn.Module
    objective : callable or Objective
    examples : Examples or Streams
    settings : TrainingSettings
    order : Order
    team : Team or None
        The processes that train the module together.
    gradient : callable or None
        Makes the gradient; None: what the examples ask for.

    Raises
    ------
    InputError
        Two that do not combine.
    """
    epochs = settings.epochs
    steps = None if epochs is None else sum(map(order.steps, range(1, epochs + 1)))
    devices = (p.device for p in module.parameters() if p.requires_grad)
    precision = Precision(settings.precision, next(devices, torch.device("cpu")))
    update = Update(module, settings, precision, steps, order.steps(1))
    processes: Processes = Alone(module)
    if team is not None:
        local = settings.local_steps is not None
        processes = Local(module, settings, team) if local else Together(module, team)
    setup = Setup(
        module, objective_of(objective), examples, settings, precision, processes
    )
    if gradient is None:
        streams = isinstance(examples, Streams)
        gradient = WindowGradient if streams else BatchGradient
    return Step(gradient(setup), update, processes)
