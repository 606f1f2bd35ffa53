"""The fast path of cells given as equations: a call past what other batches need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from elman.layers._cell_parameters import as_used
from elman.layers._noise import draw
from elman.layers._stack import joined, run_layers
from elman.layers._twins import STATES_TURNED, WITHOUT_STATE
from elman.layers.batch._own import turned
from elman.ops import PROGRAMS, disturbed, ordinary, run_program

if TYPE_CHECKING:
    from elman.cells import Cell
    from elman.layers._equations import CellLayer

_DTYPES = (torch.float32, torch.float64)


def fast_call(
    layer: CellLayer, x: Any, hx: Any, lengths: Any
) -> tuple[Any, Any] | None:
    """Return what a layer returns for full sequences in a batch, or None.

    None for all that is not eligible: other forms of a batch, other devices and
    dtypes, parameters computed from others, options that change where states come from
    or go, active modes, transforms and tracers. The results have the same bits.

    Parameters
    ----------
    layer : CellLayer
    x, hx, lengths : object
        As the layer was given them; not checked.
    """
    if lengths is not None or not layer.cell.on_core:
        return None
    return _eligible(layer, layer.cell, x, hx)


def _eligible(layer: CellLayer, cell: Cell, x: Any, hx: Any) -> tuple[Any, Any] | None:
    beyond = layer._beyond
    if (
        not PROGRAMS
        or beyond & STATES_TURNED
        or (beyond & WITHOUT_STATE and hx is None)
        or layer.stateful
        or disturbed()
        or not ordinary(x)
        or x is None
        or x.dim() != 3
        or x.dtype not in _DTYPES
        or not x.numel()
        or x.shape[2] != layer.input_size
    ):
        return None
    own = layer._parameters
    parameters: list[Any] = [own.get(n) for names in layer._all_weights for n in names]
    if any(p is None or p.dtype != x.dtype for p in parameters):
        return None
    if not ordinary(*parameters):
        return None
    if layer.batch_first:
        x = x.transpose(0, 1)
    states = _states(layer, cell, hx, x)
    if states is None:
        return None
    return _run(layer, cell, x, states, parameters)


def _states(layer: CellLayer, cell: Cell, hx: Any, x: Any) -> list[Any] | None:
    """Return the states of each place, None for zeros; None if not eligible."""
    count, places = len(cell.states), len(layer._all_weights)
    if hx is None:
        return [[None] * count] * places
    given = (hx,) if count == 1 else hx
    if type(given) is not tuple or len(given) != count:
        return None
    expected = (places, x.shape[1], layer.hidden_size)
    for state in given:
        if state is None or not ordinary(state):
            return None
        if state.shape != expected or state.dtype != x.dtype:
            return None
    return [[s[place] for s in given] for place in range(places)]


def _run(
    layer: CellLayer,
    cell: Cell,
    x: Any,
    states: list[Any],
    parameters: list[Any],
) -> tuple[Any, Any]:
    each = len(parameters) // len(states)
    names = tuple(name.removesuffix("_l0") for name in layer._all_weights[0])
    hidden = layer.hidden_size

    def run_one(place: int, x: Any, reverse: bool) -> tuple[Any, Any]:
        own = parameters[each * place : each * (place + 1)]
        named = dict(zip(names, own, strict=True))
        if cell.limits or cell.transforms:
            named = as_used(named, cell)
        noise = draw(layer, x, True) if layer._beyond else None
        y, *last = run_program(cell, reverse, x, states[place], named, hidden, noise)
        return y, last

    y, found = run_layers(layer, x, run_one)
    last = joined(found)
    y = turned(y) if layer.batch_first else y
    return y, tuple(last) if len(last) > 1 else last[0]
