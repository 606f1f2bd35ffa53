"""Column scaling that one wild value can neither break nor stretch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# A Gaussian column keeps values within ±27 standard deviations, so that only
# what no process of this kind produced is touched.
_REACH = 5.0


class ClippedScaler:
    r"""Clip what lies far outside the bulk of a column, then standardise.

    With :math:`q_1, q_{99}` the 1st and 99th percentile of the column and
    :math:`r = q_{99} - q_1`, values are clipped to
    :math:`[q_1 - 5 r,\; q_{99} + 5 r]`; mean and standard deviation are taken
    over the values inside. Where more than 98 % of the values are equal (a rain
    gauge), the percentiles are those of the others and that value.

    Attributes
    ----------
    mean, scale, low, high : ndarray
        Shape (C,), float64. ``scale`` is 1 for a constant column.
    """

    def __init__(
        self,
        mean: NDArray[np.float64],
        scale: NDArray[np.float64],
        low: NDArray[np.float64],
        high: NDArray[np.float64],
    ) -> None:
        self.mean = mean
        self.scale = scale
        self.low = low
        self.high = high

    @classmethod
    def fit(cls, values: NDArray[np.floating]) -> ClippedScaler:
        """Return the scaler of these rows.

        Parameters
        ----------
        values : ndarray
            (n, C); NaN is missing. A column without values gets mean 0.
        """
        columns = [_bounds(column) for column in np.asarray(values, np.float64).T]
        mean, scale, low, high = (
            np.array([c[i] for c in columns], dtype=np.float64) for i in range(4)
        )
        return cls(mean, scale, low, high)

    def transform(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return clipped, standardised values; NaN stays NaN."""
        return (np.clip(values, self.low, self.high) - self.mean) / self.scale

    def inverse(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return values in the column's own units."""
        return values * self.scale + self.mean

    def clipped(self, values: NDArray[np.floating], names: Sequence[str]) -> list[str]:
        """Return a line for each column in which values were clipped."""
        notes = []
        for j, name in enumerate(names):
            column = values[:, j]
            outside = (column < self.low[j]) | (column > self.high[j])
            if outside.any():
                worst = column[outside][np.argmax(np.abs(column[outside]))]
                notes.append(
                    f"{name}: clipped {int(outside.sum())} of {len(column):,} values "
                    f"to [{self.low[j]:.4g}, {self.high[j]:.4g}]; the farthest was "
                    f"{worst:.6g}"
                )
        return notes

    def tensors(self, prefix: str) -> dict[str, Tensor]:
        """Return the scaler as tensors named ``prefix.mean`` and so on."""
        return {
            f"{prefix}.{name}": torch.from_numpy(getattr(self, name).copy())
            for name in ("mean", "scale", "low", "high")
        }

    @classmethod
    def from_tensors(cls, prefix: str, tensors: dict[str, Tensor]) -> ClippedScaler:
        """Return the scaler that `tensors` described."""
        return cls(
            *(
                tensors[f"{prefix}.{name}"].numpy()
                for name in ("mean", "scale", "low", "high")
            )
        )


def _bounds(column: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Return mean, scale, low and high of one column."""
    known = column[np.isfinite(column)]
    if not len(known):
        return 0.0, 1.0, -np.inf, np.inf
    bulk = known
    q1, q99 = _percentiles(bulk)
    if q1 == q99:
        bulk = np.append(known[known != q1], q1)
        q1, q99 = _percentiles(bulk)
    reach = _REACH * (q99 - q1)
    low, high = q1 - reach, q99 + reach
    inside = known[(known >= low) & (known <= high)]
    scale = float(inside.std())
    tiny = 1e-12 * max(1.0, float(np.abs(inside).max()))
    return float(inside.mean()), scale if scale > tiny else 1.0, low, high


def _percentiles(values: NDArray[np.float64]) -> tuple[float, float]:
    # Rounding inwards keeps a single wild value out of the percentile itself,
    # however few values there are.
    low = np.percentile(values, 1, method="higher")
    high = np.percentile(values, 99, method="lower")
    return float(min(low, high)), float(max(low, high))
