"""sLSTM: exponential gates, a normaliser, and heads."""

from __future__ import annotations

from elman.cells._cell import Cell
from elman.cells.equations._draws import Ladder
from elman.cells.equations._functions import (
    Value,
    exp,
    maximum,
    minimum,
    sigmoid,
    softplus,
    tanh,
    where,
)


class SLSTM(Cell):
    """The scalar LSTM with exponential gates: Beck et al. 2024.

    ::

        ĩ_t, f̃_t, z̃_t, õ_t = W x_t + R h_{t−1} + b, R block diagonal by heads
        l_t = ln σ(f̃_t)
        m_t = max(l_t + m_{t−1}, ĩ_t), or ĩ_t while n_{t−1} is 0
        i_t = exp(ĩ_t − m_t),  f_t = exp(min(l_t + m_{t−1} − m_t, 0))
        c_t = f_t ∘ c_{t−1} + i_t ∘ tanh(z̃_t)
        n_t = f_t ∘ n_{t−1} + i_t
        h_t = σ(õ_t) ∘ c_t / n_t

    m keeps the exponentials within bounds and cancels in h; the minimum has a say only
    where there is no memory yet, as in the authors' code.

    Parameters
    ----------
    heads : int
        Blocks of R; they divide the units.
    """

    source = "Beck et al., xLSTM: extended long short-term memory, 2024"
    use = (
        "Where what is held may have to be overwritten at once: exponential gates "
        "revise it. It learns adding as soon as a GRU at two fifths more a step; with "
        "heads its matrices are blocks."
    )
    states = ("h", "c", "n", "m")
    gates = ("i", "f", "z", "o")
    init = {"bias": 0.0, "bias.f": Ladder(3.0, 6.0)}  # noqa: RUF012 - never changed

    def step(
        self, x: Value, h: Value, c: Value, n: Value, m: Value
    ) -> tuple[Value, Value, Value, Value]:
        """Return the new output, cell, normaliser and stabiliser."""
        write = self.linear("i", x, h)
        kept = -softplus(-self.linear("f", x, h)) + m
        z = tanh(self.linear("z", x, h))
        o = sigmoid(self.linear("o", x, h))
        m = where(n > 0, maximum(kept, write), write)
        i = self.gate("i", exp(write - m))
        # Below 0 but at the first step from nothing, where it could be infinite: ∞ · 0.
        f = self.gate("f", exp(minimum(kept - m, 0.0)))
        c = f * c + i * z
        n = f * n + i
        return o * (c / n), c, n, m
