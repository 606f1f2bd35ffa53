"""Column scaling that one wild value can neither break nor stretch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ._bounds import bounds, spread


class ClippedScaler:
    r"""Clip what lies far outside the bulk of a column, then standardise.

    Values are clipped to what `elman.tasks._bounds.bounds` says; mean and
    standard deviation are taken over the values inside. Flags, categories and
    rare events lie inside.

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
    low, high = bounds(known)
    inside = known[(known >= low) & (known <= high)]
    return float(inside.mean()), spread(inside), low, high
