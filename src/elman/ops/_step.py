"""One step of a cell, for streaming: past everything that a short call can do without.

torch's own cell takes 15 to 30 µs a step, most of it on the way to its products. Here
the core reads torch's tensors itself, by the function table of DLPack, and the weights
where they lie: nothing is prepared, so nothing can be out of date.
"""

from __future__ import annotations

import atexit
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from ._scoped import open_scopes

MOST_KEPT = 16
"""Rows times steps up to which packed weights are kept for the next call."""

MOST_ROWS = 8
"""Rows up to which products row by row are the quicker ones."""


def _never(*_: Any) -> None:
    """Return None: a core that does not have the function serves no call."""


_DISTURBANCES = (
    torch._C._functorch.peek_interpreter_stack,
    torch._C._len_torch_dispatch_stack,
    torch._C._len_torch_function_stack,
    torch._C._is_any_autocast_enabled,
    torch._C._get_tracing_state,
    partial(torch._C._autograd._top_saved_tensors_default_hooks, False),
    open_scopes.__len__,
)
"""What says, by anything but nothing or zero, that a call is not a plain one."""


def disturbed() -> bool:
    """Say whether something looks over torch's shoulder, or asks for a path."""
    return forward_ad._current_level >= 0 or any(asks() for asks in _DISTURBANCES)


def _prepare() -> tuple[Any, Any, Any, dict[tuple[str, str], tuple[int, int]]]:
    try:
        from elman._core import _native

        from ._native_calls import CELLS, _packed
    except ModuleNotFoundError:  # a source tree without its core
        return _never, _never, _never, {}
    table = getattr(Tensor, "__dlpack_c_exchange_api__", None)  # torch 2.10 and later
    if table is None or not hasattr(_native, "step"):
        return _never, _never, _never, CELLS
    served = _native.step_setup(
        table,
        Tensor,
        nn.Parameter,
        _DISTURBANCES,
        torch.is_grad_enabled,
        torch.get_num_threads,
        forward_ad,
    )
    atexit.register(_packed.clear)  # what a living layer would hold for ever
    if not served:
        return _never, _never, _never, CELLS
    short = getattr(_native, "short_layer", None)  # None: an older build of the core
    short = partial(short, _packed) if short else _never
    plain = getattr(_native, "plain_layer", _never)
    return _native.step, short, plain, CELLS


step, _short_layer, _plain_layer, _cells = _prepare()
"""``step(cell, activation, parameters, input, hx, most_rows)``, with a cell's numbers
from `STEPS` and a module's own parameters: the next state, or None if the call is not
a plain one: gradients wanted, a transform, mode or tracer active, autocast, a path
asked for, parameters computed from others, subclasses, other devices or layouts, more
rows, wrong shapes. Not to be called while compiling.
"""

plain_layer = _plain_layer
"""``plain_layer(cell, activation, attributes, input, hx, lengths, most)``, for whole
sequences of a stack in one or both directions: whether gradients are wanted, h_0 and
c_0 or None, a list of four parameters or Nones for each layer and direction, and the
lengths, or None where every row is full. None where `step` would return it, for lengths
that are not int64, for layers that hold states back, carry, learn or project them, and
for at most ``most`` rows times steps without gradients. What `plain_forward` takes.
"""

short_layer = _short_layer
"""``short_layer(cell, activation, attributes, input, hx, most)``, with a layer's own
dictionary: (y, state) of a stack in one direction, or None where `step` would return
it, for layers that hold states back, carry, learn or project them, for more than
``most`` rows times steps, and unless the weights are packed: by an earlier call, and
not changed since.
"""

STEPS = {key: numbers for key, numbers in _cells.items() if key[1] != "projected"}
"""The cells and variants that `step` knows, by the core's numbers for them."""
