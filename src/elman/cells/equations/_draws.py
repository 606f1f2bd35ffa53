"""How parameters start, as data: drawn in NumPy from numbers that a caller supplies.

So a layer draws from torch's generator, a test from NumPy's, and both get what the
cell says.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from elman._errors import InputError
from elman.cells._arrays import Array, np

Source = Callable[[tuple[int, ...]], Array]
"""From a shape to independent numbers in [0, 1)."""


class Draw(Protocol):
    """A way to start a parameter."""

    def draw(self, shape: tuple[int, ...], hidden: int, source: Source) -> Array:
        """Return an array of this shape for a layer of `hidden` units."""


@dataclass(frozen=True)
class Constant:
    """The same value everywhere."""

    value: float

    def draw(self, shape: tuple[int, ...], hidden: int, source: Source) -> Array:
        """Return it."""
        return np.full(shape, self.value)


@dataclass(frozen=True)
class Uniform:
    """Evenly between two numbers; default ±1/√H, as torch's layers start."""

    low: float | None = None
    high: float | None = None

    def draw(self, shape: tuple[int, ...], hidden: int, source: Source) -> Array:
        """Return it."""
        bound = 1.0 / math.sqrt(max(hidden, 1))
        low = -bound if self.low is None else self.low
        high = bound if self.high is None else self.high
        return low + (high - low) * source(shape)


@dataclass(frozen=True)
class Normal:
    """Normally around 0; default deviation 1/√fan-in."""

    deviation: float | None = None

    def draw(self, shape: tuple[int, ...], hidden: int, source: Source) -> Array:
        """Return it."""
        deviation = self.deviation
        if deviation is None:
            deviation = 1.0 / math.sqrt(max(shape[-1], 1))
        return deviation * _normal(shape, source)


@dataclass(frozen=True)
class HeNormal:
    """Normally around 0 with a deviation of √(2/fan-in), as He et al. 2015."""

    def draw(self, shape: tuple[int, ...], hidden: int, source: Source) -> Array:
        """Return it."""
        return Normal(math.sqrt(2.0 / max(shape[-1], 1))).draw(shape, hidden, source)


@dataclass(frozen=True)
class FanIn:
    """Evenly within ± a gain over √fan-in."""

    gain: float = 1.0

    def draw(self, shape: tuple[int, ...], hidden: int, source: Source) -> Array:
        """Return it."""
        bound = self.gain / math.sqrt(max(shape[-1], 1))
        return bound * (2.0 * source(shape) - 1.0)


@dataclass(frozen=True)
class Orthogonal:
    """Each square block orthogonal, times a gain."""

    gain: float = 1.0

    def draw(self, shape: tuple[int, ...], hidden: int, source: Source) -> Array:
        """Return it."""
        rows, columns = _matrix(shape, self)
        found = np.empty(shape)
        for first in range(0, rows, max(columns, 1)):
            block = found[first : first + columns]
            q, r = np.linalg.qr(_normal((columns, columns), source))
            q *= np.where(np.diag(r) < 0, -1.0, 1.0)  # evenly over all of them
            block[:] = self.gain * q[: len(block)]
        return found


