"""One step of a cell with gradients, if the call is a plain one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from ._call import Call, Weights
from ._paths import _forced, _record
from ._step_gradients import wanted

try:
    from ._native import again
    from ._native import run as native
    from ._native_calls import CELLS
    from ._one_step import few, known_loop, run, run_in, suits
except ModuleNotFoundError:  # a source tree without its core
    CELLS = {}

_MANY = 64
_SMALL = 2**16
"""From so many rows, and up to so many weights, the core's whole step is quicker."""

_DTYPES = (torch.float32, torch.float64)
_PLAIN = (Tensor, nn.Parameter)
_GATES = {"rnn": 1, "gru": 3, "lstm": 4}


def trained_step(
    cell: str,
    variant: str,
    parameters: Mapping[str, Tensor | None],
    x: Any,
    hx: tuple[Any, ...],
) -> tuple[Tensor, ...] | None:
    """Return a cell's next state, or None if torch's operator or others are to run.

    Parameters
    ----------
    cell, variant : str
        As in `Call`.
    parameters : mapping
        A module's own parameters, by name.
    x : Tensor, (B, I) or (I,)
    hx : tuple
        One state or two, each (B, H), (H,) or None.
    """
    if not CELLS or not torch.is_grad_enabled() or _disturbed():
        return None
    get = parameters.get
    w_ih: Any = get("weight_ih")
    w_hh: Any = get("weight_hh")
    if type(w_ih) not in _PLAIN or type(w_hh) not in _PLAIN or type(x) not in _PLAIN:
        return None
    *rows, inputs = x.shape
    count = rows[0] if rows else 1
    waits = few(count, w_hh)
    if not waits and (cell == "rnn" or count < _MANY or w_hh.numel() > _SMALL):
        return None  # torch's own operator is as quick or quicker
    weights = w_ih, w_hh, get("bias_ih", x), get("bias_hh", x)
    loop = known_loop(weights)
    if loop is None and not _fit(weights, _GATES[cell]):
        return None
    width = w_hh.shape[1]
    if not x.is_cpu or x.dtype is not w_ih.dtype or not x.numel():
        return None
    if len(rows) > 1 or inputs != w_ih.shape[1] or len(hx) != 1 + (cell == "lstm"):
        return None
    states = [x.new_zeros(*rows, width) if h is None else h for h in hx]
    for h in states:
        if not _like(h, x) or h.shape != (*rows, width):
            return None
    if not w_ih.requires_grad and not any(
        t is not None and t.requires_grad for t in (x, *states, *weights)
    ):
        return None
    if not rows:
        x, states = x.unsqueeze(0), [h.unsqueeze(0) for h in states]
    h, c = (*states, None)[:2]
    if waits and loop is not None:
        new = run_in(loop, CELLS[cell, variant], x, h, c, again)
    elif waits and suits(cell, variant, count, weights):
        new = run(CELLS[cell, variant], x, h, c, weights, again)
    else:
        bare = Weights(w_ih, w_hh, *weights[2:])
        call = Call(cell, variant, x.unsqueeze(0), tuple(states), bare)
        new = native(call).state
    return new if rows else tuple([h.squeeze(0) for h in new])


def _fit(weights: tuple[Any, ...], gates: int) -> bool:
    """Say whether these are plain weights, of sizes that go together."""
    w_ih, w_hh, *biases = weights
    if not all(b is None or _like(b, w_ih) for b in (w_ih, w_hh, *biases)):
        return False
    return (
        w_ih.dtype in _DTYPES
        and w_ih.is_cpu
        and w_ih.dim() == w_hh.dim() == 2
        and w_ih.shape[0] == w_hh.shape[0]
        and w_hh.shape[0] == gates * w_hh.shape[1]
        and all(b is None or b.shape == w_ih.shape[:1] for b in biases)
    )


def _like(given: Any, x: Tensor) -> bool:
    return (
        type(given) in _PLAIN
        and given.dtype == x.dtype
        and given.is_cpu
        and given.layout == torch.strided
        and not given.is_neg()
    )


def _disturbed() -> bool:
    """Say whether something looks over torch's shoulder, or asks for a path."""
    return bool(
        torch._C._functorch.peek_interpreter_stack() is not None
        or torch._C._len_torch_dispatch_stack()
        or torch._C._len_torch_function_stack()
        or torch._C._is_any_autocast_enabled()
        or torch._C._get_tracing_state() is not None
        or forward_ad._current_level >= 0
        or _forced.get() is not None
        or _record.get() is not None
        or wanted() is not None
    )
