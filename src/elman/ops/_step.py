"""One step of a cell, for streaming: past everything that a short call can do without.

torch's own cell takes 15 to 30 µs a step, most of it on the way to its products. Here
the core reads torch's tensors itself, by the function table of DLPack, and the weights
where they lie: nothing is prepared, so nothing can be out of date.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from ._paths import _forced, _record

MOST_ROWS = 8
"""Rows up to which products row by row are the quicker ones."""


def _never(*_: Any) -> None:
    return None


def _prepare() -> tuple[Any, dict[tuple[str, str], tuple[int, int]]]:
    try:
        from elman._core import _native

        from ._native_calls import CELLS
    except ModuleNotFoundError:  # a source tree without its core
        return _never, {}
    table = getattr(Tensor, "__dlpack_c_exchange_api__", None)  # torch 2.10 and later
    if table is None or not hasattr(_native, "step"):
        return _never, CELLS
    disturbances = (
        torch._C._functorch.peek_interpreter_stack,
        torch._C._len_torch_dispatch_stack,
        torch._C._len_torch_function_stack,
        torch._C._is_any_autocast_enabled,
        torch._C._get_tracing_state,
        _forced.get,
        _record.get,
    )
    served = _native.step_setup(
        table,
        Tensor,
        nn.Parameter,
        disturbances,
        torch.is_grad_enabled,
        torch.get_num_threads,
        forward_ad,
    )
    return _native.step if served else _never, CELLS


step, _cells = _prepare()
"""``step(cell, activation, parameters, input, hx, most_rows)``, with a cell's numbers
from `STEPS` and a module's own parameters: the next state, or None if the call is not
a plain one: gradients wanted, a transform, mode or tracer active, autocast, a path
asked for, parameters computed from others, subclasses, other devices or layouts, more
rows, wrong shapes. Not to be called while compiling.
"""

STEPS = {key: numbers for key, numbers in _cells.items() if key[1] != "projected"}
"""The cells and variants that `step` knows, by the core's numbers for them."""
