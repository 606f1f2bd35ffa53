"""SRU: a gated memory without recurrent matrices, and a way past it."""

from __future__ import annotations

import math
from typing import Any

from elman.cells._cell import Cell
from elman.cells.equations._draws import FanIn, Uniform
from elman.cells.equations._functions import Value, sigmoid

V = 1.5**0.5


class SRU(Cell):
    """The simple recurrent unit: Lei et al. 2018.

    ::

        f_t = σ(W_f x_t + v_f ∘ c_{t−1} + b_f)
        r_t = σ(W_r x_t + v_r ∘ c_{t−1} + b_r)
        c_t = f_t ∘ c_{t−1} + (1 − f_t) ∘ W_n x_t
        h_t = r_t ∘ c_t + (1 − r_t) ∘ α W_p x_t

    Weights start evenly within ±√(3/I), I inputs, v within ±√1.5, both from the
    authors' code; b_r at ``highway``, and α = √(1 + 2 e^b) keeps the variance at that.
    Where the article passes x itself, W_p x may have another width.

    Parameters
    ----------
    highway : float
        What b_r starts from.
    """

    source = "Lei, Zhang, Wang, Dai and Artzi, Simple recurrent units for highly "
    source += "parallelizable recurrence, 2018"
    use = (
        "In stacks of several layers at half a GRU's cost: text, and speech. Alone its "
        "gates see one unit's memory and the present step, so order within a sequence "
        "(the digits) needs a second layer."
    )
    states = ("h", "c")
    gates = ("f", "r", "n", "p")
    dropped = ()
    highway: float = 0.0

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.init = {
            "weight_ih": FanIn(3.0**0.5),
            "bias": 0.0,
            "bias.r": self.highway,
        }

    def step(self, x: Value, h: Value, c: Value) -> tuple[Value, Value]:
        """Return the new output and cell."""
        alpha = (1.0 + 2.0 * math.exp(self.highway)) ** 0.5
        f = self.linear("f", x) + self.unit("v_f", Uniform(-V, V)) * c
        r = self.linear("r", x) + self.unit("v_r", Uniform(-V, V)) * c
        f, r = self.gate("f", sigmoid(f)), self.gate("r", sigmoid(r))
        c = f * c + (1 - f) * self.linear("n", x, bias=False)
        passed = alpha * self.linear("p", x, bias=False)
        return r * c + (1 - r) * passed, c
