"""The time since the step before, as a channel and as a cell takes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]

_FAR = 100.0  # median gaps, as a cell takes them


@dataclass(frozen=True)
class Gaps:
    r"""Scales of the time since the step before, :math:`\Delta`.

    .. math:: \text{channel: } \frac{\log(1 + \Delta / m) - \mu}{\sigma}, \qquad
              \text{a cell takes } \Delta / m

    with the median m of the gaps above zero in the training part. The first step of a
    sequence has none before it, and the median in its place.

    Attributes
    ----------
    median, mean, deviation : float
    """

    median: float
    mean: float
    deviation: float

    @classmethod
    def fit(cls, gaps: Array) -> Gaps:
        """Return the scales of these gaps, NaN where there is none."""
        known = gaps[~np.isnan(gaps)]
        above = known[known > 0]
        median = float(np.median(above)) if len(above) else 1.0
        logs = np.log1p(known / median) if len(known) else np.zeros(1)
        deviation = float(logs.std())
        return cls(median, float(logs.mean()), deviation if deviation > 1e-9 else 1.0)

    def relative(self, gaps: Array) -> Array:
        """Return gaps in units of the median, at most 100."""
        return np.minimum(np.nan_to_num(gaps / self.median, nan=1.0), _FAR)

    def scaled(self, gaps: Array) -> Array:
        """Return the channel."""
        return (np.log1p(self.relative(gaps)) - self.mean) / self.deviation

    def tensor(self) -> Tensor:
        """Return the scales, for a file."""
        found = [self.median, self.mean, self.deviation]
        return torch.tensor(found, dtype=torch.float64)

    @classmethod
    def from_tensor(cls, stored: Tensor) -> Gaps:
        """Return what `tensor` said."""
        return cls(*(float(value) for value in stored))
