"""The LSTM whose gates see the cell: Gers and Schmidhuber 2000."""

from __future__ import annotations

from elman.cells._cell import Cell
from elman.cells.equations._draws import Uniform
from elman.cells.equations._functions import Value, sigmoid, tanh


class PeepholeLSTM(Cell):
    """Long short-term memory with peepholes: Gers and Schmidhuber 2000.

    ::

        i_t = σ(W_xi x_t + W_hi h_{t−1} + p_i ∘ c_{t−1} + b_i)
        f_t = σ(W_xf x_t + W_hf h_{t−1} + p_f ∘ c_{t−1} + b_f)
        c_t = f_t ∘ c_{t−1} + i_t ∘ tanh(W_xg x_t + W_hg h_{t−1} + b_g)
        o_t = σ(W_xo x_t + W_ho h_{t−1} + p_o ∘ c_t + b_o)
        h_t = o_t ∘ tanh(c_t)
    """

    source = "Gers and Schmidhuber, Recurrent nets that time and count, 2000"
    use = (
        "Where exact timing matters, as of spikes or of steps to be counted: the gates "
        "see the cell itself. It costs as much as an LSTM, and reads the digits better "
        "here."
    )
    states = ("h", "c")
    gates = ("i", "f", "g", "o")
    init = {"bias": 0.0, "bias.f": 1.0}  # noqa: RUF012 - data, never changed

    def step(self, x: Value, h: Value, c: Value) -> tuple[Value, Value]:
        """Return the new output and cell."""
        i = sigmoid(self.linear("i", x, h) + self.unit("p_i", Uniform()) * c)
        f = sigmoid(self.linear("f", x, h) + self.unit("p_f", Uniform()) * c)
        g = tanh(self.linear("g", x, h))
        c = f * c + i * g
        o = sigmoid(self.linear("o", x, h) + self.unit("p_o", Uniform()) * c)
        return o * tanh(c), c
