"""The one question before the core: whether all is ordinary, and nobody watches.

The core reads numbers by their address. So it is given only what is known to be an
ordinary dense CPU tensor, and only while nothing records, counts or replaces torch's
operations. What it does not know it refuses: the list is of what may come in.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.overrides import _get_current_function_mode_stack
from torch.utils._device import DeviceContext

from ._asked import asking

TYPES = (Tensor, nn.Parameter)
"""The types of an ordinary tensor, exactly: a subclass may mean something else."""


def _keys(tensor: Tensor) -> int:
    return torch._C._dispatch_keys(tensor).raw_repr()


def _kinds() -> frozenset[int]:
    """Return the dispatch keys of ordinary CPU tensors.

    Batched, fake, functional, nested, sparse, quantised tensors and those of other
    devices have further keys or others. Numbers still to be negated and zeros without
    memory are made numbers before they are read.
    """
    found = set()
    for inference in (False, True):
        with torch.inference_mode(inference):
            plain = torch.empty(1, device="cpu")
            zeros = torch._efficientzerotensor(1, device="cpu")
            for tensor in (plain, zeros):
                found |= {_keys(tensor), _keys(torch._neg_view(tensor))}
    return frozenset(found)


_KINDS = _kinds()

HOOKS = partial(torch._C._autograd._top_saved_tensors_default_hooks, False)
"""What packs saved tensors, if anything does."""

IDLE = (
    torch._C._functorch.peek_interpreter_stack,
    torch._C._len_torch_dispatch_stack,
    torch._C._len_torch_function_stack,
    torch._C._is_any_autocast_enabled,
    torch._C._is_tracing,
    asking,
)
"""What says, by anything but nothing or zero, that a call may not go a short way."""


def disturbed() -> bool:
    """Say whether a mode, transform or tracer is active, or a path is asked for."""
    return (
        forward_ad._current_level >= 0
        or HOOKS() is not None
        or any(asks() for asks in IDLE)
    )


def watched() -> bool:
    """Say whether something is to see, or to replace, torch's operations.

    Transforms are not meant, nor what only says where new tensors are made, nor
    autocast: those have answers of their own.
    """
    if torch._C._len_torch_dispatch_stack() or torch._C._is_tracing():
        return True
    if not torch._C._len_torch_function_stack():
        return False
    modes = _get_current_function_mode_stack()
    return any(type(mode) is not DeviceContext for mode in modes)


def ordinary(*tensors: Any) -> bool:
    """Say whether all are ordinary CPU tensors, or None."""
    return all(t is None or (type(t) in TYPES and _keys(t) in _KINDS) for t in tensors)


def foreign(tensors: Iterable[Any]) -> bool:
    """Say whether torch's own operations are to run, as torch.nn's layers call them.

    Parameters
    ----------
    tensors : iterable of Tensor or None

    Returns
    -------
    bool
        Also where a tensor is a subclass, or on the CPU or on paper but no ordinary
        one. One on another device is not foreign for that.
    """
    if watched():
        return True
    for tensor in tensors:
        if tensor is None:
            continue
        if type(tensor) not in TYPES:
            return True
        if _keys(tensor) not in _KINDS and tensor.device.type in ("cpu", "meta"):
            return True
    return False
