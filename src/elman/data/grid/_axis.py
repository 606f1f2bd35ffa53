"""The regular axis a series lives on: seconds, weekdays, months, or plain counts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ._opening import Opening
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
    unit : {"seconds", "months", "counts", "weekdays", "open", "rate"}
        What one unit of the stride is.
    stride : int
        Units, or parts of one, from one element to the next.
    per : int
        Parts of a unit: 1, or 1000 for a stride in thousandths.
    week : str
        For weekdays: seven digits from Monday on, 1 for a day that counts.
    local : bool
        Whether the steps are even on local clocks only.
    opening : Opening, optional
        Which hours of a day are steps, where not all of them are.
    zone : str
        Where the values are UTC: the zone whose clocks the times were on, such
        as Europe/Berlin.
    form : str
        How the file wrote the times, see `written`; "" where that is not known.
    """

    columns: tuple[str, ...]
    values: np.ndarray
    unit: str
    stride: int
    per: int = 1
    week: str = ""
    local: bool = False
    opening: Opening | None = None
    zone: str = ""
    form: str = ""

    def __len__(self) -> int:
        """Return the number of elements."""
        return len(self.values)

    @property
    def spacing(self) -> Spacing:
        """Unit and stride together."""
        return Spacing(
            self.unit, self.stride, self.per, self.week, self.local, self.opening
        )

    def describe(self) -> dict[str, Any]:
        """Return all but the values as plain ones."""
        described: dict[str, Any] = {
            "columns": list(self.columns),
            "unit": self.unit,
            "stride": int(self.stride),
            "per": int(self.per),
            "week": self.week,
            "local": bool(self.local),
            "zone": self.zone,
            "form": self.form,
        }
        if self.opening is not None:
            described["opening"] = asdict(self.opening)
        return described

    @classmethod
    def from_description(
        cls, described: dict[str, Any], values: np.ndarray
    ) -> TimeAxis:
        """Return the axis that `describe` told of, with these values."""
        known = dict(described)
        known["columns"] = tuple(known["columns"])
        opening = known.pop("opening", None)
        if opening is not None:
            spans = tuple((int(first), int(last)) for first, last in opening["spans"])
            opening = Opening(int(opening["every"]), spans, str(opening["week"]))
        return cls(values=values, opening=opening, **known)

    @property
    def step(self) -> float:
        """Seconds from one element to the next, or 1.

        On average for months, and for weekdays: a fifth of a week.
        """
        return self.spacing.step

    @property
    def clock(self) -> float:
        """Seconds from one element to the next on the same day."""
        return self.spacing.clock

    @property
    def day(self) -> int | None:
        """How many steps a day has, where they are some hours of it."""
        return self.spacing.day

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
