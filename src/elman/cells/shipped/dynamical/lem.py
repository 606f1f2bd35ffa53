"""LEM: two memories, each with a time scale of its own for every unit."""

from __future__ import annotations

from typing import Any

from elman._arguments import number
from elman._errors import InputError
from elman.cells._cell import Cell
from elman.cells.equations._functions import Value, sigmoid, tanh


class LEM(Cell):
    """Long expressive memory: Rusch et al. 2022.

    ::

        p_t = σ(W_xp x_t + W_hp h_{t−1} + b_p)       q likewise
        z_t = (1 − Δ p_t) ∘ z_{t−1} + Δ p_t ∘ tanh(W_xz x_t + W_hz h_{t−1} + b_z)
        h_t = (1 − Δ q_t) ∘ h_{t−1} + Δ q_t ∘ tanh(W_xh x_t + W_zh z_t + b_h)

    All parameters start evenly within ±1/√H, as in the authors' code.

    Parameters
    ----------
    dt : float
        Δ, from 0 to 1: 1/Δ steps are what a unit remembers at least. The authors
        take 1 unless the dependence is long, and 0.024 for adding over 2,000 steps.
    """

    source = "Rusch, Mishra, Erichson and Mahoney, Long expressive memory for sequence "
    source += "modeling, 2022"
    use = (
        "For long sequences with events at several time scales: with GRU and RHN ahead "
        "on both tasks. It costs a third more than a GRU."
    )
    states = ("h", "z")
    gates = ("p", "q", "z", "h")
    dt: float = 1.0

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if number("LEM: dt", self.dt) > 1:
            raise InputError(f"LEM: dt must be above 0 and at most 1, got {self.dt}")

    def step(self, x: Value, h: Value, z: Value) -> tuple[Value, Value]:
        """Return the new output and the slower memory."""
        p = self.dt * self.gate("p", sigmoid(self.linear("p", x, h)))
        q = self.dt * self.gate("q", sigmoid(self.linear("q", x, h)))
        z = (1 - p) * z + p * tanh(self.linear("z", x, h))
        return (1 - q) * h + q * tanh(self.linear("h", x, z)), z
