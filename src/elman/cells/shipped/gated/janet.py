"""JANET: an LSTM with nothing but its forget gate."""

from __future__ import annotations

from typing import Any

from elman.cells._cell import Cell
from elman.cells.equations._draws import ChronoBias
from elman.cells.equations._functions import Value, sigmoid, tanh


class JANET(Cell):
    """Just another network, forget gate only: van der Westhuizen and Lasenby 2018.

    ::

        s_t = W_xf x_t + W_hf h_{t−1} + b_f
        g_t = tanh(W_xg x_t + W_hg h_{t−1} + b_g)
        h_t = σ(s_t) ∘ h_{t−1} + (1 − σ(s_t − β)) ∘ g_t

    Parameters
    ----------
    beta : float
        β: how much more is written than forgotten. The article takes 1; 0 couples both.
    longest : float
        Steps to remember: above 1, b_f starts as ln u with u even from 1 to one less,
        as in the article; 0: at 1.
    """

    source = "van der Westhuizen and Lasenby, The unreasonable effectiveness of the "
    source += "forget gate, 2018"
    use = (
        "Where weights are dear and memory is what counts: two thirds of a GRU's "
        "weights and time. It needs three times a GRU's steps to begin with adding; "
        "`longest` gives it chrono biases."
    )
    gates = ("f", "g")
    beta: float = 1.0
    longest: float = 0.0

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        forget = ChronoBias(self.longest) if self.longest > 1 else 1.0
        self.init = {"bias": 0.0, "bias.f": forget}

    def step(self, x: Value, h: Value) -> Value:
        """Return the new state."""
        s = self.linear("f", x, h)
        f = self.gate("f", sigmoid(s))
        g = tanh(self.linear("g", x, h))
        written = 1 - (sigmoid(s - self.beta) if self.beta else f)
        return f * h + written * g
