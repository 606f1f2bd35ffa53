"""LSTM and GRU with layer normalisation: Ba, Kiros and Hinton 2016."""

from __future__ import annotations

from elman.cells._cell import Cell
from elman.cells.equations._functions import Value, sigmoid, tanh


class LayerNormLSTM(Cell):
    """Long short-term memory, every gate and the cell normalised over the units.

    ::

        i_t = σ(LN_i(W_xi x_t + W_hi h_{t−1}))       f, o likewise
        g_t = tanh(LN_g(W_xg x_t + W_hg h_{t−1}))
        c_t = f_t ∘ c_{t−1} + i_t ∘ g_t
        h_t = o_t ∘ tanh(LN_c(c_t))

    LN(v) = gain ∘ (v − mean) / √(variance + 1e-5) + shift. Each gate is normalised by
    itself, as in TensorFlow's layer-normalised cell; Ba et al. normalise the products
    of x and of h apart, all gates together.
    """

    source = "Ba, Kiros and Hinton, Layer normalization, 2016"
    use = (
        "Where training is unsteady, at high rates or in deep stacks; it needs fewer "
        "steps than an LSTM on both tasks. It costs two fifths more than a GRU."
    )
    states = ("h", "c")
    gates = ("i", "f", "g", "o")
    init = {"f_shift": 1.0}  # noqa: RUF012 - data, never changed

    def step(self, x: Value, h: Value, c: Value) -> tuple[Value, Value]:
        """Return the new output and cell."""
        i = self.gate("i", sigmoid(self._normed("i", x, h)))
        f = self.gate("f", sigmoid(self._normed("f", x, h)))
        g = self.gate("g", tanh(self._normed("g", x, h)))
        o = self.gate("o", sigmoid(self._normed("o", x, h)))
        c = f * c + i * g
        return o * tanh(self.layer_norm(c, "c")), c

    def _normed(self, name: str, x: Value, h: Value) -> Value:
        return self.layer_norm(self.linear(name, x, h, bias=False), name)


class LayerNormGRU(Cell):
    """The gated recurrent unit, every gate normalised over the units.

    ::

        r_t = σ(LN_r(W_xr x_t + W_hr h_{t−1}))       z likewise
        n_t = tanh(LN_xn(W_xn x_t) + r_t ∘ LN_hn(W_hn h_{t−1}))
        h_t = n_t + z_t ∘ (h_{t−1} − n_t)

    LN as in `LayerNormLSTM`.
    """

    source = "Ba, Kiros and Hinton, Layer normalization, 2016"
    use = (
        "Where training is unsteady, at high rates or in deep stacks. It needs half "
        "the steps of a GRU for adding, at a tenth more a step."
    )
    gates = ("r", "z", "n")

    def step(self, x: Value, h: Value) -> Value:
        """Return the new state."""
        r = self.linear("r", x, h, bias=False)
        z = self.linear("z", x, h, bias=False)
        r = self.gate("r", sigmoid(self.layer_norm(r, "r")))
        z = self.gate("z", sigmoid(self.layer_norm(z, "z")))
        given = self.layer_norm(self.linear("n", x, bias=False), "xn")
        recalled = self.layer_norm(self.linear("n", h, bias=False), "hn")
        n = self.gate("n", tanh(given + r * recalled))
        return n + z * (h - n)
