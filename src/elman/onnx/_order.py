"""ONNX' and torch's order of gates, and the weights of one direction in each.

ONNX stacks GRU z|r|h and LSTM i|o|f|c, torch r|z|n and i|f|g|o; ONNX keeps both
biases in one row, first the input's, then the recurrent one's.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from elman import cells
from elman.ops import Call, Weights

ONNX_ORDER = {"RNN": "h", "GRU": "zrn", "LSTM": "iofg"}
"""The gates of ONNX' nodes, by our names for them, as their weights are stacked."""

PEEPHOLES = ("p_i", "p_o", "p_f")
"""The parts of an LSTM node's P, by their names in `elman.PeepholeLSTM`."""

# Where each of torch's gates stands in ONNX' order, and the other way round.
_TO_TORCH = {
    op: tuple(order.index(gate) for gate in cells.gate_names(op.lower()))
    for op, order in ONNX_ORDER.items()
}
_TO_ONNX = {
    op: tuple(cells.gate_names(op.lower()).index(gate) for gate in order)
    for op, order in ONNX_ORDER.items()
}
GATES = {op: len(order) for op, order in ONNX_ORDER.items()}


def _take(tensor: Tensor, order: tuple[int, ...]) -> Tensor:
    if len(order) == 1:
        return tensor
    rows = tensor.shape[0] // len(order)
    # Slices, not chunks: an exporter folds them into the constants they cut.
    return torch.cat([tensor[k * rows : (k + 1) * rows] for k in order])


def from_onnx(op: str, w: Tensor, r: Tensor, b: Tensor | None) -> Weights:
    """Return torch's weights of one direction from a node's W, R and B.

    Parameters
    ----------
    op : str
        "RNN", "GRU" or "LSTM".
    w, r : Tensor, (G·H, I) and (G·H, H)
    b : Tensor, (2·G·H,), optional
    """
    order = _TO_TORCH[op]
    biases = [] if b is None else [_take(half, order) for half in b.chunk(2)]
    return Weights(_take(w, order), _take(r, order), *biases)


def stock_call(call: Call) -> tuple[Call, Tensor | None] | None:
    """Return a call as one of a cell that ONNX has, with its P; None if it has none.

    Parameters
    ----------
    call : Call
        Of any cell.
    """
    if call.equations is None:
        return call, None
    known = cells.stock_name(call.equations)
    if known is None:
        return None
    weights, p = as_stock(call.equations, call.parameters)
    return call._replace(cell=known[0], variant=known[1], weights=weights), p


def as_stock(
    equations: cells.Cell, own: Mapping[str, Tensor]
) -> tuple[Weights, Tensor | None]:
    """Return a layer's parameters as torch's layers have them, and an LSTM node's P.

    Parameters
    ----------
    equations : elman.cells.Cell
        One that has a `elman.cells.stock_name`.
    own : mapping of str to Tensor
        As `elman.cells.shapes` names them.
    """
    step = equations.traced
    biases: tuple[Tensor, ...] = ()
    if "bias" in own:
        names = cells.row_blocks(step, "bias")
        parts = own["bias"].chunk(len(names))
        first = [parts[names.index(gate)] for gate in step.gates]
        # A gate of two sums has two: that of x's product, then that of h's.
        second = [
            parts[names.index(gate, names.index(gate) + 1)]
            if names.count(gate) > 1
            else torch.zeros_like(first[0])
            for gate in step.gates
        ]
        biases = torch.cat(first), torch.cat(second)
    p = None
    if PEEPHOLES[0] in own:
        p = torch.cat([own[name] for name in PEEPHOLES])
    return Weights(own["weight_ih"], own["weight_hh"], *biases), p


def to_onnx(op: str, weights: Weights) -> tuple[Tensor, Tensor, Tensor]:
    """Return a node's W, R and B of one direction; B is zero without biases.

    Parameters
    ----------
    op : str
        "RNN", "GRU" or "LSTM".
    weights : Weights
    """
    order = _TO_ONNX[op]
    rows = weights.w_ih.shape[0]
    zeros = weights.w_ih.new_zeros(rows)
    halves = [zeros if b is None else b for b in (weights.b_ih, weights.b_hh)]
    b = torch.cat([_take(half, order) for half in halves])
    return _take(weights.w_ih, order), _take(weights.w_hh, order), b
