"""What a model does with the state a recurrent layer returns, found by trying.

A cell with other states can take a layer's place where nobody looks at the state, or
where only its output is read from it. Where the model hands the state on, it cannot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from elman.diagnosis.open._call_model import Forward, call
from elman.diagnosis.open._cells import is_layer
from elman.diagnosis.open._preserve import preserved

IGNORED, READ, HANDED = "ignored", "read", "handed on"


class _TouchedError(Exception):
    """Somebody looked at a state."""


class _State:
    """In the place of a state: whatever is done to it says so."""

    def _touched(self, *_: Any, **__: Any) -> Any:
        raise _TouchedError

    __getitem__ = __iter__ = __len__ = __bool__ = __add__ = __mul__ = _touched
    __radd__ = __rmul__ = __sub__ = __rsub__ = __neg__ = __matmul__ = _touched

    def __getattr__(self, name: str) -> Any:
        """Answer no question, but those of copies and of Python itself."""
        if name.startswith("__"):
            raise AttributeError(name)
        raise _TouchedError

    @classmethod
    def __torch_function__(cls, *_: Any, **__: Any) -> Any:
        """Refuse to be an argument of torch's functions."""
        raise _TouchedError


def uses_of_states(
    model: nn.Module, inputs: Any, forward: Forward | None = None
) -> dict[str, str]:
    """Return for each recurrent layer what the model does with its state.

    Parameters
    ----------
    model : Module
        Left as it is.
    inputs : Any
    forward : callable, optional

    Returns
    -------
    dict
        By the layer's name: "ignored"; "read", from what it returns; "handed on", where
        a call is given one, at once or in the call after.
    """
    found = {n: m for n, m in model.named_modules() if is_layer(m)}
    return {n: _use(model, layer, inputs, forward) for n, layer in found.items()}


def _use(
    model: nn.Module, layer: nn.Module, inputs: Any, forward: Forward | None
) -> str:
    handed = []

    def look(_: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        state = args[1] if len(args) > 1 else kwargs.get("hx")
        if state is not None:
            handed.append(state)

    def hide(_: nn.Module, __: Any, result: Any) -> Any:
        return result[0], _State()

    with preserved(model), torch.no_grad():
        layer.register_forward_pre_hook(look, with_kwargs=True)
        call(model, inputs, forward)
        if handed:
            return HANDED
        layer.register_forward_hook(hide)
        try:
            output = call(model, inputs, forward)
            call(model, inputs, forward)  # a state kept for the next call
        except (_TouchedError, TypeError, ValueError, AttributeError, RuntimeError):
            return HANDED if handed else READ
        if handed:
            return HANDED
        bare = layer is model
        return READ if _holds_state(output[0] if bare else output) else IGNORED


def _holds_state(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_state, value.values()))
    if isinstance(value, (tuple, list)):
        return any(map(_holds_state, value))
    return not isinstance(value, Tensor) and isinstance(value, _State)


def output_for_state(_: nn.Module, __: Any, result: Any) -> Any:
    """Return a layer's result with the first of its states, its output, for all."""
    output, state = result
    return output, state[0]
