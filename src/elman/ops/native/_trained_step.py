"""One step of a GRU's or LSTM's cell with gradients, for many rows of few units.

There the core's step is quicker than torch's operator, which does the products well
and the gates one by one. Elsewhere torch's is as quick or quicker.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from elman.cells import gate_names, state_names
from elman.ops._call import Call, Weights
from elman.ops._ordinary import disturbed, ordinary

from ._border import BUILT

if BUILT:
    from ._native import run as native

_MANY = 64
_SMALL = 2**16
"""From so many rows, and up to so many recurrent weights."""

_DTYPES = (torch.float32, torch.float64)


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
    x : Tensor, (B, I)
    hx : tuple
        One state or two, each (B, H) or None.
    """
    if not BUILT or not torch.is_grad_enabled() or disturbed():
        return None
    if not ordinary(x) or x is None or x.dim() != 2 or len(x) < _MANY:
        return None
    w_ih: Any = parameters.get("weight_ih")
    w_hh: Any = parameters.get("weight_hh")
    if w_ih is None or w_hh is None or not ordinary(w_ih, w_hh):
        return None
    if w_hh.numel() > _SMALL:
        return None
    # x stands for what another module computes: a bias of no fitting shape.
    biases = parameters.get("bias_ih", x), parameters.get("bias_hh", x)
    if not _fit((w_ih, w_hh, *biases), len(gate_names(cell))):
        return None
    rows, width = len(x), w_hh.shape[1]
    if not _like(x, w_ih) or x.shape[1] != w_ih.shape[1]:
        return None
    if len(hx) != len(state_names(cell)):
        return None
    states = tuple([x.new_zeros(rows, width) if h is None else h for h in hx])
    if not all(_like(h, x) and h.shape == (rows, width) for h in states):
        return None
    weights = Weights(w_ih, w_hh, *biases)
    if not any(t is not None and t.requires_grad for t in (x, *states, *weights)):
        return None
    return native(Call(cell, variant, x.unsqueeze(0), states, weights)).state


def _fit(weights: tuple[Any, ...], gates: int) -> bool:
    """Say whether these are plain weights, of sizes that go together."""
    w_ih, w_hh, *biases = weights
    if not all(b is None or _like(b, w_ih) for b in (w_ih, w_hh, *biases)):
        return False
    return (
        w_ih.dtype in _DTYPES
        and w_ih.dim() == w_hh.dim() == 2
        and w_ih.shape[0] == w_hh.shape[0]
        and w_hh.shape[0] == gates * w_hh.shape[1]
        and all(b is None or b.shape == w_ih.shape[:1] for b in biases)
    )


def _like(given: Any, x: Tensor) -> bool:
    return given is not None and ordinary(given) and bool(given.dtype == x.dtype)
