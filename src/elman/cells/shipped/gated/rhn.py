"""RHN: several gated layers between one step and the next."""

from __future__ import annotations

from typing import Any

from elman._arguments import whole_number
from elman.cells._cell import Cell
from elman.cells.equations._functions import Value, sigmoid, tanh


class RHN(Cell):
    """The recurrent highway network: Zilly et al. 2017.

    ::

        s_0 = h_{t−1},  h_t = s_L, and for l = 1 … L
        t_l = σ([l = 1] W_xt x_t + R_tl s_{l−1} + b_tl)
        n_l = tanh([l = 1] W_xn x_t + R_nl s_{l−1} + b_nl)
        s_l = t_l ∘ n_l + (1 − t_l) ∘ s_{l−1}

    What is written and what is carried are coupled, as in the article's experiments.
    The biases of t start at ``transform``, so that a state is carried at first; the
    article takes −2 to −4.

    Parameters
    ----------
    depth : int
        L.
    transform : float
    """

    source = "Zilly, Srivastava, Koutník and Schmidhuber, Recurrent highway networks, "
    source += "2017"
    use = (
        "Where one step has to compute more than one layer can, as in language; it "
        "does as well as a GRU on both tasks. Each unit of depth costs as much as a "
        "layer: three cost one and a half GRUs to two."
    )
    depth: int = 3
    transform: float = -2.0

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        whole_number("RHN: depth", self.depth)
        layers = range(1, self.depth + 1)
        self.init = {f"bias.t{k}": self.transform for k in layers}

    def step(self, x: Value, h: Value) -> Value:
        """Return the new state."""
        for k in range(1, self.depth + 1):
            sources = (x, h) if k == 1 else (h,)
            t = self.gate(f"t{k}", sigmoid(self.linear(f"t{k}", *sources)))
            n = self.gate(f"n{k}", tanh(self.linear(f"n{k}", *sources)))
            h = t * n + (1 - t) * h
        return h
