"""A layer's plain calls, past all that the other forms of a batch need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import dropout

from elman import ops

from ._own import turned as turn
from ._twins import OPTIONS

if TYPE_CHECKING:
    from ._base import Recurrent


def plain_call(
    layer: Recurrent, x: Any, hx: Any, lengths: Any = None
) -> tuple[Any, Any] | None:
    """Return what a layer returns for sequences in a batch, or None.

    None for all that is not plain: other forms of a batch, other devices and dtypes,
    weights computed from others, projections, options beyond torch's that change the
    call, active modes, transforms and tracers. The results have the same bits.

    Parameters
    ----------
    layer : Recurrent
    x, hx, lengths : object
        As the layer was given them; not checked.
    """
    numbers = ops.STEPS.get(layer._cell)
    if numbers is None:
        return None
    found = ops.plain_layer(*numbers, layer, layer.__dict__, OPTIONS, x, hx, lengths)
    if found is None:
        return None
    differentiate, h_0, c_0, weights, lengths = found
    if differentiate and lengths is not None:
        lengths = lengths.clone()  # the caller may change theirs before backward
    turned, places = layer.batch_first, len(weights) // 4
    if places == 1:
        y, *last = ops.plain_forward(
            (*numbers, False, turned), differentiate, x, h_0, c_0, *weights, lengths
        )
        return turn(y) if turned else y, _state(last)

    directions = 2 if layer.bidirectional else 1
    states = []
    for k in range(places // directions):
        if k and layer.dropout and layer.training:
            x = dropout(x, layer.dropout)
        outputs = []
        for direction in range(directions):
            place = k * directions + direction
            y, *last = ops.plain_forward(
                (*numbers, direction == 1, turned and not k),
                differentiate,
                x,
                *(None if s is None else s[place : place + 1] for s in (h_0, c_0)),
                *weights[4 * place : 4 * place + 4],
                lengths,
            )
            outputs.append(y)
            states.append(last)
        x = torch.cat(outputs, -1) if directions == 2 else outputs[0]
    final = [torch.cat(s) for s in zip(*states, strict=True)]
    return turn(x) if turned else x, _state(final)


def _state(last: list[Any]) -> Any:
    return tuple(last) if len(last) == 2 else last[0]
