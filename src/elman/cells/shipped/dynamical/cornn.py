"""coRNN: a network of driven and damped oscillators."""

from __future__ import annotations

from typing import Any

from elman._arguments import number
from elman.cells._cell import Cell
from elman.cells.equations._functions import Value, tanh


class CoRNN(Cell):
    """The coupled oscillatory network: Rusch and Mishra 2021.

    ::

        z_t = z_{t−1} + Δ (tanh(W_x x_t + W_h h_{t−1} + W_z z_{t−1} + b)
                           − γ h_{t−1} − ε z_{t−1})
        h_t = h_{t−1} + Δ z_t

    h are positions, z their velocities; the damping is taken before the step, as in
    the authors' code. At rest h lies within ±1/γ. With the γ of 66 that the authors
    take for adding, that is 0.015, and weights have to grow a hundredfold at first; so
    the defaults are about the same oscillators in units of time in which γ is 1 and h
    within ±1, as the states of other cells are (there Δ √γ is 0.49 and ε Δ 0.9).

    Parameters
    ----------
    dt : float
        Δ, the step in time.
    gamma : float
        γ, the pull back to 0.
    epsilon : float
        ε, the damping.
    """

    source = "Rusch and Mishra, Coupled oscillatory recurrent neural network, 2021"
    use = (
        "For long signals without jumps, where gradients must neither vanish nor "
        "explode, at little more than half a GRU's cost. It is slow to begin and wants "
        "a low rate: it needs six times a GRU's steps for adding, or more."
    )
    states = ("h", "z")
    dt: float = 0.4
    gamma: float = 1.0
    epsilon: float = 2.3
    init = {"bias": 0.0}  # noqa: RUF012 - data, never changed

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name in ("dt", "gamma", "epsilon"):
            number(f"CoRNN: {name}", getattr(self, name), zero=name != "dt")

    def step(self, x: Value, h: Value, z: Value) -> tuple[Value, Value]:
        """Return the new positions and velocities."""
        force = tanh(self.linear("a", x, h, z))
        z = z + self.dt * (force - self.gamma * h - self.epsilon * z)
        return h + self.dt * z, z
