"""The regular axis a series lives on: seconds, weekdays, months, or plain counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._spacing import Spacing, place_units


@dataclass(frozen=True)
class TimeAxis:
    """An evenly spaced axis: element t is ``start + t·stride`` in its unit.

    Attributes
    ----------
    columns : tuple of str
        The columns the times came from; empty when rows are counted.
    values : numpy.ndarray
        Shape (T,): datetime64[s], in ms or us where steps lie below a second;
        or int64 for counts, float64 where counts have decimals.
    unit : {"seconds", "months", "counts", "weekdays"}
        What one unit of the stride is.
    stride : int
        Units, or parts of one, from one element to the next.
    per : int
        Parts of a unit: 1, or 1000 for a stride in thousandths.
    week : str
        For weekdays: seven digits from Monday on, 1 for a day that counts.
    local : bool
        Whether the steps are even on local clocks only.
    """

    columns: tuple[str, ...]
    values: np.ndarray
    unit: str
    stride: int
    per: int = 1
    week: str = ""
    local: bool = False

    def __len__(self) -> int:
        """Return the number of elements."""
        return len(self.values)

    @property
    def spacing(self) -> Spacing:
        """Unit and stride together."""
        return Spacing(self.unit, self.stride, self.per, self.week, self.local)

    @property
    def step(self) -> float:
        """Seconds from one element to the next, or 1.

        On average for months, and for weekdays: a fifth of a week.
        """
        return self.spacing.step

    @property
    def freq(self) -> str:
        """The spacing in words: hourly, daily, every 15 minutes, monthly, …."""
        return self.spacing.name

    @property
    def is_dated(self) -> bool:
        """Whether the elements are dates, so that they have a calendar."""
        return bool(np.issubdtype(self.values.dtype, np.datetime64))

    def after(self, count: int) -> np.ndarray:
        """Return the next `count` elements beyond the last."""
        return self.extended(len(self) + count)[len(self) :]

    def extended(self, length: int) -> np.ndarray:
        """Return the axis from its start, `length` elements long."""
        units = np.arange(length, dtype=np.int64) * self.stride
        return place_units(self.values, units, self.spacing)
