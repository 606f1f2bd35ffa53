"""A recurrent layer's own forward pass, with something else for each operator call.

Everything around the operators is the layer's own: the forms of a batch, stacking,
directions, dropout, what is held back at random, states learned or carried over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from elman import ops
from elman._errors import InputError
from elman.layers import as_ours

RunOne = Callable[[ops.Call], ops.Result]
"""One layer in one direction: what it was given, and what it returns."""


def through(layer: nn.Module, run: RunOne, *args: Any, **kwargs: Any) -> Any:
    """Compute what a layer's forward pass returns, by way of ``run``.

    Parameters
    ----------
    layer : RNN, GRU or LSTM of elman or torch.nn
    run : callable
        Called once for each layer and direction, in the order they run.
    *args, **kwargs
        As for a call of the layer.

    Returns
    -------
    output, state
        In the form of the layer's own.
    """

    def checked(call: ops.Call) -> ops.Result:
        if len(call.x) == 0:
            raise InputError(
                "inputs: sequences of 0 steps; give at least one step to measure"
            )
        if torch._C._functorch.peek_interpreter_stack() is not None:
            raise InputError(
                "model: it runs a recurrent layer inside a transform of torch.func, "
                "where no step can be examined; give forward=, a call of the model on "
                "the whole batch without the transform"
            )
        return run(call)

    with ops.run_instead(checked):
        # By its class: an instance's own forward may be what called this.
        ours = as_ours(layer)
        return type(ours).forward(ours, *args, **kwargs)
