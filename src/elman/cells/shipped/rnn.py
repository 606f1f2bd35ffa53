"""The simple recurrent network: Elman, "Finding structure in time", 1990."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from elman._errors import InputError, did_you_mean
from elman.cells._cell import Cell
from elman.cells.equations._functions import Value, relu, sigmoid, softplus, tanh


def _identity(value: Value) -> Value:
    return value


ACTIVATIONS: dict[str, Callable[[Value], Value]] = {
    "tanh": tanh,
    "relu": relu,
    "sigmoid": sigmoid,
    "identity": _identity,
    "softplus": softplus,
}
"""What ``nonlinearity`` and ``activation`` may be."""


def activation_of(cell: Cell, name: str) -> Callable[[Value], Value]:
    """Return an activation by the option of a cell that names it."""
    chosen = getattr(cell, name)
    if chosen not in ACTIVATIONS:
        raise InputError(
            f"{type(cell).__name__}: {name} must be one of {', '.join(ACTIVATIONS)}, "
            f"got {chosen!r}{did_you_mean(str(chosen), ACTIVATIONS)}"
        )
    return ACTIVATIONS[chosen]


class RNN(Cell):
    """The simple recurrent network: Elman 1990.

    ::

        h_t = φ(W_x x_t + W_h h_{t−1} + b)

    As it starts, W_h shrinks what it multiplies, and so does the slope of tanh: a
    gradient is at a thousandth after some ten steps.

    Parameters
    ----------
    nonlinearity : str
        φ: tanh, relu, sigmoid, identity or softplus.
    """

    source = "Elman, Finding structure in time, 1990"
    use = (
        "As a baseline, and where some ten steps matter: a third of a GRU's cost, but "
        "its gradients fade, and it does not learn to add over 100 steps. Made "
        "orthogonal (OrthogonalRNN) or as prescribed it reaches further."
    )
    nonlinearity: str = "tanh"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        activation_of(self, "nonlinearity")

    def step(self, x: Value, h: Value) -> Value:
        """Return the new state."""
        return activation_of(self, "nonlinearity")(self.linear("h", x, h))
