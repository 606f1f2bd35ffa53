"""LinOSS: linear oscillators, one a unit."""

from __future__ import annotations

from typing import Any

from elman._errors import InputError
from elman.cells._cell import Cell
from elman.cells.equations._draws import FanIn, Geometric, Uniform
from elman.cells.equations._functions import Value, relu, sigmoid


class LinOSS(Cell):
    """The linear oscillatory state-space model: Rusch and Rus 2025.

    ::

        z_t = S ∘ (z_{t−1} − Δ ∘ A ∘ y_{t−1} + Δ ∘ B x_t)
        y_t = y_{t−1} + Δ ∘ z_t
        h_t = C y_t + D x_t

    with A = relu(Â), Δ = σ(Δ̂) and S = 1 / (1 + Δ² A) (``scheme="im"``: implicit, the
    oscillations die out slowly) or S = 1 (``"imex"``: they stay). Â and Δ̂ start even
    between 0 and 1, B and C within ±1/√fan-in. Here B and C are real, and D is a full
    matrix. The cell is linear: nonlinear layers belong between several.

    What a unit holds of an input is a sine of the time since; an even memory of all
    steps, which adding asks for, takes units that turn less than once in all of them.
    A unit turns by about Δ√A and shrinks by √S a step, with Δ near 0.6 at the start:
    with A even between 0 and 1, of 64 units about eight keep a tenth over 100 steps,
    and they turn up to three times. With ``slowest``, a pull A of that size, ln A
    starts even between ln ``slowest`` and 0; 1/T² is a tenth of a turn in T steps.
    That keeps sums; what has to stay in order needs units that turn (``"imex"``).

    Parameters
    ----------
    scheme : str
        "im" or "imex".
    slowest : float
        The least A at a start that is even in ln A; 0: even in A, as in the article.
    """

    source = "Rusch and Rus, Oscillatory state-space models, 2025"
    use = (
        "For very long signals that oscillate, between nonlinear layers, at half a "
        "GRU's cost. By itself it is linear; few of its oscillations last for a "
        "hundred steps at the start, so whether it learns to add depends on the seed: "
        "start with slow ones, slowest=1/T²."
    )
    states = ("h", "y", "z")
    gates = ("u", "h")
    dropped = ("y",)
    parts = (("y", "z"),)
    scheme: str = "im"
    slowest: float = 0.0
    init = {  # noqa: RUF012 - data, never changed
        "weight_ih": FanIn(1.0),
        "weight_hh": FanIn(1.0),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if self.scheme not in ("im", "imex"):
            raise InputError(
                f"LinOSS: scheme must be 'im' or 'imex', got {self.scheme!r}"
            )
        if not 0 <= self.slowest < 1:
            raise InputError(
                f"LinOSS: slowest must be from 0 to below 1, got {self.slowest}; 1/T² "
                "for T steps"
            )

    def lasting(self, steps: int) -> dict[str, Any]:
        """Return a start with units that turn by a tenth of a turn in so many steps."""
        return {"slowest": min(self.slowest or 1.0, 1.0 / steps**2)}

    def keeping_order(self, steps: int) -> dict[str, Any]:
        """Return the scheme whose oscillations stay."""
        return {"scheme": "imex"}

    def step(
        self, x: Value, h: Value, y: Value, z: Value
    ) -> tuple[Value, Value, Value]:
        """Return the new output, positions and velocities."""
        slow = self.slowest > 0
        start = Geometric(self.slowest, 1.0) if slow else Uniform(0.0, 1.0)
        pull = relu(self.unit("pull", start))
        rate = sigmoid(self.unit("rate", Uniform(0.0, 1.0)))
        driven = z - rate * pull * y + rate * self.linear("u", x, bias=False)
        implicit = self.scheme == "im"
        z = 1 / (1 + rate * rate * pull) * driven if implicit else driven
        y = y + rate * z
        return self.linear("h", x, y, bias=False), y, z
