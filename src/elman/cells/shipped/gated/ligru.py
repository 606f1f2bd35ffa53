"""LiGRU: a GRU without its reset gate, with relu and a normalised input."""

from __future__ import annotations

from elman.cells._cell import Cell
from elman.cells.equations._draws import Orthogonal
from elman.cells.equations._functions import Value, relu, sigmoid


class LiGRU(Cell):
    """The light gated recurrent unit: Ravanelli et al. 2018.

    ::

        z_t = σ(N_z(W_xz x_t) + W_hz h_{t−1})
        n_t = relu(N_n(W_xn x_t) + W_hn h_{t−1})
        h_t = z_t ∘ h_{t−1} + (1 − z_t) ∘ n_t

    N normalises what the input gives, over the units of each step and row, with a gain
    and a shift; the article does over the batch, so that a row would depend on the
    others. Nothing bounds relu but that W_h starts orthogonal, as in the article.
    """

    source = "Ravanelli, Brakel, Omologo and Bengio, Light gated recurrent units for "
    source += "speech recognition, 2018"
    use = (
        "For speech and other dense features, and where training has to be short: of "
        "all cells it solves adding in the fewest steps, at three quarters of a GRU's "
        "cost. Its states are not bounded: watch them, and clip gradients."
    )
    gates = ("z", "n")
    init = {"weight_hh": Orthogonal()}  # noqa: RUF012 - data, never changed

    def step(self, x: Value, h: Value) -> Value:
        """Return the new state."""
        z = sigmoid(self._sum("z", x, h))
        n = relu(self._sum("n", x, h))
        return self.gate("z", z) * h + (1 - z) * self.gate("n", n)

    def _sum(self, name: str, x: Value, h: Value) -> Value:
        given = self.layer_norm(self.linear(name, x, bias=False), name)
        return given + self.linear(name, h, bias=False)
