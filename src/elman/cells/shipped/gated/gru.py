"""The gated recurrent unit: Cho et al. 2014, in both its forms."""

from __future__ import annotations

from elman.cells._cell import Cell
from elman.cells.equations._functions import Value, sigmoid, tanh


class GRU(Cell):
    """The gated recurrent unit, reset after the product: torch's and cuDNN's.

    ::

        r_t = σ(W_xr x_t + W_hr h_{t−1} + b_r)
        z_t = σ(W_xz x_t + W_hz h_{t−1} + b_z)
        n_t = tanh(W_xn x_t + b_xn + r_t ∘ (W_hn h_{t−1} + b_hn))
        h_t = n_t + z_t ∘ (h_{t−1} − n_t)
    """

    source = "Cho et al. 2014; Appleyard et al. 2016 for the reset after the product"
    use = (
        "The first choice for most sequences: it learns early on both tasks, and costs "
        "less than an LSTM. Start it with chrono biases where what matters lies "
        "hundreds of steps apart."
    )
    gates = ("r", "z", "n")

    def step(self, x: Value, h: Value) -> Value:
        """Return the new state."""
        r = sigmoid(self.linear("r", x, h))
        z = sigmoid(self.linear("z", x, h))
        n = tanh(self.linear("n", x) + r * self.linear("n", h))
        return n + z * (h - n)


class GRUResetBefore(Cell):
    """The gated recurrent unit as first published, reset before the product.

    ::

        r_t = σ(W_xr x_t + W_hr h_{t−1} + b_r)
        z_t = σ(W_xz x_t + W_hz h_{t−1} + b_z)
        n_t = tanh(W_xn x_t + W_hn (r_t ∘ h_{t−1}) + b_n)
        h_t = n_t + z_t ∘ (h_{t−1} − n_t)
    """

    source = "Cho et al. 2014"
    use = (
        "For weights from Keras or ONNX that were trained in this form. For a new "
        "model it is a GRU at the same cost; where rows are few it is somewhat slower, "
        "as its products cannot be joined."
    )
    gates = ("r", "z", "n")

    def step(self, x: Value, h: Value) -> Value:
        """Return the new state."""
        r = sigmoid(self.linear("r", x, h))
        z = sigmoid(self.linear("z", x, h))
        n = tanh(self.linear("n", x, r * h))
        return n + z * (h - n)
