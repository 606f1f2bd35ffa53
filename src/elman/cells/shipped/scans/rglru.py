"""RG-LRU: a real decay that the input gates."""

from __future__ import annotations

from typing import Any

from elman._errors import InputError
from elman.cells._cell import Cell
from elman.cells.equations._draws import Normal, SoftplusRing
from elman.cells.equations._functions import (
    Value,
    exp,
    maximum,
    sigmoid,
    softplus,
    sqrt,
)


class RGLRU(Cell):
    """The real-gated linear recurrent unit: De et al. 2024.

    ::

        r_t = σ(W_r x_t + b_r),  i_t = σ(W_i x_t + b_i)
        a_t = exp(−8 r_t ∘ softplus(Λ))
        h_t = a_t ∘ h_{t−1} + √(1 − a_t²) ∘ i_t ∘ W_v x_t

    Λ starts as the authors' code does: exp(−softplus(Λ)) even by area over the ring
    between ``smallest`` and ``largest``. In the article x is as wide as h; W_v makes
    it so. No weights see the state, so recurrent dropout has nothing to hide.

    Parameters
    ----------
    smallest, largest : float
    signed : bool
        The decay is 2 a_t − 1, between −1 and 1, also below the root, as Grazzi et al.
        2025 widen the range of scans.
    """

    source = "De et al., Griffin: mixing gated linear recurrences with local attention "
    source += "for efficient language models, 2024"
    use = (
        "For long sequences at two fifths of a GRU's cost, in stacks with pointwise "
        "layers between; of the scans it learns to add soonest. One layer's decay sees "
        "the present step only, so order needs a second."
    )
    gates = ("r", "i", "v")
    dropped = ()
    smallest: float = 0.9
    largest: float = 0.999
    signed: bool = False
    init = {"weight_ih": Normal(), "bias": 0.0}  # noqa: RUF012 - never changed

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if not 0 < self.smallest < self.largest < 1:
            raise InputError(
                f"RGLRU: smallest and largest must be 0 < smallest < largest < 1, got "
                f"{self.smallest} and {self.largest}"
            )

    def step(self, x: Value, h: Value) -> Value:
        """Return the new state."""
        r = sigmoid(self.linear("r", x))
        i = sigmoid(self.linear("i", x))
        start = SoftplusRing(self.smallest, self.largest)
        rate = softplus(self.unit("decay", start))
        if self.signed:
            # √(1 − (2p − 1)²) = 2 √p √(1 − p), whose slope is finite at both ends.
            root = exp(-4.0 * r * rate)
            p = root * root
            a = self.gate("a", 2 * p - 1)
            factor = 2 * root * sqrt(maximum(1 - p, 1e-12))
        else:
            a = self.gate("a", exp(-8.0 * r * rate))
            factor = sqrt(maximum(1 - a * a, 1e-12))  # its slope at a = 1 is not finite
        return a * h + factor * (i * self.linear("v", x, bias=False))
