"""UnICORNN: undamped oscillators that do not see each other."""

from __future__ import annotations

from typing import Any

from elman._arguments import number
from elman.cells._cell import Cell
from elman.cells.equations._draws import FanIn, Uniform
from elman.cells.equations._functions import Value, sigmoid, tanh


class UnICORNN(Cell):
    """Undamped independent controlled oscillators: Rusch and Mishra 2021.

    ::

        z_t = z_{t−1} − Δ σ(c) ∘ (tanh(w ∘ h_{t−1} + W x_t + b) + α h_{t−1})
        h_t = h_{t−1} + Δ σ(c) ∘ z_t

    w starts even between 0 and 1, c within ±0.1, W within ±0.3/√I and b at 0, as in
    the authors' code. Units mix between layers alone: take two or more. One layer adds
    up forces that start nearly linear in x (W is small inside tanh), and a number times
    its mark is not linear. No matrix sees the state, so recurrent dropout has nothing
    to hide.

    Parameters
    ----------
    dt : float
        Δ, the step in time.
    alpha : float
        α, a pull back to 0 beside that of w; 0 for the authors' longest sequences, up
        to 31 for images.
    """

    source = "Rusch and Mishra, UnICORNN: a recurrent model for learning very long "
    source += "time dependencies, 2021"
    use = (
        "For very long signals, in stacks of several layers: a fifth of a GRU's cost, "
        "and nothing is ever lost. Units do not see each other within a layer, so it "
        "belongs behind another one."
    )
    states = ("h", "z")
    dropped = ()
    dt: float = 0.2
    alpha: float = 0.0
    init = {  # noqa: RUF012 - data, never changed
        "weight_ih": FanIn((6.0 / 65.0) ** 0.5),
        "bias": 0.0,
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name in ("dt", "alpha"):
            number(f"UnICORNN: {name}", getattr(self, name), zero=name != "dt")

    def step(self, x: Value, h: Value, z: Value) -> tuple[Value, Value]:
        """Return the new positions and velocities."""
        rate = self.dt * sigmoid(self.unit("c", Uniform(-0.1, 0.1)))
        own = self.unit("w", Uniform(0.0, 1.0)) * h
        force = self.gate("a", tanh(self.linear("a", x) + own))
        z = z - rate * (force + self.alpha * h if self.alpha else force)
        return h + rate * z, z
