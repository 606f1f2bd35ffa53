"""Call a model and its loss on a batch, in whatever form the batch is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from elman._errors import InputError

Loss = Callable[[Any, Any], Tensor]
Forward = Callable[[nn.Module, Any], Any]


def call(model: nn.Module, inputs: Any, forward: Forward | None = None) -> Any:
    """Call a model: on a tensor, on the arguments in a tuple or a mapping, or by hand.

    Parameters
    ----------
    model : Module
    inputs : Any
        ``model(inputs)``; ``model(*inputs)`` for a tuple or list, and
        ``model(**inputs)`` for a mapping.
    forward : callable, optional
        ``forward(model, inputs)`` instead, for calls of any other form.
    """
    if forward is not None:
        return forward(model, inputs)
    if isinstance(inputs, Mapping):
        return model(**inputs)
    if isinstance(inputs, (tuple, list)) and not hasattr(inputs, "batch_sizes"):
        return model(*inputs)
    return model(inputs)


def loss_of(loss: Loss, output: Any, targets: Any) -> Tensor:
    """Return the loss as a scalar tensor.

    Raises
    ------
    InputError
        If it is anything else.
    """
    value = loss(output, targets)
    if not isinstance(value, Tensor) or value.numel() != 1:
        got = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise InputError(
            f"loss: got {got}; it must return one number as a tensor, such as "
            "torch.nn.functional.mse_loss does"
        )
    if not value.dtype.is_floating_point:
        hint = "; take .real or .abs() of it" if value.dtype.is_complex else ""
        raise InputError(
            f"loss: got a {value.dtype} tensor; it must be one real number of a "
            f"floating type, which has a gradient{hint}"
        )
    return value.reshape(())
