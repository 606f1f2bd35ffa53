"""The orthogonal RNN: what it keeps, it keeps without loss."""

from __future__ import annotations

import math
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

    A step k back comes as Q^k W x, and two neighbouring ones are alike where all angles
    are small: of the last ten, 5.4 of ten are told apart with angles up to a right one,
    drawn by chance, 9.6 with those of ``widest=π``, evenly spaced over the half circle.

    Parameters
    ----------
    map : str
        "cayley" or "exponential", which takes many times as long.
    nonlinearity : str
        φ: "modrelu", as above, or one of an RNN's.
    widest : float
        Q starts as rotations by angles that are evenly spaced from 0 to this one, at
        most π; 0: drawn as above.
    """

    source = "Lezcano-Casado and Martínez-Rubio, Cheap orthogonal constraints in "
    source += "neural networks, 2019"
    use = (
        "Where something has to be held exactly over many steps, and where order "
        "counts: of all cells the best on the digits, at a third of a GRU's weights. "
        "Where neighbouring steps have to be told apart far back, start with widest=π. "
        "It never forgets; where old input has to be dropped take a gated cell, and "
        "where rows are few computing its matrix costs more than the steps."
    )
    map: str = "cayley"
    nonlinearity: str = "modrelu"
    widest: float = 0.0

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
        if not 0 <= self.widest <= math.pi:
            raise InputError(
                f"OrthogonalRNN: widest must be an angle from 0 to π, got {self.widest}"
            )
        self.transforms = {"weight_hh": _MAPS[self.map]}
        cayley = self.map == "cayley"
        turns = Rotations(cayley, SCALE, self.widest)
        self.init = {"weight_ih": HeNormal(), "weight_hh": turns}

    def keeping_order(self, steps: int) -> dict[str, Any]:
        """Return the angles that tell the most steps apart."""
        return {"widest": math.pi}

    def step(self, x: Value, h: Value) -> Value:
        """Return the new state."""
        if self.nonlinearity != "modrelu":
            return activation_of(self, "nonlinearity")(self.linear("h", x, h))
        a = self.linear("h", x, h, bias=False)
        size = relu(abs(a) + self.unit("offset", Uniform(-0.01, 0.01)))
        return where(a > 0, size, where(a < 0, -size, a))  # a: 0, or NaN
