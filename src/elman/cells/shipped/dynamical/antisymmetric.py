"""AntisymmetricRNN: a flow that neither grows nor fades."""

from __future__ import annotations

from typing import Any

from elman._arguments import number
from elman.cells._cell import Cell
from elman.cells.equations._draws import Normal
from elman.cells.equations._functions import Value, sigmoid, tanh
from elman.cells.equations._transforms import Antisymmetric


class AntisymmetricRNN(Cell):
    """The antisymmetric recurrent network: Chang et al. 2019.

    ::

        a_t = (W − Wᵀ − γ I) h_{t−1}
        h_t = h_{t−1} + ε z_t ∘ tanh(a_t + W_xa x_t + b_a)

    with z_t = σ(a_t + W_xz x_t + b_z) (``gated``) or 1. The eigenvalues of W − Wᵀ are
    imaginary, γ damps what the steps of length ε add. W is stored, and starts normally
    with a deviation of 1/√H.

    Parameters
    ----------
    epsilon : float
        ε, the step in time.
    gamma : float
        γ, the damping.
    gated : bool
    """

    source = "Chang, Chen, Haber and Chi, AntisymmetricRNN: a dynamical system view on "
    source += "recurrent neural networks, 2019"
    use = (
        "For long sequences with few parameters and steady gradients, at half a GRU's "
        "cost. It never forgets of itself: where old input has to be dropped, take a "
        "gated cell."
    )
    epsilon: float = 0.1
    gamma: float = 0.01
    gated: bool = True
    init = {  # noqa: RUF012 - data, never changed
        "weight_hh": Normal(),
        "weight_ih": Normal(),
        "bias": 0.0,
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name in ("epsilon", "gamma"):
            number(f"AntisymmetricRNN: {name}", getattr(self, name), zero=True)
        self.transforms = {"weight_hh": Antisymmetric(self.gamma)}

    def step(self, x: Value, h: Value) -> Value:
        """Return the new state."""
        flow = self.linear("s", h, bias=False)
        change = self.gate("a", tanh(flow + self.linear("a", x)))
        if self.gated:
            change = self.gate("z", sigmoid(flow + self.linear("z", x))) * change
        return h + self.epsilon * change
