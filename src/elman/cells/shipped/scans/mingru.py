"""minGRU: gates of the input alone, so nothing is multiplied from step to step."""

from __future__ import annotations

from elman.cells._cell import Cell
from elman.cells.equations._functions import Value, sigmoid


class MinGRU(Cell):
    """The minimal gated recurrent unit: Feng et al. 2024.

    ::

        z_t = σ(W_z x_t + b_z)
        n_t = W_n x_t + b_n
        h_t = (1 − z_t) ∘ h_{t−1} + z_t ∘ n_t

    Here z writes, where it keeps in a GRU. No weights see the state, so recurrent
    dropout has nothing to hide.

    Parameters
    ----------
    signed : bool
        The decay is a = 1 − 2z, between −1 and 1, in the place of 1 − z, and what is
        written stays: h_t = a_t ∘ h_{t−1} + z_t ∘ n_t, as Grazzi et al. 2025 widen
        the range of scans. With it one layer can keep a parity.
    """

    source = "Feng et al., Were RNNs all we needed?, 2024"
    use = (
        "For long sequences at a quarter of a GRU's cost, in stacks with pointwise "
        "layers between. Alone it cannot tell where in a sequence it is, as gates see "
        "the present step only: see the digits."
    )
    gates = ("z", "n")
    dropped = ()
    signed: bool = False

    def step(self, x: Value, h: Value) -> Value:
        """Return the new state."""
        z = sigmoid(self.linear("z", x))
        n = self.linear("n", x)
        a = self.gate("a", 1 - 2 * z) if self.signed else 1 - z
        return a * h + z * n
