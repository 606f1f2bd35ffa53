"""The orthogonal RNN: what it keeps, it keeps without loss."""

from __future__ import annotations

from typing import Any

from elman._errors import InputError
from elman.cells._cell import Cell
from elman.cells.equations._draws import HeNormal, Rotations, Uniform
from elman.cells.equations._functions import Value, relu, where
from elman.cells.equations._transforms import Cayley, Exponential, Transform

from .rnn import ACTIVATIONS, activation_of

SCALE = 0.1
_MAPS: dict[str, Transform] = {
    "cayley": Cayley(SCALE),
    "exponential": Exponential(SCALE),
}


class OrthogonalRNN(Cell):
    """A simple recurrent network with an orthogonal matrix: Lezcano-Casado 2019.

    ::

        h_t = φ(Q h_{t−1} + W x_t),  φ(a) = sign(a) relu(|a| + b)

    Q is computed from the stored matrix at every call and stays orthogonal under any
    optimiser: with A a tenth of the lower triangle of what is stored less its
    transpose, Cayley's (1 + A)⁻¹ (1 − A) (Helfrich, Willmott and Ye 2018) or e^A. The
    tenth gives A a tenth of the other parameters' rate, which the authors found best.
    Q starts as rotations of pairs of units by angles even from 0 to a right angle
    (with e^A within ±π), b, stored as ``offset``, within ±0.01, W as He et al. 2015
    do, as in their code.

    Parameters
    ----------
    map : str
        "cayley" or "exponential", which takes many times as long.
    nonlinearity : str
        φ: "modrelu", as above, or one of an RNN's.
    """

    source = "Lezcano-Casado and Martínez-Rubio, Cheap orthogonal constraints in "
    source += "neural networks, 2019"
    use = (
        "Where something has to be held exactly over many steps, and where order "
        "counts: of all cells the best on the digits, at a third of a GRU's weights. "
        "It never forgets; where old input has to be dropped take a gated cell, and "
        "where rows are few computing its matrix costs more than the steps."
    )
    map: str = "cayley"
    nonlinearity: str = "modrelu"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if self.map not in _MAPS:
            raise InputError(
                f"OrthogonalRNN: map must be one of {', '.join(_MAPS)}, got "
                f"{self.map!r}"
            )
        if self.nonlinearity != "modrelu" and self.nonlinearity not in ACTIVATIONS:
            raise InputError(
                "OrthogonalRNN: nonlinearity must be one of modrelu, "
                f"{', '.join(ACTIVATIONS)}, got {self.nonlinearity!r}"
            )
        self.transforms = {"weight_hh": _MAPS[self.map]}
        cayley = self.map == "cayley"
        self.init = {"weight_ih": HeNormal(), "weight_hh": Rotations(cayley, SCALE)}

    def step(self, x: Value, h: Value) -> Value:
        """Return the new state."""
        if self.nonlinearity != "modrelu":
            return activation_of(self, "nonlinearity")(self.linear("h", x, h))
        a = self.linear("h", x, h, bias=False)
        size = relu(abs(a) + self.unit("offset", Uniform(-0.01, 0.01)))
        return where(a > 0, size, where(a < 0, -size, a))  # a: 0, or NaN
