"""One step of each cell in plain torch operations, and its closed-form Jacobian.

A cell is a map of its state: h for RNN and GRU, (h, c) for LSTM. Shapes: B rows,
I inputs, H units, P outputs (H unless the LSTM projects), n state width.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from elman.layers import peculiarity, standard_class
from elman.ops import NONLINEARITIES, Call

from ._slopes import SLOPE

States = tuple[Tensor, ...]


@dataclass(frozen=True)
class Cell:
    """The weights of one layer in one direction, and which equations use them.

    Parameters
    ----------
    kind : str
        "rnn", "gru" or "lstm".
    variant : str
        The nonlinearity of an RNN; "after" or "before" for a GRU's reset.
    w_ih, w_hh : Tensor (G·H, I), (G·H, P)
    b_ih, b_hh : Tensor (G·H,)
        Zeros where the layer has no biases.
    w_hr : Tensor (P, H), optional
        The projection of an LSTM.
    factor : Tensor (B, P), optional
        What h is multiplied by where it meets recurrent weights: recurrent dropout.
    """

    kind: str
    variant: str
    w_ih: Tensor
    w_hh: Tensor
    b_ih: Tensor
    b_hh: Tensor
    w_hr: Tensor | None = None
    factor: Tensor | None = None

    @property
    def gates(self) -> tuple[str, ...]:
        """The names of what `step` returns besides the states."""
        return {"rnn": ("a",), "gru": ("r", "z", "n"), "lstm": ("i", "f", "o", "g")}[
            self.kind
        ]

    def double(self) -> Cell:
        """Return the same cell in double precision, detached."""
        names = ("w_ih", "w_hh", "b_ih", "b_hh", "w_hr", "factor")
        found: dict[str, Any] = {name: getattr(self, name) for name in names}
        found = {
            k: None if v is None else v.detach().double() for k, v in found.items()
        }
        return replace(self, **found)

    def of_rows(self, rows: Tensor) -> Cell:
        """Return the same cell for some rows of the batch."""
        return self if self.factor is None else replace(self, factor=self.factor[rows])

    def seen(self, h: Tensor) -> Tensor:
        """Return h as the recurrent weights see it."""
        return h if self.factor is None else h * self.factor

    def project(self, x: Tensor) -> Tensor:
        """Return the input's share of the pre-activations, all steps at once."""
        return linear(x, self.w_ih, self.b_ih)

    def step(self, a: Tensor, state: States) -> tuple[States, States]:
        """Return the next states and the gates from a = W_ih x_t + b_ih."""
        step = {"rnn": _rnn, "gru": _gru, "lstm": _lstm}[self.kind]
        return step(self, a, state)

    def push(self, a: Tensor, state: States, directions: Tensor) -> Tensor:
        """Return J_t Q, the one-step Jacobian times some directions.

        Parameters
        ----------
        a : Tensor (B, G·H)
            W_ih x_t + b_ih.
        state : tuple of Tensor (B, ·)
            The state before the step.
        directions : Tensor (B, n, m)
            Q. For an LSTM the first P rows belong to h, the others to c.

        Returns
        -------
        Tensor (B, n, m)
        """
        push = {"rnn": _push_rnn, "gru": _push_gru, "lstm": _push_lstm}[self.kind]
        return push(self, a, state, directions)

    def jacobian(self, a: Tensor, state: States) -> Tensor:
        """Return J_t itself, (B, n, n)."""
        width = sum(s.shape[-1] for s in state)
        eye = torch.eye(width, dtype=a.dtype, device=a.device)
        return self.push(a, state, eye.expand(len(a), width, width))


def cell_of(
    layer: nn.Module, index: int = 0, reverse: bool = False, *, detach: bool = True
) -> Cell:
    """Read one layer's and direction's cell from a recurrent module."""
    steps = isinstance(layer, nn.RNNCellBase)
    suffix = "" if steps else f"_l{index}" + ("_reverse" if reverse else "")
    kind, variant = equations_of(layer)
    names: dict[str, Any] = {
        short: getattr(layer, name + suffix, None)
        for short, name in (
            ("w_ih", "weight_ih"),
            ("w_hh", "weight_hh"),
            ("b_ih", "bias_ih"),
            ("b_hh", "bias_hh"),
            ("w_hr", "weight_hr"),
        )
    }
    if detach:
        names = {k: None if v is None else v.detach() for k, v in names.items()}
    if not layer.bias:
        zero = names["w_ih"].new_zeros(len(names["w_ih"]))
        names["b_ih"] = names["b_hh"] = zero
    return Cell(kind, variant, **names)


def cell_of_call(call: Call) -> Cell:
    """Read the cell of an operator's call, its weights a part of the graph."""
    w = call.weights
    zero = w.w_ih.new_zeros(len(w.w_ih)) if w.b_ih is None else None
    factor = None if call.noise is None else call.noise.recurrent
    if factor is not None:
        factor = factor.to(call.state[0].dtype)
    variant = call.variant.removeprefix("reset_") if call.cell != "lstm" else ""
    b_ih, b_hh = (zero if b is None else b for b in (w.b_ih, w.b_hh))
    if b_ih is None or b_hh is None:
        raise AssertionError("a layer has both biases or none")
    return Cell(call.cell, variant, w.w_ih, w.w_hh, b_ih, b_hh, w.w_hr, factor)


