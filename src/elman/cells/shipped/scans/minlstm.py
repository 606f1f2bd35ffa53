"""minLSTM: an LSTM's gates of the input alone, adding up to one."""

from __future__ import annotations

from typing import Any

from elman.cells._cell import Cell
from elman.cells.equations._draws import ChronoBias
from elman.cells.equations._functions import Value, sigmoid, softplus


class MinLSTM(Cell):
    """The minimal LSTM: Feng et al. 2024.

    ::

        f_t = σ(W_f x_t + b_f),  i_t = σ(W_i x_t + b_i),  n_t = W_n x_t + b_n
        h_t = f_t / (f_t + i_t) ∘ h_{t−1} + i_t / (f_t + i_t) ∘ n_t

    The share f / (f + i) is computed as σ(ln f − ln i), which no small gate can make
    0 / 0. No weights see the state, so recurrent dropout has nothing to hide.

    Parameters
    ----------
    longest : float
        Steps to remember: above 1, b_f starts as ln u with u even from 1 to one less,
        and b_i as −ln u (Tallec and Ollivier 2018); 0: as the other biases.
    signed : bool
        Of the share f its decay is a = 2f − 1, between −1 and 1, and what is written
        stays, as Grazzi et al. 2025 widen the range of scans.
    """

    source = "Feng et al., Were RNNs all we needed?, 2024"
    use = (
        "For long sequences at two fifths of a GRU's cost, in stacks with pointwise "
        "layers between. What it holds is a weighted mean whose weights the inputs "
        "set, so one layer knows little of order."
    )
    gates = ("f", "i", "n")
    dropped = ()
    longest: float = 0.0
    signed: bool = False

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if self.longest > 1:
            self.init = {
                "bias.f": ChronoBias(self.longest),
                "bias.i": ChronoBias(self.longest, -1.0),
            }

    def step(self, x: Value, h: Value) -> Value:
        """Return the new state."""
        of_f, of_i = self.linear("f", x), self.linear("i", x)
        f = self.gate("f", sigmoid(softplus(-of_i) - softplus(-of_f)))
        i = self.gate("i", 1 - f)
        a = self.gate("a", 2 * f - 1) if self.signed else f
        return a * h + i * self.linear("n", x)
