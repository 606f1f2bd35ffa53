"""The linear recurrent unit: a complex diagonal, as two real states."""

from __future__ import annotations

import math
from typing import Any

from elman._errors import InputError
from elman.cells._cell import Cell
from elman.cells.equations._draws import LogRing, LogUniform, Normal
from elman.cells.equations._functions import Value, cos, exp, sin, sqrt


class LRU(Cell):
    """The linear recurrent unit: Orvieto et al. 2023.

    ::

        λ   = exp(−exp(ν) + i exp(θ))
        s_t = λ ∘ s_{t−1} + √(1 − |λ|²) ∘ B x_t
        h_t = Re(C s_t) + D x_t

    Of s the real and imaginary parts are states of their own, ``re`` and ``im``. The
    article learns the factor of B and starts it at √(1 − |λ|²); here it stays there,
    as λ moves. D is a full matrix, so that x may have another width than h. The cell is
    linear: nonlinear layers belong between several.

    Parameters
    ----------
    smallest, largest : float
        |λ| starts even over the ring between them.
    phase : float
        The largest angle of λ at the start.
    """

    source = "Orvieto et al., Resurrecting recurrent neural networks for long "
    source += "sequences, 2023"
    use = (
        "For very long sequences, between nonlinear layers: what it holds turns and "
        "fades as slowly as it has to, and the order of the digits stays readable. By "
        "itself it is linear, so a product needs a layer before it."
    )
    states = ("h", "re", "im")
    gates = ("u", "v", "h")
    dropped = ("re", "im")
    parts = (("re", "im"),)
    smallest: float = 0.0
    largest: float = 1.0
    phase: float = 2.0 * math.pi
    init = {  # noqa: RUF012 - data, never changed
        "weight_ih.u": Normal(),
        "weight_ih.v": Normal(),
        "weight_ih.h": Normal(),
        "weight_hh": Normal(),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if not 0 <= self.smallest < self.largest <= 1:
            raise InputError(
                f"LRU: smallest and largest must be 0 ≤ smallest < largest ≤ 1, got "
                f"{self.smallest} and {self.largest}"
            )

    def lasting(self, steps: int) -> dict[str, Any]:
        """Return a ring whose units lose at most two e-folds over so many steps."""
        return {"smallest": max(self.smallest, math.exp(-2.0 / steps))}

    def step(
        self, x: Value, h: Value, re: Value, im: Value
    ) -> tuple[Value, Value, Value]:
        """Return the new output and both parts of the state."""
        size = exp(-exp(self.unit("nu", LogRing(self.smallest, self.largest))))
        angle = exp(self.unit("theta", LogUniform(1e-6, self.phase)))
        factor = sqrt(1 - size * size)
        real, imaginary = size * cos(angle), size * sin(angle)
        new_re = real * re - imaginary * im + factor * self.linear("u", x, bias=False)
        new_im = real * im + imaginary * re + factor * self.linear("v", x, bias=False)
        return self.linear("h", x, new_re, new_im, bias=False), new_re, new_im