@dataclass(frozen=True)
class Identity:
    """Each square block a multiple of the identity."""

    gain: float = 1.0

    def draw(self, shape: tuple[int, ...], hidden: int, source: Source) -> Array:
        """Return it."""
        rows, columns = _matrix(shape, self)
        blocks = -(-rows // max(columns, 1))
        return np.tile(self.gain * np.eye(columns), (blocks, 1))[:rows]


@dataclass(frozen=True)
class Rotations:
    """What `Exponential` makes rotations of pairs of units by angles even within ±π.

    Henaff, Szlam and LeCun 2016. For `Cayley` the angles are even from 0 to a right
    angle, as in Helfrich, Willmott and Ye 2018. With ``widest``, nothing is drawn: the
    angles are the middles of as many equal parts from 0 to it as there are pairs.
    ``scale`` is the transform's.
    """

    cayley: bool = False
    scale: float = 1.0
    widest: float = 0.0

    def draw(self, shape: tuple[int, ...], hidden: int, source: Source) -> Array:
        """Return it."""
        rows, columns = _matrix(shape, self)
        found = np.zeros(shape)
        for first in range(0, rows, max(columns, 1)):
            pairs = columns // 2
            lower = np.arange(1, columns, 2)
            if self.widest:
                angles = self.widest * (np.arange(pairs) + 0.5) / max(pairs, 1)
            elif self.cayley:
                angles = 0.5 * np.pi * source((pairs,))
            else:
                angles = np.pi * (2.0 * source((pairs,)) - 1.0)
            value = np.tan(0.5 * angles) if self.cayley else angles
            found[first + lower, lower - 1] = value / self.scale
        return found


@dataclass(frozen=True)
class ChronoBias:
    """ln u with u even between 1 and t − 1: gates that keep for 1 to t steps.

    Tallec and Ollivier, "Can recurrent neural networks warp time?", 2018.
    """

    steps: float
    sign: float = 1.0

    def draw(self, shape: tuple[int, ...], hidden: int, source: Source) -> Array:
        """Return it."""
        most = max(self.steps - 1.0, 1.0)
        return self.sign * np.log(1.0 + (most - 1.0) * source(shape))


@dataclass(frozen=True)
class Ladder:
    """Evenly spaced over the units from one number to another."""

    first: float
    last: float

    def draw(self, shape: tuple[int, ...], hidden: int, source: Source) -> Array:
        """Return it."""
        return np.linspace(self.first, self.last, int(np.prod(shape))).reshape(shape)


@dataclass(frozen=True)
class LogRing:
    """ln(−ln |λ|) for eigenvalues even over a ring: Orvieto et al. 2023, section 3."""

    smallest: float
    largest: float

    def draw(self, shape: tuple[int, ...], hidden: int, source: Source) -> Array:
        """Return it."""
        low, high = self.smallest**2, self.largest**2
        return np.log(-0.5 * np.log(low + (high - low) * source(shape)))


@dataclass(frozen=True)
class SoftplusRing:
    """ln(1/|λ| − 1), so that exp(−softplus) is |λ|, even by area over a ring."""

    smallest: float
    largest: float

    def draw(self, shape: tuple[int, ...], hidden: int, source: Source) -> Array:
        """Return it."""
        low, high = self.smallest**2, self.largest**2
        size = np.sqrt(low + (high - low) * source(shape))
        return np.log(1.0 / size - 1.0)


@dataclass(frozen=True)
class LogUniform:
    """ln of a number even between two."""

    low: float
    high: float

    def draw(self, shape: tuple[int, ...], hidden: int, source: Source) -> Array:
        """Return it."""
        return np.log(self.low + (self.high - self.low) * source(shape))


@dataclass(frozen=True)
class Geometric:
    """Evenly by the logarithm between two positive numbers."""

    low: float
    high: float

    def draw(self, shape: tuple[int, ...], hidden: int, source: Source) -> Array:
        """Return it."""
        return self.low * (self.high / self.low) ** source(shape)


def _matrix(shape: tuple[int, ...], draw: Draw) -> tuple[int, int]:
    if len(shape) != 2:
        raise InputError(
            f"init: {type(draw).__name__} is for matrices such as weight_hh, and a "
            "bias or a parameter of one value a unit has no blocks; give a number, "
            "Uniform or Normal"
        )
    return shape[0], shape[1]


def _normal(shape: tuple[int, ...], source: Source) -> Array:
    """Return standard normal numbers, by Box and Muller."""
    radius = np.sqrt(-2.0 * np.log1p(-source(shape)))
    angle = 2.0 * np.pi * source(shape)
    return np.asarray(radius * np.cos(angle))
