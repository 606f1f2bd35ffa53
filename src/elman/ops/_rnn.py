"""The simple recurrent network: Elman, "Finding structure in time", 1990."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import Tensor

from elman._errors import InputError, did_you_mean

from ._call import Call, Weights
from ._composite import Cell, States, register_cell
from ._paths import run


def _softplus(a: Tensor) -> Tensor:
    # torch's own is a above 20, off by exp(−20): 10⁷ times float64's rounding.
    return torch.logaddexp(a, a.new_zeros(()))


NONLINEARITIES: Mapping[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {
        "tanh": torch.tanh,
        "relu": torch.relu,
        "sigmoid": torch.sigmoid,
        "identity": lambda a: a,
        "softplus": _softplus,
    }
)


def rnn(
    x: Tensor,
    h_0: Tensor,
    weights: Weights,
    *,
    nonlinearity: str = "tanh",
    lengths: Tensor | None = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor]:
    """Run a simple recurrent layer in one direction.

    ``h_t = φ(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)``

    Parameters
    ----------
    x : Tensor, (T, B, I)
    h_0 : Tensor, (B, H)
    weights : Weights
    nonlinearity : str
        φ, one of ``NONLINEARITIES``.
    lengths : Tensor of int64, (B,), optional
        Steps of each row, 0 to T.
    reverse : bool
        Run each row from its last step to its first.

    Returns
    -------
    y : Tensor, (T, B, H)
        Every h_t; zero beyond a row's length.
    h_n : Tensor, (B, H)
        Each row's last h.

    Raises
    ------
    InputError
        If the nonlinearity is unknown.
    """
    check_nonlinearity(nonlinearity)
    if lengths is not None:
        lengths = lengths.clone()  # the caller may change theirs before backward
    result = run(Call("rnn", nonlinearity, x, (h_0,), weights, lengths, reverse))
    return result.y, result.state[0]


def check_nonlinearity(name: str) -> None:
    """Raise an InputError unless the name is one of ``NONLINEARITIES``."""
    if name not in NONLINEARITIES:
        raise InputError(
            f"Unknown nonlinearity {name!r}. Select from "
            f"{', '.join(map(repr, NONLINEARITIES))}"
            f"{did_you_mean(str(name), NONLINEARITIES)}"
        )


def _cell(call: Call) -> Cell:
    phi = NONLINEARITIES[call.variant]
    w = call.weights
    bias = None if w.b_ih is None or w.b_hh is None else w.b_ih + w.b_hh
    recurrent = w.w_hh.t()

    def step(
        a_x: Tensor, state: States, seen: Tensor
    ) -> tuple[States, tuple[Tensor, ...]]:
        return (phi(torch.addmm(a_x, seen, recurrent)),), ()

    return Cell(bias, step, gates=())


register_cell("rnn", _cell)
