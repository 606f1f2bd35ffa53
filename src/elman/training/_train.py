"""The one way to train a module."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast, get_args

from torch import nn

from elman._errors import InputError
from elman._modes import gradients
from elman.training.data._examples import Examples
from elman.training.data._order import build_order
from elman.training.data._streams import Streams
from elman.training.keep._checkpoints import Checkpoints, Keeper, identity_of
from elman.training.keep._random import own_random_states
from elman.training.step._build_step import build_step
from elman.training.step._gradient import Gradient, Setup
from elman.training.step._objective import Loss, Objective
from elman.training.together._team import Team, team
from elman.training.watch._callbacks import Callback
from elman.training.watch._result import Stopped, TrainingResult

from ._loop import Loop
from ._settings import TrainingSettings


@gradients()
def train(
    module: nn.Module,
    loss: Loss | Objective,
    examples: Examples | Streams,
    validation: Examples | Streams | None,
    settings: TrainingSettings,
    callbacks: Sequence[Callback] = (),
    *,
    checkpoints: Checkpoints | str | Path | None = None,
    resume: bool = False,
    gradient: Callable[[Setup], Gradient] | None = None,
) -> TrainingResult:
    """Minimise the mean loss and leave the best weights in the module.

    The best epoch is the one with the lowest validation loss, the untrained
    module (epoch 0) included, so that training never makes a module worse on
    its validation part. Without a validation part the last weights stay.
    The order of the examples depends on (seed, epoch) alone. The global
    random states are left as they were found.

    Ctrl-C ends the run after the step it meets and keeps the best weights; so does
    a loss that is not finite, before it changes a weight.

    With checkpoints, a run that was stopped in any way goes on from the newest one
    and ends with the same bits as if it had never stopped: weights, history,
    ledger. A run that had ended only returns its result. SIGTERM then saves a
    checkpoint and raises ``SystemExit(143)``.

    Parameters
    ----------
    module : nn.Module
        Trained in place; called as ``module(*inputs)``.
    loss : callable or Objective
        ``loss(output, target) -> Tensor``, scalar, the mean over the batch; or an
        objective, which sees the module and the inputs as well.
    examples, validation : Examples or Streams
        Validation may be None or empty. Streams are trained on chunk by chunk,
        with the state carried over.
    settings : TrainingSettings
        Optimiser, rates, stopping.
    callbacks : sequence of Callback
        Called in order.
    checkpoints : Checkpoints, path or None
        Where and how often to save the state of the run.
    resume : bool
        Go on from the newest checkpoint there, as `Checkpoints` with
        ``resume=True`` does.
    gradient : callable or None
        Makes the `Gradient` of a `Setup`, in place of the one of whole batches, of
        parts or of streams. With another one checkpoints do not know it.

    Returns
    -------
    TrainingResult

    Raises
    ------
    InputError
        If there are no training examples; if the checkpoints are of another run,
        are in use by another process, or none of them is sound.
    """
    if not len(examples):
        raise InputError("there are no training examples; give more or longer data")
    if validation is not None and not len(validation):
        validation = None
    together = team()

    def prepare() -> Keeper | None:
        return _keeper(checkpoints, resume, module, examples, validation, settings)

    keeper, keeps, found = _prepared(prepare, together)
    if together is not None and not together.leads:
        callbacks = ()
    try:
        with own_random_states(settings.seed) as random:
            order = build_order(examples, settings)
            step = build_step(
                module, loss, examples, settings, order, together, gradient
            )
            loop = Loop(
                module, loss, validation, settings, order, step, callbacks, together
            )
            loop.parts["random"] = random
            if found:
                state, stopped = found
                loop.load_state_dict(state)
                over = stopped != "time" or loop.stopping.out_of_time()
                if stopped in get_args(Stopped) and over:
                    return loop.finish(cast("Stopped", stopped))
            return loop.run(keeper, terminate=keeps)
    finally:
        if keeper is not None:
            keeper.close()


def _prepared(
    prepare: Callable[[], Keeper | None], together: Team | None
) -> tuple[Keeper | None, bool, tuple[dict[str, Any], str | None] | None]:
    """Return the keeper, whether the run keeps checkpoints, and what it goes on from.

    In a team the leader has the keeper, and the others hear what it found, be it an
    error.
    """
    if together is None:
        keeper = prepare()
        return keeper, keeper is not None, keeper.newest() if keeper else None
    keeper, found, failure = None, None, None
    if together.leads:
        try:
            keeper = prepare()
            found = keeper.newest() if keeper else None
        except InputError as error:
            failure = str(error)
    keeps, found, failure = together.hear([keeper is not None, found, failure])
    if failure is not None:
        if keeper is not None:
            keeper.close()
        raise InputError(failure)
    return keeper, keeps, found


def _keeper(
    checkpoints: Checkpoints | str | Path | None,
    resume: bool,
    module: nn.Module,
    examples: Examples | Streams,
    validation: Examples | Streams | None,
    settings: TrainingSettings,
) -> Keeper | None:
    if checkpoints is None:
        if resume:
            raise InputError("resume=True needs checkpoints=DIRECTORY to resume from")
        return None
    if not isinstance(checkpoints, Checkpoints):
        checkpoints = Checkpoints(checkpoints)
    if resume:
        checkpoints = dataclasses.replace(checkpoints, resume=True)
    return Keeper(checkpoints, identity_of(module, examples, validation, settings))
