"""HGRN: a forget gate that never falls below a bound."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from elman._errors import InputError
from elman.cells._cell import Cell
from elman.cells.equations._draws import Ladder
from elman.cells.equations._functions import Value, cos, exp, sigmoid, sin


class HGRN(Cell):
    """The hierarchically gated recurrent network: Qin, Yang and Zhong 2023.

    ::

        f_t = γ + (1 − γ) σ(W_f x_t + b_f)
        n_t = a σ(a) with a = W_n x_t + b_n
        s_t = f_t ∘ s_{t−1} + (1 − f_t) ∘ n_t
        h_t = σ(W_o x_t + b_o) ∘ s_t

    The bound γ grows from layer to layer in the article, so that upper layers keep for
    longer; give each layer its own. The article normalises o ∘ s. Its first form has a
    complex state, which ``angle`` gives, real and imaginary parts as states of their
    own, ``re`` and ``im``::

        s_t = f_t ∘ e^{iθ} ∘ s_{t−1} + (1 − f_t) ∘ (n_t + i m_t)
        h_t = σ(W_o x_t + b_o) ∘ Re s_t + σ(W_p x_t + b_p) ∘ Im s_t

    with m as n. Where the article has a matrix after that, the next layer has one.

    Parameters
    ----------
    lower : float
        γ, from 0 to below 1.
    signed : bool
        The decay of s is 2f − 1, between 2γ − 1 and 1, and what is written stays, as
        Grazzi et al. 2025 widen the range of scans. Of a real state only.
    angle : str
        θ: "none", for a real state; "fixed", one number a unit, from 1 falling to
        1e-8 over the units as in the authors' code, learned as its logarithm; "input",
        2 arctan(W_t x_t + b_t), so that what is read decides how far the state turns.
    """

    source = "Qin, Yang and Zhong, Hierarchically gated recurrent neural network for "
    source += "sequence modeling, 2023"
    use = (
        "For long sequences at two fifths of a GRU's cost, in stacks; give upper "
        "layers a larger bound. One layer knows little of order, as its gates see the "
        "present step only."
    )
    states: ClassVar[tuple[str, ...]] = ("h", "s")
    gates: ClassVar[tuple[str, ...]] = ("f", "n", "o")
    dropped = ()
    lower: float = 0.0
    signed: bool = False
    angle: str = "none"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if not 0 <= self.lower < 1:
            raise InputError(f"HGRN: lower must be from 0 to below 1, got {self.lower}")
        if self.angle not in ("none", "fixed", "input"):
            raise InputError(
                f"HGRN: angle must be 'none', 'fixed' or 'input', got {self.angle!r}"
            )
        if self.angle == "none":
            return
        if self.signed:
            raise InputError(
                "HGRN: signed=True is for a real state; an angle of "
                f"{self.angle!r} turns to −1 by itself, so leave one of them out"
            )
        turns = ("t",) if self.angle == "input" else ()
        self.states = ("h", "re", "im")  # type: ignore[misc]
        self.parts = (("re", "im"),)  # type: ignore[misc]
        self.gates = ("f", "n", "m", "o", "p", *turns)  # type: ignore[misc]

    def step(self, x: Value, h: Value, *state: Value) -> tuple[Value, ...]:
        """Return the new output and memory."""
        f = sigmoid(self.linear("f", x))
        f = self.gate("f", self.lower + (1 - self.lower) * f)
        n = self._written("n", x)
        if self.angle == "none":
            a = self.gate("a", 2 * f - 1) if self.signed else f
            s = a * state[0] + (1 - f) * n
            return self._let_out("o", x) * s, s
        real, imaginary = (f * part for part in self._turn(x))
        re = real * state[0] - imaginary * state[1] + (1 - f) * n
        im = real * state[1] + imaginary * state[0] + (1 - f) * self._written("m", x)
        return self._let_out("o", x) * re + self._let_out("p", x) * im, re, im

    def _turn(self, x: Value) -> tuple[Value, Value]:
        """Return the cosine and the sine of the angle."""
        if self.angle == "fixed":
            angle = exp(self.unit("theta", Ladder(0.0, -2.0 * math.log(1e4))))
            return cos(angle), sin(angle)
        t = self.linear("t", x)
        shared = 2 / (1 + t * t)
        return shared - 1, t * shared

    def _written(self, name: str, x: Value) -> Value:
        a = self.linear(name, x)
        return self.gate(name, a * sigmoid(a))

    def _let_out(self, name: str, x: Value) -> Value:
        return self.gate(name, sigmoid(self.linear(name, x)))
