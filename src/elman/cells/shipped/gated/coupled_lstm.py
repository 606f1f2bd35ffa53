"""The LSTM with coupled gates: what is forgotten is what is written."""

from __future__ import annotations

from elman.cells._cell import Cell
from elman.cells.equations._functions import Value, sigmoid, tanh


class CoupledLSTM(Cell):
    """Long short-term memory with coupled input and forget gates (CIFG).

    ::

        f_t = σ(W_xf x_t + W_hf h_{t−1} + b_f)
        g_t = tanh(W_xg x_t + W_hg h_{t−1} + b_g)
        o_t = σ(W_xo x_t + W_ho h_{t−1} + b_o)
        c_t = f_t ∘ c_{t−1} + (1 − f_t) ∘ g_t
        h_t = o_t ∘ tanh(c_t)
    """

    source = "Greff et al., LSTM: a search space odyssey, 2017, the variant CIFG"
    use = (
        "In the place of an LSTM: a quarter fewer weights, the cost of a GRU, and "
        "adding solved in a third of the steps. What it holds is a mean of what it "
        "saw, so it counts less well than an LSTM."
    )
    states = ("h", "c")
    gates = ("f", "g", "o")
    init = {"bias": 0.0, "bias.f": 1.0}  # noqa: RUF012 - data, never changed

    def step(self, x: Value, h: Value, c: Value) -> tuple[Value, Value]:
        """Return the new output and cell."""
        f = sigmoid(self.linear("f", x, h))
        g = tanh(self.linear("g", x, h))
        o = sigmoid(self.linear("o", x, h))
        c = f * c + (1 - f) * g
        return o * tanh(c), c
