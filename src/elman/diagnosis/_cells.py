"""One step of each cell in plain torch operations, and its closed-form Jacobian.

A cell is a map of its state: h for RNN and GRU, (h, c) for LSTM. Shapes: B rows,
I inputs, H units, P outputs (H unless the LSTM projects), n state width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from elman.ops import NONLINEARITIES

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
    """

    kind: str
    variant: str
    w_ih: Tensor
    w_hh: Tensor
    b_ih: Tensor
    b_hh: Tensor
    w_hr: Tensor | None = None

    @property
    def gates(self) -> tuple[str, ...]:
        """The names of what `step` returns besides the states."""
        return {"rnn": ("a",), "gru": ("r", "z", "n"), "lstm": ("i", "f", "o", "g")}[
            self.kind
        ]

    def double(self) -> Cell:
        """Return the same cell in double precision."""
        return Cell(
            self.kind,
            self.variant,
            self.w_ih.double(),
            self.w_hh.double(),
            self.b_ih.double(),
            self.b_hh.double(),
            None if self.w_hr is None else self.w_hr.double(),
        )

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


def cell_of(layer: nn.Module, index: int = 0, reverse: bool = False) -> Cell:
    """Read one layer's and direction's cell from a recurrent module, detached."""
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
    names = {k: None if v is None else v.detach() for k, v in names.items()}
    if not layer.bias:
        zero = names["w_ih"].new_zeros(len(names["w_ih"]))
        names["b_ih"] = names["b_hh"] = zero
    return Cell(kind, variant, **names)


def equations_of(layer: nn.Module) -> tuple[str, str]:
    """Return the kind and variant of a `Cell` that has a module's equations."""
    if isinstance(layer, nn.RNNCellBase):
        name = str(getattr(layer, "nonlinearity", type(layer).__name__))
    else:
        name = str(layer.mode).removeprefix("RNN_")
    if "LSTM" in name:
        return "lstm", ""
    if "GRU" in name:
        return "gru", "after" if getattr(layer, "reset_after", True) else "before"
    return "rnn", name.lower()


def knows(module: nn.Module) -> bool:
    """Whether a module is a recurrent layer or cell whose equations are known."""
    if isinstance(module, nn.RNNCellBase):
        known = isinstance(module, (nn.RNNCell, nn.GRUCell, nn.LSTMCell))
    else:
        known = isinstance(module, nn.RNNBase)
    if not known:
        return False
    kind, variant = equations_of(module)
    return kind != "rnn" or variant in SLOPE


def _rnn(cell: Cell, a: Tensor, state: States) -> tuple[States, States]:
    total = a + linear(state[0], cell.w_hh, cell.b_hh)
    return (NONLINEARITIES[cell.variant](total),), (total,)


def _gru(cell: Cell, a: Tensor, state: States) -> tuple[States, States]:
    (h,) = state
    a_r, a_z, a_n = a.chunk(3, -1)
    if cell.variant == "after":
        q_r, q_z, q_n = linear(h, cell.w_hh, cell.b_hh).chunk(3, -1)
        r, z = torch.sigmoid(a_r + q_r), torch.sigmoid(a_z + q_z)
        n = torch.tanh(a_n + r * q_n)
    else:
        gates = 2 * h.shape[-1]
        q_r, q_z = linear(h, cell.w_hh[:gates], cell.b_hh[:gates]).chunk(2, -1)
        r, z = torch.sigmoid(a_r + q_r), torch.sigmoid(a_z + q_z)
        n = torch.tanh(a_n + linear(r * h, cell.w_hh[gates:], cell.b_hh[gates:]))
    return (n + z * (h - n),), (r, z, n)


def _lstm(cell: Cell, a: Tensor, state: States) -> tuple[States, States]:
    h, c = state
    a_i, a_f, a_g, a_o = (a + linear(h, cell.w_hh, cell.b_hh)).chunk(4, -1)
    i, f, o = torch.sigmoid(a_i), torch.sigmoid(a_f), torch.sigmoid(a_o)
    g = torch.tanh(a_g)
    c = f * c + i * g
    h = o * torch.tanh(c)
    if cell.w_hr is not None:
        h = linear(h, cell.w_hr)
    return (h, c), (i, f, o, g)


def _push_rnn(cell: Cell, a: Tensor, state: States, Q: Tensor) -> Tensor:
    (h,), (total,) = _rnn(cell, a, state)
    return SLOPE[cell.variant](total, h).unsqueeze(-1) * (cell.w_hh @ Q)


def _push_gru(cell: Cell, a: Tensor, state: States, Q: Tensor) -> Tensor:
    (h,) = state
    _, (r, z, n) = _gru(cell, a, state)
    W_r, W_z, W_n = cell.w_hh.chunk(3)
    d_r = _col(r * (1 - r)) * (W_r @ Q)
    d_z = _col(z * (1 - z)) * (W_z @ Q)
    if cell.variant == "after":
        q = linear(h, W_n, cell.b_hh.chunk(3)[2])
        inner = _col(r) * (W_n @ Q) + _col(q) * d_r
    else:
        inner = W_n @ (_col(r) * Q + _col(h) * d_r)
    d_n = _col(1 - n * n) * inner
    return _col(z) * Q + _col(h - n) * d_z + _col(1 - z) * d_n


def _push_lstm(cell: Cell, a: Tensor, state: States, Q: Tensor) -> Tensor:
    h, c_old = state
    (_, c), (i, f, o, g) = _lstm(cell, a, state)
    Q_h, Q_c = Q.split([h.shape[-1], c.shape[-1]], dim=1)
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


def _col(gate: Tensor) -> Tensor:
    """Turn a gate (B, H) into a diagonal acting on (B, H, m)."""
    return gate.unsqueeze(-1)
