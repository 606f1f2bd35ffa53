"""Run one RNN, GRU or LSTM node of an ONNX graph on Elman's operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from elman import cells, ops
from elman._errors import InputError, did_you_mean
from elman.layers import as_lengths, run_stack

from ._order import GATES, PEEPHOLES, from_onnx

_DIRECTIONS = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}
_USUAL = {"GRU": ["sigmoid", "tanh"], "LSTM": ["sigmoid", "tanh", "tanh"]}
_KNOWN = {
    "hidden_size",
    "direction",
    "layout",
    "activations",
    "activation_alpha",
    "activation_beta",
    "clip",
    "input_forget",
    "linear_before_reset",
}


def run_node(
    op: str, inputs: Sequence[Any], attributes: Mapping[str, Any] | None = None
) -> tuple[Tensor, ...]:
    """Return what an ONNX recurrent node returns, differentiably.

    Parameters
    ----------
    op : str
        "RNN", "GRU" or "LSTM".
    inputs : sequence of Tensor or array or None
        In the node's order: X, W, R, then, where present, B, sequence_lens,
        initial_h and, for an LSTM, initial_c and P; None for one left out.
    attributes : mapping, optional
        The node's: ``direction``, ``layout``, ``linear_before_reset``,
        ``activations``, ``hidden_size``. An RNN's activations may be Tanh, Relu,
        Sigmoid or Softplus; a GRU's and an LSTM's are the usual ones.

    Returns
    -------
    tuple of Tensor
        Y, Y_h and, for an LSTM, Y_c, in the node's layout.

    Raises
    ------
    InputError
        If the operator, an attribute or a shape is not supported: ``clip``,
        ``input_forget`` and other activations are not.

    References
    ----------
    ONNX operators RNN, GRU and LSTM, version 22.
    """
    if op not in GATES:
        raise InputError(
            f"op: unknown {op!r}; choose from {', '.join(GATES)}"
            f"{did_you_mean(str(op), GATES)}"
        )
    options = dict(attributes or {})
    activations = _check(op, options)
    reverses = _DIRECTIONS[options.get("direction", "forward")]
    batch_first = bool(options.get("layout", 0))
    given = [None if v is None else torch.as_tensor(v) for v in inputs]
    given += [None] * (8 - len(given))
    x, w, r, b, lengths, h_0, c_0, p = given
    if x is None or w is None or r is None:
        raise InputError(f"inputs: {op} needs at least X, W and R")
    x = x.transpose(0, 1) if batch_first else x
    _check_shapes(op, x, w, r, b, len(reverses), options)
    if lengths is not None:
        lengths = as_lengths(lengths, x.shape[1], x.shape[0])

    def run_one(k: int, x: Tensor, _: bool) -> tuple[Tensor, tuple[Tensor, ...]]:
        state = tuple(
            x.new_zeros(x.shape[1], r.shape[-1])
            if s is None
            else (s[:, k] if batch_first else s[k])
            for s in (h_0, c_0)[: len(cells.state_names(op.lower()))]
        )
        weights = from_onnx(op, w[k], r[k], None if b is None else b[k])
        if p is not None:
            return ops.run(_peephole(x, state, weights, p[k], lengths, reverses[k]))[:2]
        cell, variant = _variant(op, options, activations, k)
        call = ops.Call(cell, variant, x, state, weights, lengths, reverses[k])
        return ops.run(call)[:2]

    y, ends = run_stack(x, 1, len(reverses), run_one)
    # (T, B, D·H) to (T, D, B, H)
    whole = y.unflatten(-1, (len(reverses), r.shape[-1])).transpose(1, 2)
    states = [torch.stack(parts) for parts in zip(*ends, strict=True)]
    if batch_first:  # (T, D, B, H) to (B, T, D, H), states (D, B, H) to (B, D, H)
        whole, states = whole.permute(2, 0, 1, 3), [s.transpose(0, 1) for s in states]
    return whole, *states


def _peephole(
    x: Tensor,
    state: tuple[Tensor, ...],
    weights: ops.Weights,
    p: Tensor,
    lengths: Tensor | None,
    reverse: bool,
) -> ops.Call:
    """Return the call of an LSTM whose gates see the cell, P = p_i | p_o | p_f."""
    own: Any = {"weight_ih": weights.w_ih, "weight_hh": weights.w_hh}
    own |= dict(zip(PEEPHOLES, p.chunk(len(PEEPHOLES)), strict=True))
    if weights.b_ih is not None and weights.b_hh is not None:
        own["bias"] = weights.b_ih + weights.b_hh
    equations = cells.cell("peephole_lstm")
    return ops.Call(
        "PeepholeLSTM", "", x, state, own, lengths, reverse, equations=equations
    )


def _variant(
    op: str, options: dict[str, Any], activations: list[str], direction: int
) -> tuple[str, str]:
    if op == "RNN":
        return "rnn", activations[direction]
    if op == "LSTM":
        return "lstm", "plain"
    after = options.get("linear_before_reset", 0)
    return "gru", "reset_after" if after else "reset_before"


def _check(op: str, options: dict[str, Any]) -> list[str]:
    """Return the activations, one or three a direction; raise on what is out."""
    for name in options:
        if name not in _KNOWN:
            raise InputError(f"attribute: unknown {name!r}{did_you_mean(name, _KNOWN)}")
    direction = options.get("direction", "forward")
    if direction not in _DIRECTIONS:
        raise InputError(
            f"direction: unknown {direction!r}; choose from {', '.join(_DIRECTIONS)}"
        )
    if options.get("clip"):
        raise InputError("clip: not supported; export the model without it")
    if options.get("input_forget"):
        raise InputError("input_forget: coupled gates are not supported; use 0")
    count = len(_DIRECTIONS[direction])
    usual = _USUAL.get(op, ["tanh"]) * count
    found = [str(name).lower() for name in options.get("activations", usual)]
    fits = found == usual
    if op == "RNN" and len(found) == count:
        fits = all(name in ("tanh", "relu", "sigmoid", "softplus") for name in found)
    if not fits:
        raise InputError(
            f"activations: {', '.join(found)} not supported for {op}; allowed are "
            + (
                "Tanh, Relu, Sigmoid, Softplus, one a direction"
                if op == "RNN"
                else ", ".join(usual)
            )
        )
    return found


def _check_shapes(
    op: str,
    x: Tensor,
    w: Tensor,
    r: Tensor,
    b: Tensor | None,
    directions: int,
    options: dict[str, Any],
) -> None:
    hidden = options.get("hidden_size", r.shape[-1])
    rows = GATES[op] * hidden
    expected = {
        "W": (w, (directions, rows, x.shape[-1])),
        "R": (r, (directions, rows, hidden)),
        "B": (b, (directions, 2 * rows)),
    }
    if x.dim() != 3:
        raise InputError(f"X: expected 3 axes, got shape {tuple(x.shape)}")
    for name, (tensor, shape) in expected.items():
        if tensor is not None and tuple(tensor.shape) != shape:
            raise InputError(
                f"{name}: expected shape {shape} for {op}, got {tuple(tensor.shape)}"
            )
