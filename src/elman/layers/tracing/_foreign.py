"""Calls with what is no tensor: symbols of a tracer, objects that act as tensors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.compiler import is_compiling
from torch.fx import Proxy
from torch.nn.utils.rnn import PackedSequence

from elman._errors import InputError
from elman.layers._twins import beyond_torch, calls_ours, twin_of

from ._graphs import when_compiler_loads

if TYPE_CHECKING:
    from elman.layers._twin import Twin


def foreign_call(layer: Twin, x: Any, hx: Any, lengths: Any) -> Any:
    """Return what a layer returns where others have a say, or None.

    Parameters
    ----------
    layer : Twin
    x, hx, lengths : object
        As the layer was given them; not checked.

    Raises
    ------
    InputError
        If torch is to run what it does not have.
    """
    if is_compiling():
        return eagerly(layer, x, hx, lengths) if isinstance(x, PackedSequence) else None
    symbolic = symbolic_call(layer, x, hx, lengths=lengths)
    if symbolic is not None:
        return symbolic
    if not any(hasattr(type(v), "__torch_function__") for v in _others((x, hx))):
        return None
    why = "torch has no lengths" if lengths is not None else beyond_torch(layer)
    if why:
        raise InputError(
            f"input: torch's own operators compute with a {type(x).__name__}, but "
            f"{why}; pass tensors"
        )
    return twin_of(layer).forward(layer, x, hx)


def symbolic_call(module: nn.Module, *given: Any, **named: Any) -> Any:
    """Return the call of a layer or cell as a symbol of `torch.fx`, or None.

    fx takes the modules under ``torch.nn`` for leaves, and asks all others for what
    they are made of; these answer that they are leaves too.
    """
    if not named and all(map(_plain_tensors, given)):  # nearly always: no lists
        return None
    for value in _others(given) + _others(named.values()):
        if isinstance(value, Proxy):
            path = value.tracer.path_of_module(module)  # type: ignore[attr-defined]
            if not path:
                raise InputError(
                    f"torch.fx: a {type(module).__name__} is a leaf, and has no parts "
                    f"to be traced; trace the model it is in"
                )
            if not calls_ours(module):
                raise InputError(
                    f"torch.fx: {type(module).__qualname__} has a forward of its own "
                    f"around Elman's; make it a leaf of your Tracer"
                )
            args = given[:1] if given[-1] is None else given
            kwargs = {k: v for k, v in named.items() if v is not None}
            return value.tracer.create_proxy("call_module", path, args, kwargs)
    return None


def _plain_tensors(value: Any) -> bool:
    kind = type(value)
    if kind is Tensor or value is None:
        return True
    return kind is tuple and all(type(each) is Tensor for each in value)


def _others(values: Iterable[Any]) -> list[Any]:
    """Return what is no tensor of what a call was given, pairs one by one."""
    found: list[Any] = []
    for value in values:
        if value is None or isinstance(value, Tensor):
            continue
        if isinstance(value, tuple | list):
            found += _others(value)
        else:
            found.append(value)
    return found


def eagerly(layer: Any, x: Any, hx: Any, lengths: Any) -> Any:
    """Run a call outside the graph that is being compiled."""
    return _eagerly(layer, x, hx, lengths)


def _eagerly(layer: Any, x: Any, hx: Any, lengths: Any) -> Any:
    return layer(x, hx, lengths=lengths)


def _keep_out_of_graphs() -> None:
    global _eagerly
    _eagerly = torch.compiler.disable(
        _eagerly,
        reason="Elman runs layers of equations beside the graph; leave out "
        "fullgraph=True, or compile the rest of the model",
    )


when_compiler_loads(_keep_out_of_graphs)
