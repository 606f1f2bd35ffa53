"""Long short-term memory: Hochreiter and Schmidhuber 1997; Gers et al. 2000."""

from __future__ import annotations

from elman.cells._cell import Cell
from elman.cells.equations._functions import Value, sigmoid, tanh


class LSTM(Cell):
    """Long short-term memory with a forget gate.

    ::

        i_t = σ(W_xi x_t + W_hi h_{t−1} + b_i)
        f_t = σ(W_xf x_t + W_hf h_{t−1} + b_f)
        g_t = tanh(W_xg x_t + W_hg h_{t−1} + b_g)
        o_t = σ(W_xo x_t + W_ho h_{t−1} + b_o)
        c_t = f_t ∘ c_{t−1} + i_t ∘ g_t
        h_t = o_t ∘ tanh(c_t)
    """

    source = "Hochreiter and Schmidhuber 1997; Gers et al. 2000"
    use = (
        "The other first choice, at a third more than a GRU; its cell counts without a "
        "bound. As torch starts it, adding 100 takes it three times the steps of a "
        "GRU: give it a forget bias of 1 or more, or chrono biases."
    )
    states = ("h", "c")
    gates = ("i", "f", "g", "o")

    def step(self, x: Value, h: Value, c: Value) -> tuple[Value, Value]:
        """Return the new output and cell."""
        i = sigmoid(self.linear("i", x, h))
        f = sigmoid(self.linear("f", x, h))
        g = tanh(self.linear("g", x, h))
        o = sigmoid(self.linear("o", x, h))
        c = f * c + i * g
        return o * tanh(c), c