def equations_of(layer: nn.Module) -> tuple[str, str]:
    """Return the kind and variant of a `Cell` that has a module's equations."""
    if isinstance(layer, nn.RNNCellBase):
        known = standard_class(layer) or type(layer)
        name = str(getattr(layer, "nonlinearity", known.__name__))
    else:
        name = str(layer.mode).removeprefix("RNN_")
    if "LSTM" in name:
        return "lstm", ""
    if "GRU" in name:
        return "gru", "after" if getattr(layer, "reset_after", True) else "before"
    return "rnn", name.lower()


def knows(module: nn.Module) -> bool:
    """Whether a module is a recurrent layer or cell whose equations are known."""
    if standard_class(module) is None:
        return False
    kind, variant = equations_of(module)
    return (kind != "rnn" or variant in SLOPE) and not peculiarity(module)


def _rnn(cell: Cell, a: Tensor, state: States) -> tuple[States, States]:
    total = a + linear(cell.seen(state[0]), cell.w_hh, cell.b_hh)
    return (NONLINEARITIES[cell.variant](total),), (total,)


def _gru(cell: Cell, a: Tensor, state: States) -> tuple[States, States]:
    (h,) = state
    a_r, a_z, a_n = a.chunk(3, -1)
    seen = cell.seen(h)
    if cell.variant == "after":
        q_r, q_z, q_n = linear(seen, cell.w_hh, cell.b_hh).chunk(3, -1)
        r, z = torch.sigmoid(a_r + q_r), torch.sigmoid(a_z + q_z)
        n = torch.tanh(a_n + r * q_n)
    else:
        gates = 2 * h.shape[-1]
        q_r, q_z = linear(seen, cell.w_hh[:gates], cell.b_hh[:gates]).chunk(2, -1)
        r, z = torch.sigmoid(a_r + q_r), torch.sigmoid(a_z + q_z)
        n = torch.tanh(a_n + linear(r * seen, cell.w_hh[gates:], cell.b_hh[gates:]))
    return (n + z * (h - n),), (r, z, n)


def _lstm(cell: Cell, a: Tensor, state: States) -> tuple[States, States]:
    h, c = state
    a_i, a_f, a_g, a_o = (a + linear(cell.seen(h), cell.w_hh, cell.b_hh)).chunk(4, -1)
    i, f, o = torch.sigmoid(a_i), torch.sigmoid(a_f), torch.sigmoid(a_o)
    g = torch.tanh(a_g)
    c = f * c + i * g
    h = o * torch.tanh(c)
    if cell.w_hr is not None:
        h = linear(h, cell.w_hr)
    return (h, c), (i, f, o, g)


def _push_rnn(cell: Cell, a: Tensor, state: States, Q: Tensor) -> Tensor:
    (h,), (total,) = _rnn(cell, a, state)
    return SLOPE[cell.variant](total, h).unsqueeze(-1) * (cell.w_hh @ _met(cell, Q))


def _push_gru(cell: Cell, a: Tensor, state: States, Q: Tensor) -> Tensor:
    (h,) = state
    _, (r, z, n) = _gru(cell, a, state)
    W_r, W_z, W_n = cell.w_hh.chunk(3)
    met, seen = _met(cell, Q), cell.seen(h)
    d_r = _col(r * (1 - r)) * (W_r @ met)
    d_z = _col(z * (1 - z)) * (W_z @ met)
    if cell.variant == "after":
        q = linear(seen, W_n, cell.b_hh.chunk(3)[2])
        inner = _col(r) * (W_n @ met) + _col(q) * d_r
    else:
        inner = W_n @ (_col(r) * met + _col(seen) * d_r)
    d_n = _col(1 - n * n) * inner
    return _col(z) * Q + _col(h - n) * d_z + _col(1 - z) * d_n


def _push_lstm(cell: Cell, a: Tensor, state: States, Q: Tensor) -> Tensor:
    h, c_old = state
    (_, c), (i, f, o, g) = _lstm(cell, a, state)
    Q_h, Q_c = Q.split([h.shape[-1], c.shape[-1]], dim=1)
    Q_h = _met(cell, Q_h)
    W_i, W_f, W_g, W_o = cell.w_hh.chunk(4)
    d_c = (
        _col(g * i * (1 - i)) * (W_i @ Q_h)
        + _col(c_old * f * (1 - f)) * (W_f @ Q_h)
        + _col(i * (1 - g * g)) * (W_g @ Q_h)
        + _col(f) * Q_c
    )
    t = torch.tanh(c)
    d_h = _col(t * o * (1 - o)) * (W_o @ Q_h) + _col(o * (1 - t * t)) * d_c
    if cell.w_hr is not None:
        d_h = cell.w_hr @ d_h
    return torch.cat([d_h, d_c], dim=1)


def _met(cell: Cell, Q: Tensor) -> Tensor:
    """Return directions of h as the recurrent weights meet them."""
    return Q if cell.factor is None else _col(cell.factor) * Q


def _col(gate: Tensor) -> Tensor:
    """Turn a gate (B, H) into a diagonal acting on (B, H, m)."""
    return gate.unsqueeze(-1)
