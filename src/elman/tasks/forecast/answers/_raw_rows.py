"""Rows of a series before they are scaled: what a fitted forecaster goes on from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.data import RegularSeries, TimeAxis
from elman.tasks.forecast.columns._columns import encode
from elman.tasks.forecast.columns._preparation import (
    Preparation,
    Prepared,
    target_values,
)

Array = NDArray[np.float64]
# So many steps may be missing between rows and those that go on after them.
_MOST_BETWEEN = 10_000
_FEWEST = 6
_UNITS = ("s", "ms", "us")


@dataclass(frozen=True)
class RawRows:
    """Targets and covariates as numbers, NaN where missing, a row a step.

    Attributes
    ----------
    axis : TimeAxis
        The times of the rows.
    raw, known, past : ndarray
        (T, ·): the targets in their units, the encoded covariates.
    """

    axis: TimeAxis
    raw: Array
    known: Array
    past: Array

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.raw)

    @classmethod
    def of(
        cls, series: RegularSeries, preparation: Preparation, *, future: bool = False
    ) -> RawRows:
        """Return the rows of a series; of a future one what is known of it."""
        frame = series.frame
        raw = target_values(frame, preparation.targets)
        known = encode(frame, preparation.known)
        if future:
            width = len(preparation.scalers["past"].mean)
            return cls(series.axis, raw, known, np.full((len(frame), width), np.nan))
        return cls(series.axis, raw, known, encode(frame, preparation.past))

    @classmethod
    def last(
        cls, series: RegularSeries, preparation: Preparation, rows: int, memory: int
    ) -> tuple[RawRows, int]:
        """Return what forecasts after the first ``rows`` rows start from, and where.

        The rows ahead, whose known covariates may be there, are kept as well.
        """
        # The mean over a season at the first step of a window looks so far back.
        start = max(0, rows - 2 * memory - _FEWEST)
        part = slice(start, None)
        axis = replace(series.axis, values=series.axis.values[part])
        cut = replace(series, frame=series.frame[part], axis=axis)
        return cls.of(cut, preparation), rows - start

    def part(self, rows: slice) -> RawRows:
        """Return some of the rows."""
        axis = replace(self.axis, values=self.axis.values[rows])
        return RawRows(axis, self.raw[rows], self.known[rows], self.past[rows])

    def extended(self, length: int) -> RawRows:
        """Return the rows with missing ones after them, at least ``length`` in all."""
        lacking = length - len(self)
        if lacking <= 0:
            return self
        axis = replace(self.axis, values=self.axis.extended(length))
        parts = (
            np.concatenate([values, np.full((lacking, values.shape[1]), np.nan)])
            for values in (self.raw, self.known, self.past)
        )
        return RawRows(axis, *parts)

    def followed_by(self, later: RawRows) -> RawRows | None:
        """Return these rows and others that go on after them, or None if they do not.

        Rows without times go on after the last one; with times, steps between the
        two are missing rows.
        """
        between = 0
        if later.axis.columns:
            if later.axis.freq != self.axis.freq:
                return None
            ahead = self.axis.after(_MOST_BETWEEN)
            between = int(np.searchsorted(ahead, later.axis.values[0]))
            if between == len(ahead) or ahead[between] != later.axis.values[0]:
                return None
        first = self.extended(len(self) + between)
        axis = replace(self.axis, values=self.axis.extended(len(first) + len(later)))
        parts = (
            np.concatenate([getattr(first, name), getattr(later, name)])
            for name in ("raw", "known", "past")
        )
        return RawRows(axis, *parts)

    def prepared(self, preparation: Preparation) -> Prepared:
        """Return the arrays that are learned from."""
        return preparation.prepared(self.axis.values, self.raw, self.known, self.past)

    def dump(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Return plain values and tensors."""
        axis, values = self.axis, self.axis.values
        unit = np.datetime_data(values.dtype)[0] if axis.is_dated else ""
        numbers = values.astype(np.int64) if axis.is_dated else values
        described = {
            **axis.describe(),
            "time": unit,
        }
        arrays = {"time": numbers, "raw": self.raw, "known": self.known}
        arrays |= {"past": self.past}
        tensors = {
            f"recent.{name}": torch.from_numpy(np.ascontiguousarray(values))
            for name, values in arrays.items()
        }
        return described, tensors

    @classmethod
    def restore(cls, described: dict[str, Any], tensors: dict[str, Tensor]) -> RawRows:
        """Return what `dump` described."""
        described = dict(described)
        unit = described.pop("time", "")
        if unit not in ("", *_UNITS):
            raise ValueError(f"times in units of {unit!r:.20}")
        values = tensors["recent.time"].numpy()
        if unit:
            values = values.astype(f"datetime64[{unit}]")
        return cls(
            TimeAxis.from_description(described, values),
            *(tensors[f"recent.{name}"].numpy() for name in ("raw", "known", "past")),
        )
