"""A call of a cell given as equations while a compiler traces it: one operator."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from elman.ops._asked_once import asked_once
from elman.ops._call import Call, Noise, Result
from elman.ops._cell_keys import cell_of

from ._program_library import forward

Parts = tuple[tuple[str, tuple[int, ...]], ...]

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "neg": operator.neg,
    "abs": torch.abs,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "softplus": lambda a: torch.logaddexp(a, torch.zeros_like(a)),
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "sin": torch.sin,
    "cos": torch.cos,
    "max": lambda a, b: torch.maximum(*_both(a, b)),
    "min": lambda a, b: torch.minimum(*_both(a, b)),
    "select": lambda c, a, b: torch.where(c != 0, a, b),
    "rowsum": lambda a: a.sum(-1, keepdim=True),
    "greater": lambda a, b: operator.sub(*_both(a, b)).gt(0) * 1.0,
    "step": lambda a: a.gt(0) + 0.0 * a,
    "sign": torch.sign,
}
"""Operations on vectors of one value a unit, as a compiler can trace them."""


def _both(a: Any, b: Any) -> tuple[Tensor, Tensor]:
    if not isinstance(a, Tensor):
        return torch.full_like(b, a), b
    return a, b if isinstance(b, Tensor) else torch.full_like(a, b)


@asked_once
def _program_of(
    key: str, hidden: int, dropout: bool, zoneout: tuple[float | None, ...] | None
) -> Any:
    """Return a cell's program and what it is given, as plain numbers and words.

    Returns
    -------
    integers, floats : tuple
    weights : tuple of (str, tuple of int)
        The parameter, and its row blocks; none: all of it.
    biases : tuple of int
        −1: a slot has none.
    nodes : tuple of (str, tuple of int, object)
        What the unit vectors are computed from: an operation, the places of its
        arguments in this tuple, a name or a number.
    units : tuple of int
        Their places there.
    """
    lowered = cell_of(key).lowered(trace=False, **_options(dropout, zoneout))
    weights = tuple((w.parameter, () if w.whole else w.blocks) for w in lowered.weights)
    order = lowered.units_in_order
    places = {node: k for k, node in enumerate(order)}
    nodes = []
    for node in order:
        data: Any = float(hidden) if node.op == "width" else node.data
        op = "const" if node.op == "width" else node.op
        nodes.append((op, tuple(places[a] for a in node.args), data))
    integers, floats = lowered.program.encode()
    biases = () if lowered.bias_as_it_is else lowered.biases
    return (
        tuple(integers),
        tuple(floats),
        weights,
        tuple(-1 if k is None else k for k in biases),
        tuple(nodes),
        tuple(places[node] for node in lowered.units),
    )


def _options(dropout: bool, zoneout: Any) -> dict[str, Any]:
    options: dict[str, Any] = {"dropout": True} if dropout else {}
    return options if zoneout is None else {**options, "zoneout": zoneout}


def run_traced(call: Call) -> Result:
    """Run one layer in one direction as an operator of a graph."""
    x, hidden = call.x, call.state[0].shape[1]
    noise = call.noise or Noise()
    masks = []
    if noise.recurrent is not None:
        for factor in noise.recurrent:
            masks.append(factor.to(x.dtype).expand(x.shape[0], -1, -1))
    rates: list[float | None] = []
    for stay in noise.stays:
        if isinstance(stay, Tensor):
            masks.append(stay.to(x.dtype))
            rates.append(None)
        else:
            rates.append(0.0 if stay is None else float(stay))
    zoneout = tuple(rates) if any(stay is not None for stay in noise.stays) else None
    integers, floats, parts, biases, nodes, places = _program_of(
        call.key, hidden, noise.recurrent is not None, zoneout
    )
    own = call.parameters
    weights = []
    for name, blocks in parts:
        weights.append(_blocks(own[name], blocks, hidden) if blocks else own[name])
    bias = own.get("bias")
    if bias is not None and biases:
        bias = _blocks(bias, biases, hidden)
    values = _values(nodes, own)
    like = own["weight_ih"].new_zeros(hidden)
    units = [values[k] + like for k in places]
    y, *last = forward(
        *(x, list(call.state), weights, bias, units, masks, call.lengths),
        *(list(integers), list(floats), call.reverse),
    )
    return Result(y, tuple(last), {})


def _blocks(whole: Tensor, blocks: tuple[int, ...], hidden: int) -> Tensor:
    """Return blocks of rows side by side; −1: zeros."""
    parts = whole.split(hidden)
    zeros = torch.zeros_like(parts[0])
    return torch.cat([zeros if k < 0 else parts[k] for k in blocks])


def _values(nodes: Any, own: Mapping[str, Tensor]) -> list[Any]:
    found: list[Any] = []
    for op, places, data in nodes:
        if op == "unit":
            found.append(own[data])
        elif op == "const":
            found.append(data)
        else:
            found.append(_FUNCTIONS[op](*[found[k] for k in places]))
    return found
