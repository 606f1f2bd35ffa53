"""CfC: the solution of a liquid network's equation, for steps of any length."""

from __future__ import annotations

from typing import Any

from elman.cells._cell import Cell
from elman.cells.equations._functions import Value, sigmoid, tanh
from elman.cells.equations._transforms import Elapsed


class CfC(Cell):
    """The closed-form continuous-time network: Hasani et al. 2022.

    ::

        b_t = 1.7159 tanh(0.666 (W_xb x_t + W_hb h_{t−1} + b_b))
        s_t = σ((U_a b_t + b_a) ∘ τ_t + U_s b_t + b_s)
        h_t = (1 − s_t) ∘ tanh(U_f b_t + b_f) + s_t ∘ tanh(U_g b_t + b_g)

    The form, its numbers and its one layer between (b) are the authors' code's. τ is
    the time since the step before: 1, or with ``timed`` the last column of x, which
    then takes part in nothing else. Layers above the first have no such column, so
    such a layer is one layer; put others behind it.

    Nothing is carried from step to step but through two matrices and two tanh, so what
    it holds fades as in a simple recurrent network. The authors' remedy is ``mixed``, a
    mixed memory: an LSTM's step, with a forget bias of 1, comes before, and its h takes
    the place of h_{t−1}.

    Parameters
    ----------
    timed : bool
        Whether the last column of x is the time since the step before.
    mixed : bool
        Whether an LSTM keeps the memory.
    """

    source = "Hasani et al., Closed-form continuous-time neural networks, 2022"
    use = (
        "For samples at irregular times (timed), and for smooth signals. Over more "
        "than some tens of steps take mixed, which adds an LSTM's memory: by itself "
        "nothing is carried over but through two matrices, and rates above 0.003 upset "
        "it."
    )
    timed: bool = False
    mixed: bool = False

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        memory = ("i", "m", "u", "o") if self.mixed else ()
        if self.mixed:
            self.states = ("h", "c")  # type: ignore[misc]
            self.init = {"bias.m": 1.0}
        if self.timed:
            self.gates = (*memory, "b", "a", "s", "f", "g", "tau")  # type: ignore[misc]
            self.transforms = {"weight_ih": Elapsed(2 + len(memory))}

    def step(self, x: Value, h: Value, *memory: Value) -> tuple[Value, ...]:
        """Return the new state, and the LSTM's cell where there is one."""
        if self.mixed:
            h, *memory = self._remember(x, h, *memory)  # type: ignore[assignment]
        b = 1.7159 * tanh(0.666 * self.linear("b", x, h))
        change, shift = self.linear("a", b), self.linear("s", b)
        if self.timed:
            change = change * self.linear("tau", x, bias=False)
        s = self.gate("s", sigmoid(change + shift))
        f = self.gate("f", tanh(self.linear("f", b)))
        g = self.gate("g", tanh(self.linear("g", b)))
        return (1 - s) * f + s * g, *memory

    def _remember(self, x: Value, h: Value, c: Value) -> tuple[Value, Value]:
        i = self.gate("i", sigmoid(self.linear("i", x, h)))
        m = self.gate("m", sigmoid(self.linear("m", x, h)))
        c = m * c + i * self.gate("u", tanh(self.linear("u", x, h)))
        return self.gate("o", sigmoid(self.linear("o", x, h))) * tanh(c), c
