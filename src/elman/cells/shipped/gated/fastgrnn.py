"""FastGRNN: one pair of matrices for the gate and what it lets in."""

from __future__ import annotations

from elman.cells._cell import Cell
from elman.cells.equations._draws import Normal
from elman.cells.equations._functions import Value, sigmoid, tanh


class FastGRNN(Cell):
    """The fast gated recurrent network: Kusupati et al. 2018.

    ::

        a_t = W x_t + U h_{t−1}
        z_t = σ(a_t + b_z)
        n_t = tanh(a_t + b_n)
        h_t = (σ(ζ) ∘ (1 − z_t) + σ(ν)) ∘ n_t + z_t ∘ h_{t−1}

    A third of a GRU's weights. ζ and ν start at 1 and −4, the biases at 1, the matrices
    normally with a deviation of 0.1. Here ζ and ν have one value a unit, in the article
    one for all.
    """

    source = "Kusupati et al., FastGRNN: a fast, accurate, stable and tiny kilobyte "
    source += "sized gated recurrent neural network, 2018"
    use = (
        "On small devices: a third of a GRU's weights at two fifths of its cost, and "
        "still a gate that sees the state. It needs twice the steps of a GRU."
    )
    init = {  # noqa: RUF012 - data, never changed
        "weight_ih": Normal(0.1),
        "weight_hh": Normal(0.1),
    }

    def step(self, x: Value, h: Value) -> Value:
        """Return the new state."""
        a = self.linear("a", x, h, bias=False)
        z = self.gate("z", sigmoid(a + self.unit("b_z", 1.0)))
        n = self.gate("n", tanh(a + self.unit("b_n", 1.0)))
        written = sigmoid(self.unit("zeta", 1.0)) * (1 - z)
        return (written + sigmoid(self.unit("nu", -4.0))) * n + z * h
