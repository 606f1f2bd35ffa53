"""HGRN: a forget gate that never falls below a bound."""

from __future__ import annotations

from typing import Any

from elman._errors import InputError
from elman.cells._cell import Cell
from elman.cells.equations._functions import Value, sigmoid


class HGRN(Cell):
    """The hierarchically gated recurrent network, real: Qin, Yang and Zhong 2023.

    ::

        f_t = γ + (1 − γ) σ(W_f x_t + b_f)
        n_t = a σ(a) with a = W_n x_t + b_n
        s_t = f_t ∘ s_{t−1} + (1 − f_t) ∘ n_t
        h_t = σ(W_o x_t + b_o) ∘ s_t

    The bound γ grows from layer to layer in the article, so that upper layers keep for
    longer; give each layer its own. The article's first form has a complex state and
    normalises o ∘ s.

    Parameters
    ----------
    lower : float
        γ, from 0 to below 1.
    """

    source = "Qin, Yang and Zhong, Hierarchically gated recurrent neural network for "
    source += "sequence modeling, 2023"
    use = (
        "For long sequences at two fifths of a GRU's cost, in stacks; give upper "
        "layers a larger bound. One layer knows little of order, as its gates see the "
        "present step only."
    )
    states = ("h", "s")
    gates = ("f", "n", "o")
    dropped = ()
    lower: float = 0.0

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if not 0 <= self.lower < 1:
            raise InputError(f"HGRN: lower must be from 0 to below 1, got {self.lower}")

    def step(self, x: Value, h: Value, s: Value) -> tuple[Value, Value]:
        """Return the new output and memory."""
        f = sigmoid(self.linear("f", x))
        f = self.gate("f", self.lower + (1 - self.lower) * f)
        a = self.linear("n", x)
        n = self.gate("n", a * sigmoid(a))
        s = f * s + (1 - f) * n
        return self.gate("o", sigmoid(self.linear("o", x))) * s, s
