"""IndRNN: every unit sees its own past only."""

from __future__ import annotations

from typing import Any

from elman._errors import InputError
from elman.cells._cell import Cell
from elman.cells.equations._draws import Normal, Uniform
from elman.cells.equations._functions import Value
from elman.cells.shipped.rnn import activation_of


class IndRNN(Cell):
    """The independently recurrent network: Li et al. 2018.

    ::

        h_t = φ(W x_t + u ∘ h_{t−1} + b)

    u starts evenly between 0 and 1 and stays within ±2^(1/T), T steps to remember, so
    that no unit grows by more than a factor of two over them.

    One layer cannot tell by its mark which number to keep: a unit that is to hold what
    it has, with u near 1, must not be moved by the steps without a mark, so its sum
    does not see the number. A layer before it can, and so can units of a first layer
    that keep nothing.

    Parameters
    ----------
    activation : str
        φ: relu, tanh, sigmoid, identity or softplus.
    longest : float
        T; 0: any number, so that u stays within ±1.
    """

    source = "Li et al., Independently recurrent neural network, 2018"
    use = (
        "In stacks of several layers, for long sequences: the cheapest cell, a sixth "
        "of a GRU. Units do not see each other within a layer, and one that keeps what "
        "it holds cannot read a number by its mark: put it behind another layer."
    )
    activation: str = "relu"
    longest: float = 0.0
    init = {"weight_ih": Normal(0.001), "bias": 0.0}  # noqa: RUF012 - never changed

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        activation_of(self, "activation")
        if self.longest < 0:
            raise InputError(f"IndRNN: longest must be at least 0, got {self.longest}")
        bound = 2.0 ** (1.0 / self.longest) if self.longest else 1.0
        self.limits = {"u": (-bound, bound)}

    def step(self, x: Value, h: Value) -> Value:
        """Return the new state."""
        a = self.linear("h", x) + self.unit("u", Uniform(0.0, 1.0)) * h
        return activation_of(self, "activation")(a)
