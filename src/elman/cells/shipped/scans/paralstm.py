"""ParaLSTM: an LSTM with coupled gates whose matrices of the state are diagonal."""

from __future__ import annotations

from elman.cells._cell import Cell
from elman.cells.equations._draws import Uniform
from elman.cells.equations._functions import Value, sigmoid, tanh


class ParaLSTM(Cell):
    """The diagonal LSTM with coupled gates and peepholes: Danieli et al. 2025.

    ::

        f_t = σ(W_f x_t + a_f ∘ h_{t−1} + p_f ∘ c_{t−1} + b_f)
        n_t = tanh(W_n x_t + a_n ∘ h_{t−1} + b_n)
        c_t = f_t ∘ c_{t−1} + (1 − f_t) ∘ n_t
        o_t = σ(W_o x_t + a_o ∘ h_{t−1} + p_o ∘ c_t + b_o)
        h_t = o_t ∘ tanh(c_t)

    a and p may have either sign and start evenly within ±1/√H; b_f starts at 1. No
    matrix sees the state, so recurrent dropout has nothing to hide.
    """

    source = "Danieli et al., ParaRNN: unlocking parallel training of nonlinear RNNs "
    source += "for large language models, 2025"
    use = (
        "Where an LSTM is too slow: a third of its cost, as no unit needs another's "
        "past. Take several layers, since one cannot compare what two units hold."
    )
    states = ("h", "c")
    gates = ("f", "n", "o")
    dropped = ()
    init = {"bias.f": 1.0}  # noqa: RUF012 - data, never changed

    def step(self, x: Value, h: Value, c: Value) -> tuple[Value, Value]:
        """Return the new output and cell."""
        f = self.gate("f", sigmoid(self._sum("f", x, h) + self._seen("f", c)))
        n = self.gate("n", tanh(self._sum("n", x, h)))
        c = f * c + (1 - f) * n
        o = self.gate("o", sigmoid(self._sum("o", x, h) + self._seen("o", c)))
        return o * tanh(c), c

    def _sum(self, name: str, x: Value, h: Value) -> Value:
        return self.linear(name, x) + self.unit(f"a_{name}", Uniform()) * h

    def _seen(self, name: str, c: Value) -> Value:
        return self.unit(f"p_{name}", Uniform()) * c
