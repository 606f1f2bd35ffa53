"""A recurrent node as one torch operator, so that an exporter sees it whole.

``elman::onnx_node`` has the inputs and attributes of ONNX' RNN, GRU and LSTM in one
direction. torch's exporter records it as it is; `translate` writes the node.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from elman.ops import Call, Result

from ._node import run_node
from ._order import GATES, stock_call, to_onnx

ACTIVATIONS = {
    "tanh": "Tanh",
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "softplus": "Softplus",
}
"""The nonlinearities of an RNN that ONNX has, by its names for them."""

_INT32, _INT64 = 6, 7  # in onnx.TensorProto
_library = torch.library.Library("elman", "FRAGMENT")
_library.define(
    "onnx_node(str op, Tensor x, Tensor w, Tensor r, Tensor? b, Tensor? lengths, "
    "Tensor h_0, Tensor? c_0, Tensor? p, str activation, bool reset_after, "
    "bool reverse) -> "
    "(Tensor, Tensor, Tensor)",
    tags=[torch.Tag.pt2_compliant_tag],
)


def node_of(call: Call) -> Result | None:
    """Return a call's result by way of ``elman::onnx_node``, or None without one.

    Parameters
    ----------
    call : Call
        Most cells, a projected LSTM, an identity RNN, zoneout, a trace and a dtype
        that ONNX' nodes do not take have no node.
    """
    found = stock_call(call)
    if found is None:
        return None
    call, p = found
    activation = ACTIVATIONS.get(call.variant, "") if call.cell == "rnn" else ""
    if (
        call.trace
        or call.noise is not None
        or call.variant == "projected"
        or (call.cell == "rnn" and not activation)
        or call.x.dtype not in (torch.float32, torch.float64)
    ):
        return None
    op = call.cell.upper()
    w, r, b = to_onnx(op, call.weights)
    y, *state = torch.ops.elman.onnx_node(
        op,
        call.x,
        w,
        r,
        None if call.weights.b_ih is None else b,
        call.lengths,
        call.state[0],
        call.state[1] if op == "LSTM" else None,
        p,
        activation,
        call.variant == "reset_after",
        call.reverse,
    )
    return Result(y, tuple(state[: len(call.state)]), {})


def _run(
    op: str,
    x: Tensor,
    w: Tensor,
    r: Tensor,
    b: Tensor | None,
    lengths: Tensor | None,
    h_0: Tensor,
    c_0: Tensor | None,
    p: Tensor | None,
    activation: str,
    reset_after: bool,
    reverse: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    given = [x, w[None], r[None], None if b is None else b[None], lengths, h_0[None]]
    given += [] if c_0 is None else [c_0[None]]
    given += [] if p is None else [p[None]]
    options: dict[str, Any] = {"direction": "reverse" if reverse else "forward"}
    if activation:
        options["activations"] = [activation]
    if op == "GRU":
        options["linear_before_reset"] = int(reset_after)
    y, *state = run_node(op, given, options)
    # The last of the three is an LSTM's c_n; elsewhere h_n stands in for it.
    return y[:, 0].clone(), state[0][0].clone(), state[-1][0].clone()


def _shapes(op: str, x: Tensor, *rest: Any) -> tuple[Tensor, Tensor, Tensor]:
    steps, rows = x.shape[:2]
    hidden = rest[0].shape[0] // GATES[op]
    new = x.new_empty
    return new(steps, rows, hidden), new(rows, hidden), new(rows, hidden)


_library.impl("onnx_node", _run, "CompositeExplicitAutograd")
torch.library.register_fake("elman::onnx_node", _shapes, lib=_library)


def translate(opset: Any) -> Any:
    """Return the function that writes the node, for an operator set of onnxscript.

    Parameters
    ----------
    opset : onnxscript.values.Opset
    """

    def onnx_node(
        op: str,
        x: Any,
        w: Any,
        r: Any,
        b: Any,
        lengths: Any,
        h_0: Any,
        c_0: Any,
        p: Any,
        activation: str,
        reset_after: bool,
        reverse: bool,
    ) -> Any:
        first, second = (opset.Constant(value_ints=[k]) for k in (0, 1))
        given = [x]
        given += [None if v is None else opset.Unsqueeze(v, first) for v in (w, r, b)]
        given.append(None if lengths is None else opset.Cast(lengths, to=_INT32))
        given += [opset.Unsqueeze(s, first) for s in (h_0, c_0, p) if s is not None]
        options: dict[str, Any] = {
            "hidden_size": r.shape[1],
            "direction": "reverse" if reverse else "forward",
        }
        if activation:
            options["activations"] = [activation]
        if op == "GRU":
            options["linear_before_reset"] = int(reset_after)
        y, *states = getattr(opset, op)(*given, **options)
        states = [opset.Squeeze(s, first) for s in states]
        if lengths is not None:
            # What runtimes return for a row of no steps is zero, not where it starts.
            none = opset.Equal(opset.Cast(lengths, to=_INT64), first)
            empty = opset.Unsqueeze(none, second)
            starts = [h_0] if c_0 is None else [h_0, c_0]
            states = [
                opset.Where(empty, start, ran)
                for start, ran in zip(starts, states, strict=True)
            ]
        if op != "LSTM":
            states.append(opset.Identity(states[0]))
        return opset.Squeeze(y, second), *states

    return onnx_node
